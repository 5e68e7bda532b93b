"""Traces: a stored figure is the one computed again, words find their row, and a case tells all that is known of it."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from gliomanet.cli.main import app
from gliomanet.errors import CohortError
from gliomanet.files.digests import file_digest
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.find import Found, find_rows
from gliomanet.provenance.trace.step import Step, Trace
from gliomanet.provenance.trace.trace import trace
from gliomanet.tables.io import read_table, write_table


def traced(study, *words) -> Trace:
    found = trace(FinishedStudy.find(study), words)
    assert isinstance(found, Trace), found
    return found


def step(found: Trace, title: str) -> Step:
    (one,) = [one for one in found.steps if one.title.startswith(title)]
    return one


def some_ids(study, table: str, every: int) -> list[str]:
    rows, _ = find_rows(FinishedStudy.find(study), [table])
    assert isinstance(rows[0], Found)
    return [one.id for one in rows[::every]]


@pytest.mark.parametrize("name", ["made", "held_out"])
@pytest.mark.parametrize(
    ("table", "every"), [("metrics", 67), ("comparisons", 5), ("confusion", 23), ("thresholds", 3), ("decoding", 17)]
)
def test_what_is_computed_again_is_what_is_stored(name, table, every, request):
    study = request.getfixturevalue(name)
    for one in some_ids(study, table, every):
        again = step(traced(study, one), "Computed again")
        assert again.facts["result"] == "equal to the stored row"
        assert not again.differs


def test_a_mean_of_segmentations_stands_on_their_cases_and_folds(made):
    found = traced(made, "segmentation", "net", "X", "whole", "dice")
    assert step(found, "Computed again").facts["result"] == "equal to the stored row"
    assert len(step(found, "Segmentations").table) == 16
    assert step(found, "Trained models").table["fold"].tolist() == ["0", "1"]


def test_summaries_and_pools_over_held_out_centres_stand_on_the_fits_that_never_saw_the_centre(held_out):
    found = traced(held_out, "net", "idh", "mcc", "summary", "leave-one-center-out")
    assert step(found, "Computed again").facts["result"] == "equal to the stored row"
    predicted = step(found, "Predictions").table
    assert set(predicted["center"]) == {"A", "X"}
    assert set(step(found, "Trained models").table["fold"]) == {f"without-{c}.{f}" for c in "AX" for f in "01"}


def test_a_figure_leads_to_its_predictions_models_cases_files_code_and_logs(made):
    found = traced(made, "mcc", "idh", "external", "X", "net")
    assert [one.title.split()[0] for one in found.steps] == [
        *("Row", "Computed", "Predictions", "Trained", "Cases", "Image", "Code,", "Logs")
    ]
    stored = read_table(made / "evaluation/metrics.tsv")
    row = stored[(stored["model"] == "net") & (stored["center"] == "X") & (stored["metric"] == "mcc")]
    row = row[(row["task"] == "idh") & (row["subset"] == "all")].iloc[0]
    assert float(found.steps[0].facts["value"]) == pytest.approx(row["value"], abs=1e-6)
    predictions = step(found, "Predictions")
    assert len(predictions.table) == row["n"]
    assert predictions.facts["labels"] == f"wildtype {row['n'] - row['n_positive']:g}, mutant {row['n_positive']:g}"
    fits = step(found, "Trained models").table
    assert fits["fold"].tolist() == ["0", "1"]
    assert fits["cases"].tolist() == [12, 12]
    assert len(step(found, "Image files").table) == row["n"]
    for one in found.steps:
        assert all(file.exists() for file in one.files)
    assert found.notes == ("all patients, since the words left it open",)


def test_a_comparison_stands_on_the_cases_of_both_models(made):
    found = traced(made, "net", "age", "auc", "idh", "external", "stratified")
    assert found.steps[0].title.endswith("of comparisons")
    assert set(step(found, "Predictions").table["model"]) == {"net", "age"}
    assert set(step(found, "Trained models").table["model"]) == {"net", "age"}


def test_a_cell_of_a_confusion_matrix_is_of_the_cases_of_its_true_class(made):
    found = traced(made, "confusion", "net", "X", "truth=mutant", "predicted=mutant", "idh")
    assert set(step(found, "Predictions").table["label"]) == {"mutant"}


def test_a_changed_prediction_is_seen(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "results")
    path = copy / "predictions/net.tsv"
    table = read_table(path)
    mine = (table["case_id"] == "X-001") & (table["task"] == "idh") & (table["fold"] == "ensemble")
    table.loc[mine, "probability"] = table.loc[mine, "probability"].to_numpy()[::-1]
    write_table(table, path)
    done = CliRunner().invoke(app, ["trace", str(copy), "mcc", "idh", "external", "X", "net"])
    assert done.exit_code == 3
    assert "DIFFERS from the stored row: value is stored as" in done.output


def test_words_of_several_rows_list_them_with_ids_that_find_each(made):
    done = CliRunner().invoke(app, ["trace", str(made), "net", "mcc", "IDH"])
    assert done.exit_code == 2
    ids = [line.split()[0] for line in done.output.splitlines()[1:]]
    assert len(set(ids)) == 4
    for one in ids:
        assert traced(made, one).steps[0].title == f"Row {one} of metrics"


@pytest.mark.parametrize(
    "words",
    [
        ("net", "X", "idh", "mcc"),
        ("MCC", "IDH", "x", "NET"),
        ("center=X", "task=idh", "metric=mcc", "model=net"),
        ("net", "X", "IDH", "MCC", "all", "supervised", "main", "external"),
    ],
)
def test_words_are_those_of_the_table_or_of_the_page_in_any_order(made, words):
    assert traced(made, *words).steps[0].facts["metric"] == "mcc"
    assert traced(made, *words[::-1]).steps[0].title == traced(made, *words).steps[0].title


def test_a_table_as_the_results_is_the_only_one_looked_into(made):
    given = ["trace", str(made / "evaluation/decoding.tsv"), "net", "idh", "X"]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    assert "of decoding" in done.output.splitlines()[0]


def test_a_case_tells_its_row_files_folds_and_answers(made):
    study = FinishedStudy.find(made)
    study.record.study["results"] = "results"  # so that relative files start beside the made-up results
    image = study.root / "hospital/X-003/t1c.nii.gz"
    image.parent.mkdir(parents=True)
    image.write_bytes(b"voxels")
    found = trace(study, ["x-003"])
    assert isinstance(found, Trace)
    assert found.steps[0].facts["idh"] == "wildtype"
    files = step(found, "Source files").table.set_index("image")["now"]
    assert files["t1c"] == "CHANGED since"
    assert files["t1"] == "is gone"
    assert step(found, "Source files").differs
    assert set(step(found, "Folds").table["part"]) == {"external"}
    answers = step(found, "Predictions").table
    assert set(answers["fold"]) == {"ensemble"}
    assert len(answers) == 2 * len(study.tasks)
    assert set(answers["verdict"]) <= {"right", "WRONG"}
    known = read_table(made / "audit/X.files.tsv")
    known.loc[(known["case_id"] == "X-003") & (known["image"] == "t1c"), "digest"] = file_digest(image)
    study.__dict__["files"] = known
    assert step(trace(study, ["X-003"]), "Source files").table.set_index("image")["now"]["t1c"] == "the same"
    shutil.rmtree(image.parents[1])


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ((), "no_words"),
        (("mcc", "mgmtt"), "word_of_no_row"),
        (("X-003", "A-001"), "several_cases"),
        (("X-003", "mcc", "net"), "word_beside_a_case"),
        (("X-003", "A"), "word_beside_a_case"),
        (("net", "codel_1p19q", "wildtype"), "no_row_has_all_words"),
    ],
)
def test_words_that_name_nothing_are_one_problem(made, words, rule):
    with pytest.raises(CohortError) as caught:
        trace(FinishedStudy.find(made), words)
    assert [problem.rule for problem in caught.value.problems] == [rule]
    assert all(problem.action for problem in caught.value.problems)


def test_a_table_that_is_not_traced_is_one_problem(made):
    with pytest.raises(CohortError) as caught:
        trace(FinishedStudy.find(made), ["net"], made / "evaluation/roc_curves.tsv")
    (problem,) = caught.value.problems
    assert problem.rule == "table_not_traced"
    assert "prediction_sets" in problem.action


def test_json_holds_the_steps_and_the_candidates(made):
    values = json.loads(CliRunner().invoke(app, ["trace", str(made), "mcc", "idh", "X", "net", "--json"]).output)
    assert values["steps"][2]["rows"][0].keys() >= {"case_id", "p(mutant)", "label"}
    values = json.loads(CliRunner().invoke(app, ["trace", str(made), "mcc", "idh", "--json"]).output)
    assert {one["table"] for one in values["candidates"]} == {"metrics"}


def test_a_fit_that_is_not_the_report_s_is_seen(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "results")
    model = copy / "models/net/supervised/fold1/model.json"
    model.write_text(model.read_text().replace("digest-of-net-1", "another"))
    found = traced(copy, "mcc", "idh", "external", "X", "net")
    assert step(found, "Computed again").facts["result"] == "equal to the stored row"
    fits = step(found, "Trained models")
    assert fits.differs
    assert fits.table["files"].tolist() == ["", "DIFFERS: another fit than the report's"]
    assert f"{model} is newer than the report: finish the study's run, and ask again" in found.notes
    shutil.rmtree(model.parent)
    found = traced(copy, "mcc", "idh", "external", "X", "net")
    fits = step(found, "Trained models")
    assert fits.differs
    assert fits.table["files"].tolist() == ["", "DIFFERS: this fit is gone"]
    assert f"{model} is gone, though the report was made of it" in found.notes


def test_no_other_table_answers_for_one_that_is_gone(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "results")
    (copy / "evaluation/metrics.tsv").unlink()
    with pytest.raises(CohortError) as caught:
        trace(FinishedStudy.find(copy), ["net", "idh", "external"])
    assert [problem.rule for problem in caught.value.problems] == ["table_missing"]


def test_a_case_whose_id_is_a_word_of_rows_is_a_case_only_alone_or_with_its_centre(made):
    study = FinishedStudy.find(made)
    for table in (study.cases, *(study.table(study.layout.predictions(model)) for model in study.models)):
        table.loc[table["case_id"] == "X-003", "case_id"] = "mcc"
    row = trace(study, ["mcc", "idh", "external", "X", "net"])
    assert isinstance(row, Trace)
    assert row.steps[0].facts["metric"] == "mcc"
    for words in (["mcc"], ["mcc", "X"]):
        alone = trace(study, words)
        assert isinstance(alone, Trace)
        assert alone.steps[0].title == "Row of the case table"
