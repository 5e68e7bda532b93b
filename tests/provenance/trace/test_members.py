"""Traces of a stack's figures: they go on to what its members say, and to the fits that say it."""

from __future__ import annotations

import pytest

from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.members import member_fits
from tests.provenance.conftest import leave_one_out, write_study
from tests.provenance.trace.test_trace import step, traced


def stacked(values) -> None:
    values["models"]["alone"] = {"kind": "logistic", "inputs": ["sex"]}
    values["models"]["both"] = {"kind": "stack", "members": ["net", "age"]}


@pytest.fixture(scope="module")
def of_stack(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("stacked") / "results", configure=stacked)


def test_a_stack_s_figure_stands_on_its_members_predictions_fits_code_and_logs(of_stack):
    found = traced(of_stack, "mcc", "idh", "external", "X", "both")
    fits = step(found, "Trained models").table
    expected = [(model, fold) for model in ("both", "net", "age") for fold in "01"]
    assert list(fits[["model", "fold"]].itertuples(index=False, name=None)) == expected
    assert len(step(found, "Trained models").files) == 6
    said = step(found, "Predictions of the stack's members")
    assert said.facts["members"] == "net, age"
    assert [file.name for file in said.files] == ["net.tsv", "age.tsv"]
    assert len(said.table) == 2 * 2 * 16, "members × folds × cases"
    assert set(said.table["fold"]) == {"0", "1"}
    code = step(found, "Code,").facts
    assert {"train (both)", "train (net)", "train (age)"} <= code.keys()
    assert "train (alone)" not in code
    logs = " ".join(step(found, "Logs").table["log"])
    assert all(f"{job}/{model}/" in logs for job in ("train", "predict_center") for model in ("both", "net", "age"))


def test_a_figure_of_no_stack_has_no_members(of_stack):
    found = traced(of_stack, "mcc", "idh", "external", "X", "net")
    assert set(step(found, "Trained models").table["model"]) == {"net"}
    assert not [one for one in found.steps if "members" in one.title]


def test_a_comparison_with_a_member_names_each_fit_once(of_stack):
    found = traced(of_stack, "both", "age", "auc", "idh", "external", "stratified")
    fits = step(found, "Trained models").table
    assert set(fits["model"]) == {"both", "net", "age"}
    assert not fits.duplicated(["model", "stage", "fold"]).any()


def test_a_stack_s_refit_stands_on_all_folds_of_its_scenario_in_the_members_last_stage(of_stack):
    study = FinishedStudy.find(of_stack)
    stages = ("supervised", "pseudo_label", "pseudo_label_2")
    folds = [f"{scenario}{fold}" for scenario in ("", "other.") for fold in ("0", "1", "all")]
    study.record.fits[:] = [[member, s, f] for member in ("net", "age", "alone") for s in stages for f in folds]
    last = [(member, "pseudo_label_2") for member in ("net", "age")]
    assert member_fits(study, [("both", "supervised", "0")]) == [(*one, fold) for one in last for fold in ("0", "1")]
    refit = member_fits(study, [("both", "supervised", "other.all")])
    assert refit == [(*one, f"other.{fold}") for one in last for fold in ("0", "1", "all")]
    assert member_fits(study, [("net", "supervised", "all")]) == []


def test_a_stack_over_held_out_centres_stands_on_the_members_fits_that_never_saw_each(tmp_path):
    def both(values) -> None:
        leave_one_out(values)
        stacked(values)

    made = write_study(tmp_path / "results", configure=both, edit=lambda cases: cases.assign(role="train"))
    found = traced(made, "both", "idh", "mcc", "summary", "leave-one-center-out")
    said = step(found, "Predictions of the stack's members").table
    assert all(fold.startswith(f"without-{center}.") for center, fold in zip(said["center"], said["fold"], strict=True))
    assert set(said["center"]) == {"A", "X"}
