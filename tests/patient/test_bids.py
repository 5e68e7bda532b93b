"""Results as a BIDS derivative dataset: by the specification's own validator, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from gliomanet.cli.main import app
from gliomanet.errors import CohortError
from gliomanet.patient import bids
from gliomanet.patient.bids import SOURCE, check_dataset, labels_of, predict_bids, write_dataset
from tests.programs import program


@pytest.fixture
def dataset(dicom_patient, tmp_path):
    out = tmp_path / "derivatives"
    shutil.copytree(dicom_patient.folder, out / SOURCE / "X-001")
    write_dataset(out, labels_of(Path("cases.csv"), ["X-001"]))
    return out


def complaints(out: Path) -> tuple[int, str]:
    validator = program("bids", str(Path(sys.executable).parent / "bids-validator-deno"))
    done = subprocess.run([validator, str(out)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_specification_s_validator_finds_no_error(dataset):
    code, said = complaints(dataset)
    assert code == 0, said
    assert "[ERROR]" not in said
    (dataset / "sub-X001/anat/sub-X001_what_dseg.nii.gz").write_bytes(b"")  # and it would find one
    assert complaints(dataset)[0] != 0


def test_files_are_the_result_s_under_other_names(dataset):
    anat, own = dataset / "sub-X001/anat", dataset / SOURCE / "X-001"
    same = {
        "space-orig_desc-t2Tumor_dseg": "native/t2_tumour",
        "space-orig_desc-flairBrain_mask": "native/flair_brain",
        "space-MNI152NLin2009aSym_desc-tumor_dseg": "atlas/segmentation",
        "ce-gadolinium_space-MNI152NLin2009aSym_desc-preproc_T1w": "atlas/t1c",
    }
    for name, source in same.items():
        assert (anat / f"sub-X001_{name}.nii.gz").read_bytes() == (own / f"{source}.nii.gz").read_bytes(), name
        assert json.loads((anat / f"sub-X001_{name}.json").read_text())["SpatialReference"]
    assert len(list(anat.glob("*.nii.gz"))) == 14
    named = pd.read_csv(anat / "sub-X001_space-orig_desc-t1Tumor_dseg.tsv", sep="\t")
    assert named["index"].tolist() == [1, 2, 4]


def test_the_table_of_participants_tells_what_the_model_answers(dataset, dicom_patient):
    table = pd.read_csv(dataset / "participants.tsv", sep="\t", dtype=str)
    row = table.iloc[0]
    assert row[["participant_id", "case_id", "age", "sex"]].tolist() == ["sub-X001", "X-001", "61.0", "F"]
    task = dicom_patient.content.tasks[0]
    for one in task.classes:
        assert float(row[f"{task.task}_p_{one.name}"]) == pytest.approx(one.probability, abs=1e-5)
    described = json.loads((dataset / "participants.json").read_text())
    assert set(described) == set(table.columns)
    assert "mean nothing" in (dataset / "README.md").read_text()
    assert json.loads((dataset / "dataset_description.json").read_text())["DatasetType"] == "derivative"


def test_a_table_becomes_a_dataset_and_labels_are_said(dicom_patient, tmp_path, monkeypatch):
    def finished(bundle, cases, out, **how):
        shutil.copytree(dicom_patient.folder, out / "X-001", dirs_exist_ok=True)
        return pd.DataFrame({"case_id": ["X-001", "X-002"], "status": ["ok", "failed"]})

    monkeypatch.setattr(bids, "predict_table", finished)
    (tmp_path / "cases.csv").write_text("case_id,t1c,age\nX-001,a.nii.gz,61\nX-002,b.nii.gz,93\n")
    told = []
    for _ in range(2):
        predict_bids(tmp_path / "b", tmp_path / "cases.csv", tmp_path / "out", report=told.append)
        assert [one.name for one in (tmp_path / "out").glob("sub-*")] == ["sub-X001"]
    assert "X-001 is sub-X001" in told[0]


def test_high_ages_are_capped(dicom_patient):
    case = dicom_patient.content.case.model_copy(update={"age": 93.0})
    old = dicom_patient.content.model_copy(update={"case": case})
    assert bids._participant("X-001", "X001", old)["age"] == 89


def test_two_cases_of_one_label_are_refused():
    with pytest.raises(CohortError) as error:
        labels_of(Path("cases.csv"), ["A-1", "B", "a1"])
    assert [problem.rule for problem in error.value.problems] == ["bids_label_twice"]
    assert error.value.problems[0].case == "a1"


@pytest.mark.parametrize("described", [None, "{", '{"GeneratedBy": [{"Name": "fMRIPrep"}]}', "{}"])
def test_a_dataset_of_somebody_else_is_left_alone(described, tmp_path):
    (tmp_path / "sub-01").mkdir()
    if described is not None:
        (tmp_path / "dataset_description.json").write_text(described)
    with pytest.raises(CohortError) as error:
        check_dataset(tmp_path)
    assert error.value.problems[0].rule == "bids_of_others"
    assert (tmp_path / "sub-01").is_dir()


def test_the_option_goes_with_a_table(tmp_path):
    given = ["predict", "--bundle", "b", "--out", str(tmp_path), "--bids"]
    assert "--cases" in CliRunner().invoke(app, given).output
