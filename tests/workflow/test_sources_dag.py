"""The DAG over the ways a centre's cases come in, and what audit and decisions do to it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import phantom, run_snakemake, study

UCSF_HEADER = "ID,Sex,Age at MRI,WHO CNS Grade,Final pathologic diagnosis (WHO 2021),1p/19q,IDH,BraTS21 ID"
UCSF_ROWS = ("UCSF-PDGM-901,M,60,4,x,unknown,wildtype,", "UCSF-PDGM-902,F,40,2,x,intact,IDH1 p.R132H,")


@pytest.fixture
def collection(tmp_path: Path):
    """A folder in the layout of UCSF-PDGM, of two patients one of whom has a follow-up."""
    for case in ("0901", "0902", "0902_FU010d"):
        folder = tmp_path / "ucsf" / f"UCSF-PDGM-{case}_nifti"
        folder.mkdir(parents=True)
        for name in ("T1", "T1c", "T2", "FLAIR", "tumor_segmentation"):
            (folder / f"UCSF-PDGM-{case}_{name}.nii.gz").touch()
    rows = (UCSF_HEADER, *UCSF_ROWS, UCSF_ROWS[1].replace("902", "902_FU010d"))
    (tmp_path / "ucsf.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return {"kind": "ucsf-pdgm", "folder": str(tmp_path / "ucsf"), "clinical": str(tmp_path / "ucsf.csv")}


def test_a_collection_is_a_centre_of_its_baseline_scans(snakemake, collection):
    run = snakemake(study(centers={"UCSF": {"role": "train", "source": collection}}))
    assert run.status == 0, run.text
    assert {job.wildcards["case"] for job in run.of("preprocess_case")} == {"UCSF-PDGM-0901", "UCSF-PDGM-0902"}
    assert not any(job.input for job in run.of("preprocess_case") if job.wildcards["center"] == "UCSF")  # parameters


def test_follow_ups_enter_where_the_centre_says_so(snakemake, collection):
    center = {"role": "external", "source": collection, "scans": ["baseline", "follow_up"]}
    run = snakemake(study(centers={"A": phantom(), "UCSF": center}))
    assert "UCSF-PDGM-0902_FU010d" in {job.wildcards["case"] for job in run.of("preprocess_case")}


def test_dicom_folders_are_converted_case_by_case(snakemake, tmp_path):
    for case in ("007", "010"):
        (tmp_path / "archive" / case).mkdir(parents=True)
    (tmp_path / "labels.tsv").write_text("case_id\tidh\n007\t0\n010\t1\n")
    source = {"kind": "dicom", "folder": str(tmp_path / "archive"), "clinical": str(tmp_path / "labels.tsv")}
    run = snakemake(study(centers={"A": phantom(), "D": {"role": "external", "source": source}}))
    assert run.status == 0, run.text
    assert {job.wildcards["case"] for job in run.of("convert_case")} == {"007", "010"}
    (job,) = [job for job in run.of("preprocess_case") if job.wildcards["case"] == "007"]
    assert job.input == ["results/converted/D/007", "results/contents/converted/D/007.txt"]


def test_a_replaced_dicom_file_converts_its_case_again(repository, tmp_path):
    for case in ("007", "010"):
        (tmp_path / "archive" / case).mkdir(parents=True)
        (tmp_path / "archive" / case / "1.dcm").write_bytes(b"slice")
    source = {"kind": "dicom", "folder": str(tmp_path / "archive")}
    config = study(centers={"A": phantom(), "D": {"role": "external", "source": source}})
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def convert(*arguments, program="listed_jobs.py"):
        given = [*arguments, "--configfile", "study.yaml", "--until", "convert_case"]
        run = run_snakemake(tmp_path, repository / "Snakefile", *given, program=program)
        assert run.status == 0, run.text
        return {job.wildcards["case"] for job in run.jobs}

    assert convert("--cores", "1", program="stub_jobs.py") == {"007", "010"}
    assert convert("-n") == set()
    (tmp_path / "archive/007/1.dcm").write_bytes(b"other")
    assert convert("-n") == {"007"}


def test_every_centre_is_inspected_and_the_cohort_audited_once(snakemake):
    run = snakemake(study(centers={"A": phantom(), "B": phantom("external")}))
    assert {job.wildcards["center"] for job in run.of("inspect_center")} == {"A", "B"}
    assert run.count("audit_cohort") == 1
    (report,) = run.of("write_report")
    assert "results/cohort/audit.tsv" in report.input


def test_training_does_not_wait_for_what_is_found_in_external_centres(snakemake):
    run = snakemake(
        study(centers={"A": phantom(), "B": phantom("external")}),
        "-n",
        "results/models/net/supervised/fold0/weights.pt",
    )
    assert run.count("audit_cohort") == 0
    assert run.centers == {"A"}


def test_every_centre_gets_its_quality_pages(snakemake):
    run = snakemake(study(centers={"A": phantom(), "B": phantom("external")}))
    assert {job.wildcards["center"] for job in run.of("draw_quality")} == {"A", "B"}


def test_decisions_must_name_cases_of_the_study(snakemake, tmp_path):
    table = tmp_path / "decisions.tsv"
    config = study(quality={"decisions": str(table)})
    table.write_text("center\tcase_id\tdecision\treason\nA\tA-001\texclude\tmotion\n")
    assert snakemake(config).status == 0
    table.write_text("center\tcase_id\tdecision\nA\tA-01\tdrop\n")
    run = snakemake(config)
    assert run.status != 0
    assert "decision is 'drop'; " in run.text
    assert "no such case in this centre; did you mean 'A-001'?" in run.text


def test_a_label_corrected_inside_a_collections_folder_is_read_again(snakemake, tmp_path):
    folder = tmp_path / "bids"
    for subject in ("01", "02"):
        (folder / f"sub-{subject}" / "anat").mkdir(parents=True)
        (folder / f"sub-{subject}" / "anat" / f"sub-{subject}_T1w.nii.gz").touch()
    labels = folder / "participants.tsv"
    labels.write_text("participant_id\tidh\nsub-01\twt\nsub-02\tmut\n")
    config = study(
        centers={"A": phantom(), "B": {"role": "external", "source": {"kind": "bids", "folder": str(folder)}}}
    )
    target = "results/cohort/B.tsv"
    assert snakemake(config, "--cores", "1", target).status == 0
    assert snakemake(config, "-n", target).count("build_case_table") == 0
    labels.write_text("participant_id\tidh\nsub-01\tmut\nsub-02\tmut\n")
    assert snakemake(config, "-n", target).count("build_case_table") == 1


def test_figures_are_computed_for_an_approved_cohort_only(snakemake):
    run = snakemake(study())
    (evaluate,) = run.of("evaluate")
    assert "results/audit/approved.txt" in evaluate.input


def test_a_hospitals_own_table_of_features_needs_no_second_one(snakemake, tmp_path):
    rows = "".join(f"p{i},{'mut' if i % 2 else 'wt'},{i * 0.7 % 3},{1000 + i}\n" for i in range(12))
    (tmp_path / "features.csv").write_text(f"ID,IDH,t1c_original_firstorder_Mean,original_shape_MeshVolume\n{rows}")
    source = {
        "kind": "features",
        "path": str(tmp_path / "features.csv"),
        "columns": {"case_id": "ID", "idh": "IDH"},
    }
    config = study(
        centers={"WARD": {"role": "train", "source": source}},
        models={"radiomics": {"kind": "logistic", "inputs": ["radiomics"]}},
        tasks={"idh": {"label": "idh", "classes": {"wildtype": ["wildtype"], "mutant": ["mutant"]}}},
    )
    run = snakemake(config)
    assert run.status == 0, run.text
    assert run.count("audit_features") == 1
    (job,) = run.of("import_features")
    assert job.input == []  # a user's file is a parameter
    (report,) = run.of("write_report")
    assert {"results/audit/features/findings.tsv", "results/audit/features/void.tsv"} < set(report.input)
    assert snakemake(config, "--cores", "1", "results/radiomics/WARD.tsv").status == 0


def test_a_label_in_a_table_of_features_predicts_nothing_anew(feature_center, repository, tmp_path):
    config = study(
        centers={"P": feature_center("P"), "Q": feature_center("Q", role="external")},
        models={"radiomics": {"kind": "logistic", "inputs": ["radiomics"]}},
    )
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def run(*arguments, program="listed_jobs.py"):
        given = [*arguments, "--configfile", "study.yaml"]
        done = run_snakemake(tmp_path, repository / "Snakefile", *given, program=program)
        assert done.status == 0, done.text
        return done.rules

    assert {"import_features", "predict_center"} < run("--cores", "1", program="stub_jobs.py")
    clinical = tmp_path / "Q/clinical.tsv"
    clinical.write_text(clinical.read_text().replace("\t4\twild type", "\t3\twild type", 1))
    assert run("-n") & {"build_case_table", "import_features", "predict_center", "evaluate"} == {
        "build_case_table",
        "evaluate",
    }


def test_a_fit_does_not_wait_for_the_audit_of_features(snakemake):
    run = snakemake(
        study(centers={"A": phantom(), "B": phantom("external")}, models={"t": {"kind": "extra_trees"}}),
        "-n",
        "results/models/t/supervised/fold0/model.joblib",
    )
    assert run.count("train_tabular") == 1
    assert run.count("audit_features") == 0


def test_a_key_that_is_there_twice_stops_the_workflow_though_snakemake_has_read_the_last(repository, tmp_path):
    center = "  A: {role: train, source: {kind: phantom, cases: 3}}\n"
    (tmp_path / "one.yaml").write_text("models: {age: {kind: logistic}}\n")
    (tmp_path / "two.yaml").write_text(f"centers:\n{center}{center}")
    given = ("-n", "--configfile", str(tmp_path / "one.yaml"), str(tmp_path / "two.yaml"))
    run = run_snakemake(tmp_path, repository / "Snakefile", *given)
    assert run.status != 0
    assert "two.yaml, line 3: is there twice, also in line 2" in run.text


def test_a_centres_mask_codes_repeat_its_own_cases_only(snakemake, tmp_path):
    """And a row's, that case only."""
    for name in ("H", "J"):
        (tmp_path / name).mkdir()
        for file in ("a.nii", "b.nii", "m.nii", "n.nii"):
            (tmp_path / name / file).touch()

    def text(ids, codes=""):
        rows = [f"{ids[0]}\ta.nii\tm.nii\t{codes}\t4\n", f"{ids[1]}\tb.nii\tn.nii\t\t2\n"]
        return "".join(["case_id\tt1\ttumour_mask\tmask_codes\tgrade\n", *rows])

    def centers(codes="", **keys):
        (tmp_path / "H" / "cases.tsv").write_text(text("ab", codes), encoding="utf-8")
        (tmp_path / "J" / "cases.tsv").write_text(text("cd"), encoding="utf-8")
        sources = {name: {"kind": "table", "path": str(tmp_path / name / "cases.tsv")} for name in ("H", "J")}
        return study(
            centers={
                "H": {"role": "train", "source": sources["H"], **keys},
                "J": {"role": "external", "source": sources["J"]},
            },
            tasks={"grade": {"label": "grade", "classes": {"low": ["2"], "high": ["4"]}}},
        )

    def repeated(config):
        rerun = ("-n", "--rerun-triggers", "params", "--until", "preprocess_case")
        run = snakemake(config, *rerun)
        assert run.status == 0, run.text
        return {(job.wildcards["center"], job.wildcards["case"]) for job in run.of("preprocess_case")}

    first = snakemake(centers(), "--cores", "1", "--until", "preprocess_case")
    assert first.status == 0, first.text
    assert repeated(centers()) == set()
    assert repeated(centers(mask_codes="nnunet")) == {("H", "a"), ("H", "b")}
    assert repeated(centers("nnunet")) == {("H", "a")}
