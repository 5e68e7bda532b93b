"""A tiny study, run for real: what it leaves, what runs again and why, and what is said when input is bad."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import mlflow
import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import yaml

from envs import generate
from gliomanet.config.sources import PhantomSource
from gliomanet.models.ensemble import EnsembleDescription
from gliomanet.phantom.center import simulate_center
from gliomanet.provenance.diff.difference import Difference
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.find import find_rows
from gliomanet.provenance.trace.trace import trace
from gliomanet.tables.io import read_table, write_table
from gliomanet.tables.prediction import CASE
from gliomanet.tables.schemas import schema_of
from tests.workflow.conftest import Run, copy_project, run_snakemake
from tests.workflow.isolation import Job, build_environment, link_environment, missing_imports, planned_jobs, run_alone

pytestmark = pytest.mark.slow

EVEN = {"glioblastoma": 1, "astrocytoma": 1, "oligodendroglioma": 1}
STRIPPED = {"coregistration": False, "brain_extraction": "none"}
SCANNER = {"voxel_mm": [3, 3, 3]}
CONFIG = {
    "title": "Tiny phantom study",
    "centers": {
        "A": {"role": "train", "source": {"kind": "phantom", "cases": 7, "prevalence": EVEN, "scanner": SCANNER}},
        "B": {
            "role": "train",
            "source": {
                "kind": "phantom",
                "cases": 6,
                "prevalence": EVEN,
                "scanner": SCANNER,
                "missing_modalities": 0.3,
            },
        },
        "U": {"role": "unlabelled", "source": {"kind": "phantom", "cases": 2, "scanner": SCANNER}},
        "X": {
            "role": "external",
            "source": {"kind": "table", "path": "hospital/cases.tsv"},
            "min_success_fraction": 0.5,
        },
    },
    "preprocessing": {"spacing_mm": 6, **STRIPPED},
    "split": {"folds": 2},
    "models": {
        "net": {
            "kind": "cmtlnet",
            "preset": "tiny",
            "modalities": ["t1c", "t2", "flair"],
            "input_shape": [32, 32, 32],
            "common_epochs": 1,
            "unique_epochs": 1,
            "steps_per_epoch": 2,
        },
        "features": {"kind": "tabular_net", "epochs": 5, "ensemble": 2},
        "age": {"kind": "logistic", "inputs": ["age"]},
    },
    # An untrained network is sure of nothing: the thresholds let the second stage have labels to learn from.
    # It is no better than chance either, which would accept nothing.
    "pseudo_labels": {"passes": 2, "rounds": [{"min_probability": 0.4, "max_std": 0.5}], "teacher_alpha": 1},
    "prediction": {"passes": 2},
    "radiomics": {"regions": {"whole": [1, 2, 4], "enhancing": [4]}},
    "evaluation": {"resamples": 100},
}
HOSPITAL = {"kind": "phantom", "cases": 6, "prevalence": EVEN, "scanner": SCANNER}


@dataclass(frozen=True)
class Finished:
    """A finished study in a copy of the repository of its own, which tests may edit."""

    folder: Path
    first: Run

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def snakemake(self, *arguments: str) -> Run:
        return run_snakemake(self.folder, self.folder / "Snakefile", "--configfile", "study.yaml", *arguments)

    def would_run(self) -> Run:
        run = self.snakemake("-n")
        assert run.status == 0, run.text
        return run


@pytest.fixture(scope="session")
def finished(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("study") / "copy"
    copy_project(repository, folder)
    make_hospital(folder / "hospital")
    (folder / "study.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    run = run_snakemake(folder, folder / "Snakefile", "--cores", "2", "--configfile", "study.yaml")
    assert run.status == 0, run.text
    return Finished(folder, run)


def make_hospital(folder: Path) -> None:
    """A centre as a hospital would send it: six patients, one of them a broken file, one with a mask of another grid."""
    simulate_center("X", PhantomSource.model_validate(HOSPITAL), 5, folder, report=lambda _line: None)
    (folder / "X-002" / "t1c.nii.gz").write_bytes(b"not a NIfTI file")
    mask = nib.load(folder / "X-003" / "tumour_mask.nii.gz")
    shifted = mask.affine.copy()
    shifted[:3, 3] += 40
    cropped = np.asanyarray(mask.dataobj)[:-5]
    nib.save(nib.Nifti1Image(cropped, shifted), folder / "X-003" / "tumour_mask.nii.gz")


@pytest.fixture
def restored(finished: Finished):
    """The finished study, put back afterwards as it was: file contents and modification times."""
    watched = [finished.folder / name for name in ("src", "workflow", "hospital", "study.yaml")]
    files = [f for w in watched for f in ([w] if w.is_file() else w.rglob("*")) if f.is_file()]
    kept = {file: (file.read_bytes(), file.stat()) for file in files if "__pycache__" not in file.parts}
    yield finished
    for file, (content, stat) in kept.items():
        if not file.exists() or file.read_bytes() != content:
            file.write_bytes(content)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


COLUMNS = {
    "cohort/cases.tsv": "case_id patient_id center role t1 t1c t2 flair tumour_mask brain_mask mask_codes"
    " idh codel_1p19q grade age sex os_days os_event resection kps"
    " idh_source codel_1p19q_source grade_source idh_raw codel_1p19q_raw grade_raw grade_edition diagnosis scan other_ids",
    "cohort/audit.tsv": "severity rule center case_id file found action",
    "splits.tsv": "case_id patient_id center role scenario fold part",
    "predictions/net.tsv": "model stage scenario fold role center case_id task class probability uncertainty fold_std"
    " pass_std raw_probability set_p in_set joint_probability",
    "fold_predictions/net/X.tsv": "model stage scenario fold role center case_id task class raw_probability pass_std",
    "calibration/net.tsv": "model stage scenario task fold temperature n n_fit ece_before ece_after nll_before nll_after note",
    "evaluation/metrics.tsv": "model stage scenario role center task subset metric value ci_low ci_high expected pi_low pi_high tau2 i2 "
    "n n_positive note",
    "evaluation/comparisons.tsv": "scenario stage_a stage_b model_a model_b role center task subset metric value_a value_b difference "
    "ci_low ci_high p p_holm family pi_low pi_high tau2 i2 n n_positive note",
    "pseudo_labels/net/pseudo_label/fold0.tsv": "case_id center task label probability std round accepted reason",
    "pseudo_labels/net/pseudo_label/fold0.teacher.tsv": "round task cases mcc p temperature passed reason",
    "pseudo_labels/teachers.tsv": "model stage fold round task cases mcc p temperature passed reason",
    "pseudo_labels/accuracy.tsv": "model stage fold task class unknown accepted completed share n_truth correct accuracy ci_low ci_high",
    "evaluation/decoding.tsv": "model stage scenario role center task metric independent joint difference ci_low ci_high n note",
}


@pytest.mark.parametrize("name", COLUMNS)
def test_tables_have_the_columns_that_were_promised(finished, name):
    assert list(read_table(finished.results / name).columns) == COLUMNS[name].split()


def test_every_table_has_the_columns_of_its_schema(finished):
    found = [path.relative_to(finished.results).as_posix() for path in finished.results.rglob("*.tsv*")]
    # Snakemake's and MLflow's own are not the study's tables
    written = [path for path in found if path.split("/")[0] not in ("benchmarks", "mlartifacts")]
    assert len({schema_of(path).title for path in written}) > 20
    for path in written:
        schema, table = schema_of(path), read_table(finished.results / path)
        schema.check(table)
        assert not table.duplicated(list(schema.key)).any(), path
        for column in schema.columns:
            cells = table[column.name].dropna() if column.name in table else pd.Series(dtype=float)
            if column.allowed:
                assert set(cells) <= {*column.allowed, ""}, (path, column.name)
            if column.kind in ("integer", "number"):
                assert pd.api.types.is_numeric_dtype(cells) or cells.empty, (path, column.name)
            if column.kind == "integer":
                assert (cells % 1 == 0).all(), (path, column.name)


def test_bad_files_are_rows_with_a_reason_and_the_centre_goes_on(finished):
    qc = read_table(finished.results / "qc/X.tsv").set_index("case_id")
    assert (qc["status"] == "ok").sum() == 4
    assert "t1c.nii.gz" in qc.loc["X-002", "reason"]
    assert "tumour_mask" in qc.loc["X-003", "reason"]
    assert "grid" in qc.loc["X-003", "reason"]
    predicted = read_table(finished.results / "predictions/net.tsv")
    assert set(predicted.loc[predicted["center"] == "X", "case_id"]) == {"X-001", "X-004", "X-005", "X-006"}
    page = (finished.results / "report/index.html").read_text(encoding="utf-8")
    assert "X-002" in page


def test_unlabelled_and_external_cases_teach_nothing_supervised(finished):
    splits = read_table(finished.results / "splits.tsv")
    assert set(splits.loc[splits["center"] == "X", "part"]) == {"external"}
    assert set(splits.loc[splits["center"] == "U", "part"]) == {"unlabelled"}
    cases = read_table(finished.results / "cohort/cases.tsv")
    assert (cases.loc[cases["center"] == "U", ["idh", "codel_1p19q", "grade"]] == "").to_numpy().all()
    selected = read_table(finished.results / "pseudo_labels/net/pseudo_label/fold0.tsv")
    assert set(selected["case_id"]) <= set(splits.loc[splits["part"].isin(["train", "unlabelled"]), "case_id"])
    assert "X" not in set(selected["center"])


def test_every_case_validates_once_and_external_cases_have_an_ensemble(finished):
    predictions = read_table(finished.results / "predictions/net.tsv")
    ensemble = predictions[(predictions["fold"] == "ensemble")]
    assert set(ensemble["center"]) == {"X"}
    validation = predictions[predictions["role"] == "validation"]
    counts = validation.groupby(["stage", "case_id", "task", "class"]).size()
    assert (counts == 1).all()
    assert np.allclose(predictions.groupby(["stage", "fold", "case_id", "task"])["probability"].sum(), 1, atol=1e-5)


def test_external_cases_of_refitted_models_are_predicted_by_the_refit_alone(finished):
    predictions = read_table(finished.results / "predictions/age.tsv")
    external = predictions[predictions["role"] == "external"]
    assert set(external["fold"]) == {"all", "ensemble"}
    sides = [
        external[external["fold"] == fold].sort_values(["case_id", "task", "class"]) for fold in ("all", "ensemble")
    ]
    assert sides[0]["probability"].tolist() == sides[1]["probability"].tolist()


def test_passes_and_folds_disagree_and_external_cases_get_the_temperature_of_all_folds(finished):
    predictions = read_table(finished.results / "predictions/net.tsv")
    ensemble = predictions["fold"] == "ensemble"
    assert (predictions["pass_std"] >= 0).all()
    assert (predictions["pass_std"] > 0).mean() > 0.5  # two passes of a small feature may drop the same parts of it
    assert (predictions["fold_std"].notna() == ensemble).all()
    assert read_table(finished.results / "predictions/age.tsv")["pass_std"].isna().all()
    fitted = read_table(finished.results / "calibration/net.tsv")
    at_all = fitted[fitted["fold"] == "all"].set_index(["stage", "task"])["temperature"]
    row = predictions[(predictions["role"] == "external") & ~ensemble].iloc[0]
    case = predictions[(predictions[[*CASE]] == row[[*CASE]]).all(axis=1)]
    raised = case["raw_probability"] ** (1 / at_all[row["stage"], row["task"]])
    assert case["probability"].tolist() == pytest.approx((raised / raised.sum()).tolist())


def test_the_threshold_that_is_described_for_shipping_is_the_one_that_is_evaluated(finished):
    described = EnsembleDescription.read(finished.results / "calibration/net.json")
    for row in read_table(finished.results / "evaluation/thresholds.tsv").query("model == 'net'").to_dict("records"):
        threshold = described.of(row["stage"], row["scenario"]).tasks[row["task"]].threshold
        assert row["threshold"] == pytest.approx(threshold if threshold is not None else np.nan, rel=1e-5, nan_ok=True)


def test_a_finished_study_does_not_differ_from_its_copy(finished, tmp_path):
    again = shutil.copytree(finished.results, tmp_path / "again")
    found = Difference.of(FinishedStudy.find(finished.folder / "study.yaml"), FinishedStudy.find(again))
    assert found.is_empty
    assert found.notes == []
    assert set(found.a.files["center"]) == set(CONFIG["centers"])


@pytest.mark.parametrize("table", ["metrics", "comparisons", "confusion", "decoding", "thresholds"])
def test_what_a_finished_study_says_is_what_its_predictions_give(finished, table):
    study = FinishedStudy.find(finished.results)
    rows, _ = find_rows(study, [table])
    for row in (rows[0], rows[-1]):
        found = trace(study, [row.id])
        assert found.notes == ()
        assert not any(step.differs for step in found.steps)
        assert any(step.facts.get("result") == "equal to the stored row" for step in found.steps)
        logs = found.steps[-1].table
        assert "is gone" not in set(logs["bytes"])
        fits = next(step.table for step in found.steps if step.title == "Trained models")
        assert not fits.isin(["not recorded"]).any(axis=None)


def test_a_case_of_a_finished_study_leads_to_its_files_and_its_fate(finished):
    study = FinishedStudy.find(finished.results)
    steps = {step.title: step for step in trace(study, ["X-001"]).steps}
    assert set(steps["Source files"].table["now"]) == {"the same"}
    assert set(steps["Source files"].table.loc[steps["Source files"].table["image"] == "t1c", "orientation"]) != {""}
    assert steps["Preprocessing"].facts["status"] == "ok"
    assert set(steps["Predictions"].table["model"]) == set(CONFIG["models"])
    steps = {step.title: step for step in trace(study, ["X-002"]).steps}
    assert "t1c.nii.gz" in steps["Folds"].facts["in no fold"]
    assert steps["Findings of the audit"].table is not None


def test_a_second_run_has_nothing_to_do(finished):
    assert finished.would_run().jobs == []


def test_touching_every_script_and_module_runs_nothing(restored):
    for file in [*(restored.folder / "src").rglob("*.py"), *(restored.folder / "workflow").rglob("*.*")]:
        file.touch()
    # Templates are declared inputs of the report; their content decides, as for every input below a megabyte.
    assert restored.would_run().jobs == []


PICTURES = {"draw_cases", "draw_quality", "write_report", "track_runs", "all"}
PREPARES = {"preprocess_case", "inspect_center", "extract_radiomics"}


def edit(study: Finished, module: str) -> Run:
    """What a line more of code in a module of the study's own library would run."""
    file = study.folder / "src/gliomanet" / module
    with file.open("a", encoding="utf-8") as text:
        text.write("\nEDITED = True\n")
    return study.would_run()


def test_editing_a_stage_runs_it_and_what_follows(restored):
    assert edit(restored, "evaluation/metrics/classification.py").rules == {
        "evaluate",
        "evaluate_uncertainty",
        "write_report",
        "track_runs",
        "all",
    }


@pytest.mark.parametrize(
    "module",
    [
        *("networks/psnet.py", "networks/gmmas.py", "networks/blocks/transformer.py"),  # no model of this study is one
        *("training/recipes/gmmas.py", "training/recipes/multitask.py", "training/extra_trees.py"),
        *("pipeline/job_log.py", "model_kinds.py", "tables/io.py", "config/models.py"),
    ],
)
def test_editing_what_no_result_of_the_study_depends_on_runs_nothing(restored, module):
    assert edit(restored, module).jobs == []


@pytest.mark.parametrize(
    ("module", "model"),
    [
        ("networks/cmtlnet.py", "net"),
        ("networks/blocks/dense.py", "net"),
        ("training/recipes/cmtlnet.py", "net"),
        ("models/arguments.py", "net"),
        ("networks/tabular.py", "features"),
        ("training/tabular_net.py", "features"),
        ("training/logistic.py", "age"),
    ],
)
def test_editing_a_network_its_recipe_or_its_construction_repeats_that_models_jobs(restored, module, model):
    run = edit(restored, module)
    trained = {job.wildcards["model"] for job in run.jobs if job.rule in ("train_image", "train_tabular")}
    assert trained == {model}
    assert {job.wildcards["model"] for job in run.jobs if "model" in job.wildcards} == {model}
    assert not run.rules & PREPARES


@pytest.mark.parametrize("module", ["bias", "canvas", "draw_case"])
def test_editing_a_picture_draws_again_and_preprocesses_nothing(restored, module):
    run = edit(restored, f"imaging/quality/pictures/{module}.py")
    assert run.rules == PICTURES
    assert run.count("draw_cases") == len(CONFIG["centers"])


def test_editing_spellings_reads_the_tables_again_and_preprocesses_nothing(restored):
    run = edit(restored, "labels/spellings.py")
    assert run.count("build_case_table") == len(CONFIG["centers"])
    assert not run.rules & PREPARES


def test_another_number_of_the_tables_format_repeats_what_reads_tables(restored):
    file = restored.folder / "src/gliomanet/tables/io.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("FORMAT = 1\n", "FORMAT = 2\n"), encoding="utf-8")
    assert {"build_case_table", "train_image", "train_tabular", "evaluate"} < restored.would_run().rules


def test_an_image_replaced_by_another_with_an_older_date_repeats_its_case(restored, tmp_path):
    image = restored.folder / "hospital/X-001/t1c.nii.gz"
    other = nib.load(image)
    changed = nib.Nifti1Image(np.asanyarray(other.dataobj)[::-1].copy(), other.affine)
    nib.save(changed, tmp_path / "t1c.nii.gz")
    os.utime(tmp_path / "t1c.nii.gz", (1_600_000_000, 1_600_000_000))
    shutil.copy2(tmp_path / "t1c.nii.gz", image)
    run = restored.would_run()
    assert [job.wildcards for job in run.of("preprocess_case")] == [{"center": "X", "case": "X-001"}]
    assert run.of("inspect_center")[0].wildcards == {"center": "X"}
    assert run.centers == {"X"}


def test_touched_images_repeat_nothing(restored):
    for file in (restored.folder / "hospital").rglob("*.nii.gz"):
        file.touch()
    assert restored.would_run().jobs == []


def test_a_missing_image_is_named(restored):
    (restored.folder / "hospital/X-001/t1c.nii.gz").unlink()
    run = restored.snakemake("-n")
    assert run.status != 0
    assert "hospital/X-001/t1c.nii.gz" in run.text


def test_a_change_of_how_jobs_compute_repeats_nothing(restored):
    compute = {"cache": False, "channels_last": True, "gradient_checkpointing": True}
    assert compute.items() - CONFIG.get("compute", {}).items()
    changed = {**CONFIG, "compute": {**CONFIG.get("compute", {}), **compute}}
    (restored.folder / "study.yaml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    assert restored.would_run().jobs == []


def test_a_changed_row_wakes_its_own_centre_and_the_pooled_tables_only(restored):
    table = restored.folder / "hospital/cases.tsv"
    cases = pd.read_csv(table, sep="\t", dtype=str, keep_default_na=False)
    cases.loc[cases["case_id"] == "X-001", "sex"] = "F" if cases["sex"].iloc[0] == "M" else "M"
    write_table(cases, table)
    run = restored.would_run()
    assert run.centers == {"X"}
    assert run.rules == {
        "build_case_table",
        "collect_cohort",
        "audit_cohort",
        "gate_cohort",
        "audit_predictions",
        "evaluate",
        "evaluate_uncertainty",
        "find_biomarkers",
        "draw_examples",
        "evaluate_recovery",
        "write_report",
        "track_runs",
        "all",
    }


def test_a_decision_wakes_its_centres_splits_and_no_image(restored):
    (restored.folder / "decisions.tsv").write_text("center\tcase_id\tdecision\treason\nX\tX-001\texclude\tmotion\n")
    decided = {**CONFIG, "quality": {"decisions": "decisions.tsv"}}
    (restored.folder / "study.yaml").write_text(yaml.safe_dump(decided), encoding="utf-8")
    run = restored.would_run()
    assert run.centers == {"X"}
    assert {"collect_qc", "draw_quality", "split_external", "predict_center", "audit_cohort"} < run.rules
    assert not {"preprocess_case", "inspect_center", "extract_radiomics", "train_image"} & run.rules


def test_a_copy_of_the_project_with_new_dates_repeats_nothing(finished, tmp_path):
    shutil.copytree(finished.folder, tmp_path / "copy", symlinks=True, copy_function=shutil.copyfile)
    assert Finished(tmp_path / "copy", finished.first).would_run().jobs == []


def test_a_person_finds_pictures_of_every_case_and_the_audit(finished):
    pages = {page.name for page in (finished.results / "qc/X").glob("*.html")}
    assert pages == {"index.html", *(f"X-00{number}.html" for number in range(1, 7))}
    audit = read_table(finished.results / "cohort/audit.tsv")
    broken = audit[audit["case_id"].isin(["X-002", "X-003"])].set_index("case_id")
    assert (broken["severity"] == "error").all()
    assert "cannot be read" in broken.loc["X-002", "found"]
    assert not (audit["severity"] == "fatal").any()


def test_columns_that_change_places_repeat_the_centres_cases(restored):
    """Snakemake compares inputs as a set, which a swap leaves alone: a parameter tells which file is which."""
    table = restored.folder / "hospital/cases.tsv"
    cases = pd.read_csv(table, sep="\t", dtype=str, keep_default_na=False)
    write_table(cases.rename(columns={"t1": "t2", "t2": "t1"}), table)
    repeated = {(job.wildcards["center"], job.wildcards["case"]) for job in restored.would_run().of("preprocess_case")}
    assert repeated == {("X", f"X-00{number}") for number in range(1, 7)}


def test_repeating_a_job_repeats_its_bytes(finished):
    targets = ["models/net/supervised/fold0/weights.pt", "models/features/supervised/fold0/heads.npz"]
    targets += ["fold_predictions/net/X.tsv", "calibration/net.tsv", "predictions/net/X.tsv"]
    case = finished.results / "preprocessed/A/A-001"
    before = digests([*(finished.results / target for target in targets), *files_of(case)])
    for target in (*targets, "preprocessed/A/A-001"):
        path = finished.results / target
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    run = finished.snakemake("--cores", "2", "results/preprocessed/A/A-001", *(f"results/{t}" for t in targets))
    assert run.status == 0, run.text
    assert digests([*(finished.results / target for target in targets), *files_of(case)]) == before
    assert finished.snakemake("--cores", "2").status == 0


def files_of(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def digests(files: list[Path]) -> dict[str, str]:
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_tracking_twice_adds_no_run(finished):
    uri = f"sqlite:///{finished.results / 'mlflow.db'}"
    client = mlflow.MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("gliomanet")
    before = len(client.search_runs([experiment.experiment_id], max_results=1000))
    assert "compare.html#idh" in (finished.results / "report/index.html").read_text(encoding="utf-8")
    assert 'id="idh"' in (finished.results / "tracking/compare.html").read_text(encoding="utf-8")
    trained = list((finished.results / "models").glob("*/*/fold*"))
    parents = list((finished.results / "models").glob("*/*"))
    assert before == len(trained) + len(parents)
    run = finished.snakemake("--cores", "1", "--forcerun", "track_runs")
    assert run.status == 0, run.text
    assert len(client.search_runs([experiment.experiment_id], max_results=1000)) == before


def test_the_engines_own_report_is_written(finished):
    run = finished.snakemake("--report", "report.zip")
    assert run.status == 0, run.text
    with zipfile.ZipFile(finished.folder / "report.zip") as report:
        assert "report/report.html" in report.namelist()


@pytest.mark.parametrize("page", ["biomarkers-table", "trained-model"])
def test_a_tutorial_on_a_finished_study_works_as_it_stands(finished, page):
    from tests.docs.blocks import ROOT, run_page

    said = run_page(ROOT / f"docs/tutorials/{page}.md", finished.folder)
    assert {"biomarkers-table": "linked features, ", "trained-model": "models/net/supervised/fold0"}[page] in said


@pytest.fixture(scope="session")
def alone(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Job]]:
    """A copy of the finished study to repeat jobs in, without what a repeated job might lean on, and all its jobs."""
    folder = tmp_path_factory.mktemp("alone") / "copy"
    left_out = shutil.ignore_patterns("checkpoints", "mlflow.db", "mlartifacts", ".snakemake")
    shutil.copytree(finished.folder, folder, symlinks=True, ignore=left_out)
    return folder, planned_jobs(folder)


UNEQUAL = ("events.jsonl", "model.joblib")
"""Times; and a pickle, whose bytes hang on which equal texts are one object: predictions with it are compared."""


@pytest.mark.parametrize("environment", sorted(generate.scripts()))
def test_an_environment_runs_its_scripts_with_nothing_else_visible(environment, finished, alone, request, tmp_path):
    """One job of each script, and where it loads its model's kind, of each model: it writes the bytes it wrote before."""
    file = finished.folder / f"envs/{environment}.yaml"
    make = build_environment if request.config.getoption("--build-environments") else link_environment
    python = make(file, tmp_path / environment)
    scripts = generate.scripts()[environment]
    folder, jobs = alone
    chosen = {}
    for job in jobs:
        kind = job.fields["wildcards"][1]["model"] if job.script.name in generate.uses() else None
        if job.script.name in scripts:
            chosen.setdefault((job.script.name, kind), job)
    for job in chosen.values():
        for output in job.outputs:
            shutil.rmtree(folder / output) if (folder / output).is_dir() else (folder / output).unlink()
        run_alone(python, job, folder)
        for output in job.outputs:
            if output.name not in UNEQUAL and environment != "tracking":  # MLflow deals its ids by lot
                assert contents(folder / output) == contents(finished.folder / output), f"{output} is another one"
    unseen = scripts - {job.script.name for job in chosen.values()}
    assert missing_imports(python, {name for script in unseen for name in generate.imported(script)}) == ""


def contents(path: Path) -> dict[str, str]:
    """Digests of a file, or of all in a folder but Snakemake's own, by name; a description's without its pickle's."""
    below = [file for file in path.rglob("*") if file.is_file() and file.name != ".snakemake_timestamp"]
    files = below if path.is_dir() else [path]
    return {str(file.relative_to(path)): hashlib.sha256(content_of(file)).hexdigest() for file in files}


def content_of(file: Path) -> bytes:
    """A file's bytes; of `model.json`, all but the digest that it holds of `model.joblib`."""
    if file.name != "model.json":
        return file.read_bytes()
    description = json.loads(file.read_text(encoding="utf-8"))
    description["files"].pop("model.joblib", None)
    return json.dumps(description).encode()
