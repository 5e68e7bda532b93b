"""A hospital that keeps its scans: its tables give the undivided study's figures, and nothing else leaves it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from typer.testing import CliRunner

from gliomanet.bundle.read import Bundle
from gliomanet.cli.main import app
from gliomanet.cohort.read_center import center_request, read_cases
from gliomanet.cohort.site_export import LETTER, NAME, SiteExport
from gliomanet.config.analysis import Evaluation, Explanation
from gliomanet.config.centers import Center
from gliomanet.errors import CohortError
from gliomanet.evaluation.analyses.performance import evaluate
from gliomanet.evaluation.analyses.uncertainty import evaluate_uncertainty
from gliomanet.explanation.biomarkers import center_effects, class_indices, sent_effects
from gliomanet.explanation.features import Radiomics, with_log_shape
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.models.ensemble import EnsembleDescription
from gliomanet.patient import batch
from gliomanet.patient.export.folder import prepare_export
from gliomanet.patient.export.taken import Fit, taken_predictions
from gliomanet.prediction.combine import combine_predictions
from gliomanet.prediction.joint_decoding import with_joint
from gliomanet.prediction.prediction_sets import quantiles, with_sets
from gliomanet.tables.cohort import SPLITS
from gliomanet.tables.io import read_table
from gliomanet.tables.site import SITE_EFFECTS, SITE_PREDICTIONS
from tests.bundled_study import CENTER
from tests.sent_site import make_hospital

MODELS = ("net", "chain", "age", "stack")


@pytest.fixture(scope="module")
def bundle(stack_bundle):
    return Bundle.open(stack_bundle)


@pytest.fixture(scope="module")
def hospital(tiny_study, bundle, tmp_path_factory):
    return make_hospital(tiny_study, bundle, tmp_path_factory.mktemp("hospital"))


@pytest.fixture(scope="module")
def sent(hospital, bundle, tmp_path_factory):
    out = tmp_path_factory.mktemp("sent") / "from X"
    prepare_export(bundle, hospital.table, hospital.results, random=Random(3)).write(out)
    return out


def external_splits(cases, plan):
    keys = cases[["case_id", "patient_id", "center", "role"]]
    folds = [keys.assign(scenario="main", fold=fold, part="external") for fold in plan.folds]
    return pd.concat(folds, ignore_index=True)[SPLITS.names()]


def taken(tiny, export, model, splits, **more):
    plan, layout = tiny.plan, tiny.layout
    fits = [
        Fit(stage, "main", fold, str(layout.model(model, stage, fold).folder))
        for _, stage, fold in plan.predicting_fits(model, CENTER)
    ]
    ensemble = EnsembleDescription.read(layout.ensemble(model))
    return taken_predictions(export, model=model, center=CENTER, fits=fits, ensemble=ensemble, splits=splits, **more)


def figures(tiny, cases, folds):
    """Every table of the evaluation, by the functions of the study's jobs."""
    study, layout = tiny.study, tiny.layout
    train = read_table(layout.cases()).query("center == 'A'")
    everybody = pd.concat([train, cases], ignore_index=True)
    predictions, quantile = [], []
    for model in MODELS:
        own = folds[folds["model"] == model]
        ensemble = EnsembleDescription.read(layout.ensemble(model))
        for rows in (read_table(layout.fold_predictions(model, "A")), own):
            combined = combine_predictions(rows, read_table(layout.calibration(model)))
            predictions.append(with_sets(combined, ensemble))
        quantile.append(quantiles(ensemble))
    said = with_joint(pd.concat(predictions, ignore_index=True), study.tasks)
    settings = Evaluation(resamples=100, reference="age")
    found = evaluate(said, everybody, study.tasks, settings, seed=4)
    doubts = evaluate_uncertainty(said, everybody, study.tasks, settings, pd.concat(quantile))
    names = ("metrics", "confusion", "comparisons", "thresholds", "decoding", "calibration")
    names += ("calibration_curves", "decision_curves", "roc_curves")
    tables = {name: getattr(found, name) for name in names}
    return tables | {"prediction_sets": doubts.prediction_sets, "risk_coverage": doubts.risk_coverage}


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal texts, and numbers that differ by no more than the order of a sum makes."""
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True), rtol=0, atol=1e-12)


def refused(call, *arguments, **named):
    with pytest.raises(CohortError) as error:
        call(*arguments, **named)
    assert all(problem.action for problem in error.value.problems)
    return {problem.rule for problem in error.value.problems}


def read_as_center(folder):
    center = Center.model_validate({"role": "external", "source": {"kind": "predictions", "path": str(folder)}})
    return read_cases(center_request(CENTER, center, "", VOCABULARY))


def test_figures_are_those_of_the_undivided_study(tiny_study, hospital, sent):
    cases, findings = read_as_center(sent)
    assert not findings
    splits = external_splits(cases, tiny_study.plan)
    divided = pd.concat([taken(tiny_study, SiteExport.open(sent), m, splits) for m in MODELS], ignore_index=True)
    undivided = figures(tiny_study, hospital.cases, hospital.folds)
    for name, table in figures(tiny_study, cases, divided).items():
        same(table, undivided[name])
    assert set(undivided["comparisons"]["center"]) >= {CENTER}  # beside age alone, too
    assert not taken(tiny_study, SiteExport.open(sent), "stack", splits, shuffled=True).size
    assert not taken(tiny_study, SiteExport.open(sent), "trees", splits).size  # of a model that the bundle has not


def test_effects_of_features_are_those_of_the_undivided_study(tiny_study, hospital, sent):
    settings = Explanation(min_per_class=5)
    matrix = Radiomics.of(with_log_shape(hospital.radiomics))
    labels = class_indices(hospital.cases, tiny_study.study.tasks)
    table = SiteExport.open(sent).table(SITE_EFFECTS)
    centers = {CENTER: hospital.cases["case_id"].to_numpy(dtype=str)}
    for name, task in tiny_study.study.tasks.items():
        found = sent_effects(table, name, settings)
        for key in matrix.keys:
            positive = len(task.class_names) - 1
            assert center_effects(matrix, key, labels[name], positive, centers, settings) == {CENTER: found[key]}


def test_nothing_in_the_folder_names_a_case_and_two_folders_share_no_name(hospital, bundle, sent, tmp_path):
    said = "".join(path.read_text() for path in sent.iterdir())
    for name in (*hospital.cases["case_id"], *hospital.cases["patient_id"], str(hospital.results), CENTER + "\t"):
        assert name not in said
    rows = SiteExport.open(sent).table(SITE_PREDICTIONS)
    assert list(rows["row_key"].unique()) == sorted(rows["row_key"].unique())  # in no order of the hospital's
    again = prepare_export(bundle, hospital.table, hospital.results)
    again.write(tmp_path / "again")
    other = SiteExport.open(tmp_path / "again").table(SITE_PREDICTIONS)
    assert not set(other["row_key"]) & set(rows["row_key"])
    assert "take the age: chain, age, stack" in again.letter


def changed_table(hospital, folder, change) -> Path:
    table = pd.read_csv(hospital.table, sep="\t", dtype=str, keep_default_na=False)
    change(table).to_csv(folder / "cases.tsv", sep="\t", index=False)
    return folder / "cases.tsv"


def test_small_classes_old_ages_and_follow_ups_stay(hospital, bundle, tmp_path):
    def change(table):
        codeleted = table.index[table["codel_1p19q"] == "codeleted"]
        table.loc[codeleted[4:], "codel_1p19q"] = ""  # four are left
        table.loc[0, "age"] = "91"
        return table.assign(scan=["", "follow_up", *[""] * (len(table) - 2)])

    table = changed_table(hospital, tmp_path, change)
    export = prepare_export(bundle, table, hospital.results, withhold=["chain"])
    export.write(tmp_path / "out")
    told = json.loads((tmp_path / "out" / NAME).read_text())
    assert told["left_out"] == {"not a baseline scan": None}
    assert [sentence.split(":")[0].split(",")[0] for sentence in told["withheld"]] == [
        "label codel_1p19q",
        "answers of chain",
        "answers of age",
    ]
    cases, findings = read_as_center(tmp_path / "out")
    assert (cases["codel_1p19q"] == "").all()
    assert (cases["idh"] != "").all()
    assert {finding.rule for finding in findings} == {"suppressed_at_the_site"}
    rows = SiteExport.open(tmp_path / "out").table(SITE_PREDICTIONS)
    patients = rows.groupby("model")["row_key"].nunique()
    assert patients.to_dict() == {"net": 41, "age": 40, "stack": 40}
    assert "codel_1p19q" not in set(SiteExport.open(tmp_path / "out").table(SITE_EFFECTS)["task"])
    assert not export.tables[0][1]["codel_1p19q"].any()


def test_a_hospital_cannot_export_what_is_not_the_bundles(hospital, bundle, tmp_path):
    few = changed_table(hospital, tmp_path, lambda table: table[:3])
    assert refused(prepare_export, bundle, few, hospital.results) == {"too_few_patients"}
    assert refused(prepare_export, bundle, hospital.table, tmp_path) == {"nothing_to_export"}
    assert refused(prepare_export, bundle, few, hospital.results, withhold=["nets"]) == {"withheld_model_unknown"}
    results = tmp_path / "results"
    shutil.copytree(hospital.results, results)
    names = sorted(path.name for path in results.iterdir())
    for name, wrong in {names[0]: {"digest": "0" * 64}, names[1]: {"fast": True}}.items():
        content = json.loads((results / name / "result.json").read_text())
        content["bundle"] |= wrong
        (results / name / "result.json").write_text(json.dumps(content))
    with (results / names[2] / "tables/fold_predictions.tsv").open("a") as file:
        file.write("\n")
    rules = refused(prepare_export, bundle, hospital.table, results)
    assert rules == {"result_of_another_bundle", "fast_result", "result_changed"}
    (tmp_path / "there").mkdir()
    (tmp_path / "there/file").touch()
    export = prepare_export(bundle, hospital.table, hospital.results)
    assert refused(export.write, tmp_path / "there") == {"export_is_there"}


def test_a_study_takes_no_folder_that_is_not_of_its_own_fits(tiny_study, sent, tmp_path):
    assert refused(SiteExport.open, tmp_path) == {"no_site_export"}
    folder = tmp_path / "sent"
    shutil.copytree(sent, folder)
    described = json.loads((folder / NAME).read_text())

    def rewritten(**values):
        (folder / NAME).write_text(json.dumps(described | values))
        return SiteExport.open(folder)

    splits = external_splits(read_as_center(sent)[0], tiny_study.plan)
    other_fit = described["fits"] | {"age": {"all": "another"}}
    other_folds = described["fits"] | {"net": {"0": "d0"}}
    assert refused(taken, tiny_study, rewritten(fits=other_fit), "age", splits) == {"fit_of_another_study"}
    assert refused(taken, tiny_study, rewritten(fits=other_folds), "net", splits) == {"folds_of_another_study"}
    assert refused(taken, tiny_study, rewritten(decisions="x"), "stack", splits) == {"decisions_of_another_study"}
    assert refused(taken, tiny_study, rewritten(), "age", splits[3:].query("fold == '0'")) == {"case_of_no_label"}
    rewritten(labels=described["labels"] | {"mgmt": ["no", "yes"]})
    assert refused(read_as_center, folder) == {"label_of_another_study"}
    assert refused(rewritten, schema_version=2) == {"site_export_of_another_version"}
    assert refused(rewritten, smallest_count="few") == {"site_key"}
    rewritten()
    (folder / "scan.nii.gz").touch()
    (folder / LETTER).unlink()
    (folder / "labels.tsv").write_text((folder / "labels.tsv").read_text().replace("mutant", "wildtype", 1))
    assert refused(SiteExport.open, folder) == {"foreign_file", "site_file_missing", "site_file_changed"}


def test_the_command_shows_what_leaves_and_asks_before_it_is_written(hospital, stack_bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "predict_table", lambda *given, **how: pd.DataFrame({"status": ["ok"]}))
    out = tmp_path / "out"
    given = ["predict", "--bundle", str(stack_bundle), "--cases", str(hospital.table), "--out", str(hospital.results)]
    given += ["--export", str(out)]
    done = CliRunner().invoke(app, given, input="n\n")
    assert "What leaves this hospital" in done.output
    assert not out.exists()
    assert CliRunner().invoke(app, [*given, "--yes"]).exit_code == 0
    assert SiteExport.open(out).description.cases == 42
    assert "is there already" in CliRunner().invoke(app, [*given, "--yes"]).output
    assert CliRunner().invoke(app, [*given, "--fast"]).exit_code == 2
