"""Differences of studies: nothing from a study to itself, the opposite the other way round, and each kind by its name."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from gliomanet.cli.main import app
from gliomanet.errors import CohortError
from gliomanet.provenance.diff.difference import Difference
from gliomanet.provenance.diff.summary import model_lines
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.tables.differences import CHANGES, METRIC_CHANGES
from gliomanet.tables.io import read_table, write_table
from tests.provenance.conftest import write_study


@pytest.fixture(scope="module")
def better(tmp_path_factory):
    """The same cases, and a model that learnt more."""
    return write_study(tmp_path_factory.mktemp("better") / "results", skills={"net": 2.5}, code="beef")


def changed_cases(cases: pd.DataFrame) -> pd.DataFrame:
    cases = cases.copy()
    cases.loc[cases["case_id"] == "A-004", "idh"] = "wildtype"
    cases.loc[cases["case_id"] == "A-005", "age"] = 99
    return cases[cases["case_id"] != "X-002"]


def further_model(values):
    values["models"]["forest"] = {"kind": "extra_trees"}
    del values["models"]["age"]
    values["seed"] = 7


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Other keys, other cases, another model."""
    return write_study(tmp_path_factory.mktemp("other") / "results", configure=further_model, edit=changed_cases)


def difference(a, b) -> Difference:
    return Difference.of(FinishedStudy.find(a), FinishedStudy.find(b))


def kinds(found: Difference) -> set[tuple[str, str, str]]:
    return {(one.what, one.case_id or one.model, one.key) for one in found.changes}


@pytest.mark.parametrize("name", ["made", "held_out", "other"])
def test_a_study_does_not_differ_from_itself(name, request):
    study = request.getfixturevalue(name)
    found = difference(study, study)
    assert found.is_empty
    assert found.moved.empty
    assert set(found.metrics["difference"].dropna()) == {0.0}


@pytest.mark.parametrize("pair", [("made", "better"), ("made", "other"), ("made", "held_out"), ("better", "other")])
def test_the_way_back_is_the_opposite(pair, request):
    a, b = map(request.getfixturevalue, pair)
    there, back = difference(a, b), difference(b, a)
    opposite = {(one.section, one.center, one.case_id, one.model, one.key, one.b, one.a) for one in back.changes}
    assert {
        (one.section, one.center, one.case_id, one.model, one.key, one.a, one.b) for one in there.changes
    } == opposite
    key = list(METRIC_CHANGES.key)
    one, two = (found.metrics.set_index(key).sort_index() for found in (there, back))
    assert one.index.equals(two.index)
    for first, second in (("difference", "difference"), ("ci_low", "ci_high"), ("ci_high", "ci_low")):
        np.testing.assert_allclose(one[first], -two[second], atol=1e-12)
    np.testing.assert_array_equal(one["value_a"], two["value_b"])


def test_the_same_cases_are_compared_in_pairs_and_equal_predictions_are_no_difference(made, better):
    found = difference(made, better)
    figures = found.metrics[found.metrics["metric"].isin(["mcc", "auc", "brier"]) & (found.metrics["task"] == "idh")]
    by_model = figures.groupby("model")["pairing"].agg(set)
    assert by_model["net"] == {"paired"}
    assert by_model["age"] == {"same predictions"}
    net = figures[(figures["model"] == "net") & (figures["subset"] == "all")]
    assert ((net["ci_low"] <= net["difference"]) & (net["difference"] <= net["ci_high"])).all()
    np.testing.assert_allclose(net["difference"], net["value_b"] - net["value_a"], atol=2e-6)
    widths = [net[f"ci_high{side}"] - net[f"ci_low{side}"] for side in ("", "_a")]
    assert (widths[0] < widths[1] * 1.5).all()
    assert ("training code", "net", "train") in kinds(found)
    assert not [one for one in found.changes if one.section == "cohort"]


def test_means_of_segmentations_stand_side_by_side(made, other):
    found = difference(made, other)
    rows = found.metrics[found.metrics["metric"] == "dice"]
    assert set(rows["task"]) == {"whole", "core"}
    assert set(rows["pairing"]) == {"not paired: means over segmented cases"}


def test_other_cases_or_labels_are_told_and_not_paired(made, other):
    found = difference(made, other)
    rows = found.metrics[(found.metrics["model"] == "net") & (found.metrics["metric"] == "mcc")]
    rows = rows[(rows["subset"] == "all") & (rows["task"] == "idh")].set_index("center")["pairing"]
    assert rows["X"] == "not paired: n differ (16, 15)"
    assert rows["A"] == "not paired: labels of 1 of 24 cases differ"
    assert set(found.metrics.loc[found.metrics["model"] == "age", "pairing"]) == {"only in A"}
    assert set(found.metrics.loc[found.metrics["model"] == "forest", "pairing"]) == {"only in B"}


def test_every_kind_of_change_has_its_row(made, other):
    found = kinds(difference(made, other))
    assert {
        ("key", "", "seed"),
        ("key added", "forest", "models.forest"),
        ("key removed", "age", "models.age"),
        ("case removed", "X-002", ""),
        ("label", "A-004", "idh"),
        ("patient", "A-005", "age"),
        ("model added", "forest", ""),
        ("model removed", "age", ""),
    } <= found


def test_roles_uses_images_and_fits_that_differ_are_told(made, held_out, tmp_path):
    found = difference(made, held_out)
    assert {one.case_id for one in found.changes if one.what == "role"} == {f"X-{n:03d}" for n in range(1, 17)}
    assert all(one.b == "train" for one in found.changes if one.what == "role")
    copy = write_study(tmp_path / "results")
    files = read_table(copy / "audit/X.files.tsv")
    files.loc[(files["case_id"] == "X-003") & (files["image"] == "t1c"), "digest"] = "f" * 32
    write_table(files[~((files["case_id"] == "X-004") & (files["image"] == "t2"))], copy / "audit/X.files.tsv")
    splits = read_table(copy / "splits.tsv")
    write_table(splits[splits["case_id"] != "X-005"], copy / "splits.tsv")
    model = copy / "models/net/supervised/fold1/model.json"
    model.write_text(model.read_text().replace("digest-of-net-1", "another").replace("1.9.1", "1.9.2"))
    found = difference(made, copy)
    told = {(one.what, one.case_id or one.model, one.key): (one.a, one.b) for one in found.changes}
    assert told["image", "X-003", "t1c"][1] == "f" * 32
    assert told["image", "X-004", "t2"][1] == ""
    assert told["use", "X-005", "use"][0] == "external"
    assert told["use", "X-005", "use"][1].startswith("left out: ")
    assert told["fit", "net", "supervised/fold1"] == ("digest-of-net-1", "another")
    assert told["software", "", "scikit-learn"] == ("1.9.1", "1.9.1, 1.9.2")
    newer = (copy / "models/net/supervised/fold1/model.json", copy / "splits.tsv")
    said = "is newer than the report: finish the study's run, and ask again"
    assert sorted(found.notes) == [f"{path} {said}" for path in newer]


def test_the_command_tells_the_most_important_first_and_writes_everything(made, other, tmp_path):
    done = CliRunner().invoke(
        app, ["diff", str(made), str(other), "--out", str(tmp_path / "d")], env={"COLUMNS": "120"}
    )
    assert done.exit_code == 0, done.output
    heads = [line.split()[0].rstrip(":") for line in done.output.splitlines() if line and not line.startswith(" ")]
    assert [h for h in heads if h in ("Configuration", "Cohort", "Models", "Metrics")] == [
        "Configuration",
        "Cohort",
        "Models",
        "Metrics",
    ]
    assert "seed: 1 → 7" in done.output
    assert "X: 1 case only in A (X-002)" in done.output
    table = done.output[done.output.index("Metrics") :]
    assert table.index("X, external") < table.index("A, validation")
    for name, schema in (("changes", CHANGES), ("metrics", METRIC_CHANGES)):
        written = read_table(tmp_path / f"d/{name}.tsv")
        schema.check(written)
        assert not written.duplicated(list(schema.key)).any()


def test_nothing_is_one_line(made):
    done = CliRunner().invoke(app, ["diff", str(made), str(made)])
    assert done.exit_code == 0
    assert done.output.count("\n") == 1
    assert done.output.startswith("Nothing differs: ")


def test_json_holds_the_same(made, other):
    done = CliRunner().invoke(app, ["diff", str(made), str(other), "--json"])
    values = json.loads(done.output)
    assert len(values["changes"]) == len(difference(made, other).changes)
    assert {row["pairing"] for row in values["metrics"]} >= {"only in A", "only in B"}


def test_a_pair_that_the_stored_values_do_not_give_is_no_pair(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "results")
    path = copy / "evaluation/metrics.tsv"
    table = read_table(path)
    mine = (table["model"] == "net") & (table["center"] == "X") & (table["metric"] == "mcc") & (table["task"] == "idh")
    table.loc[mine, "value"] -= 0.1
    write_table(table, path)
    found = difference(made, copy).moved
    assert set(found["pairing"]) == {"not paired: stored values are not what today's evaluation gives"}
    assert len(found) == mine.sum()
    np.testing.assert_allclose(found["difference"], -0.1, atol=1e-5)


def test_a_fit_that_is_gone_is_told_as_such(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "results")
    shutil.rmtree(copy / "models/net/supervised/fold1")
    found = difference(made, copy)
    assert list(model_lines(found.changes)) == ["net: 1 fit only in A (supervised/fold1)"]
    assert found.notes == [f"{copy}/models/net/supervised/fold1/model.json is gone, though the report was made of it"]


def test_images_without_a_record_are_not_told_as_gone(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "results")
    (copy / "audit/X.files.tsv").unlink()
    found = difference(made, copy)
    assert found.changes == ()
    assert found.notes == [f"{copy}/audit/X.files.tsv is missing: images of X are not compared"]


def test_two_ways_to_one_study_are_refused(made):
    with pytest.raises(CohortError) as caught:
        Difference.find(made, made / "splits.tsv")
    assert [problem.rule for problem in caught.value.problems] == ["one_study_twice"]


def test_a_folder_that_cannot_be_made_is_one_problem(made, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CohortError) as caught:
        difference(made, made).write(tmp_path / "file/out")
    assert [problem.rule for problem in caught.value.problems] == ["no_place"]
