"""Reading a finished study: each file finds its place, and one that has none is named."""

import json

import pandas as pd
import pytest

from gliomanet.errors import ModelError
from gliomanet.layout import Layout
from gliomanet.reporting.study.results import StudyResults
from tests.descriptions import image_description, write_description

TABLES = {
    "cohort/cases.tsv": {"case_id": "007", "center": "east"},
    "splits.tsv": {"case_id": "007", "fold": "0"},
    "evaluation/metrics.tsv": {"model": "net", "value": 0.5},
    "evaluation/confusion.tsv": {"model": "net", "n": 3},
    "evaluation/comparisons.tsv": {"model_a": "net", "p": 0.2},
    "predictions/net.tsv": {"case_id": "007", "probability": 0.4},
    "predictions/age.tsv": {"case_id": "007", "probability": 0.6},
    "qc/west.tsv": {"case_id": "1", "center": "west"},
    "qc/east.tsv": {"case_id": "007", "center": "east"},
    "cohort/audit.tsv": {"severity": "note", "rule": "oblique"},
    "biomarkers/recovery.tsv": {"model": "net", "kept": 3},
    "pseudo_labels/accuracy.tsv": {"model": "net", "correct": 2},
    "pseudo_labels/net/pseudo_label/fold2.tsv": {"case_id": "007", "label": "mutant"},
}


@pytest.fixture
def files(tmp_path):
    for name, row in TABLES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame([row]).to_csv(tmp_path / name, sep="\t", index=False)
    model = tmp_path / "models/net/supervised/fold0/model.json"
    case = tmp_path / "preprocessed/east/007"
    model.parent.mkdir(parents=True)
    case.mkdir(parents=True)
    write_description(model.parent, image_description(model="net"))
    (case / "preprocess.json").write_text(json.dumps({"versions": {"SimpleITK": "2.5.0"}}))
    return [*(tmp_path / name for name in TABLES), model, case, tmp_path / "qc/east.png"]


def test_every_file_finds_its_place(files, tmp_path):
    found = StudyResults.read(Layout(tmp_path), {}, files)
    assert found.cases["case_id"].tolist() == ["007"]
    assert found.metrics["value"].tolist() == [0.5]
    assert list(found.predictions) == ["net", "age"]
    assert found.qc["center"].tolist() == ["west", "east"]
    assert found.pseudo_labels[["model", "stage", "fold"]].to_numpy().tolist() == [["net", "pseudo_label", "2"]]
    assert found.sheets == {"east": tmp_path / "qc/east.png"}
    assert [(model.model, model.kind) for model in found.models] == [("net", "cmtlnet")]
    assert (found.versions["torch"], found.versions["SimpleITK"]) == ("2.13.0", "2.5.0")
    assert found.audit["rule"].tolist() == ["oblique"]
    assert found.recovery["kept"].tolist() == [3]
    assert found.pseudo_label_accuracy["correct"].tolist() == [2]
    assert (found.calibration, dict(found.biomarkers)) == (None, {})


def test_files_that_are_not_named_are_not_read(files, tmp_path):
    found = StudyResults.read(Layout(tmp_path), {}, [file for file in files if file.stem != "age"])
    assert list(found.predictions) == ["net"]


def test_a_file_without_a_place_is_named(files, tmp_path):
    with pytest.raises(ValueError, match=r"runs\.tsv"):
        StudyResults.read(Layout(tmp_path), {}, [*files, tmp_path / "tracking/runs.tsv"])


@pytest.mark.parametrize(("text", "problem"), [("{", "no JSON"), ("[1]", "holds a list")])
def test_a_broken_file_of_a_case_is_named(files, tmp_path, text, problem):
    (files[-2] / "preprocess.json").write_text(text)
    with pytest.raises(ValueError, match=rf"preprocess\.json: {problem}"):
        StudyResults.read(Layout(tmp_path), {}, files)


def test_a_broken_description_of_a_model_is_named(files, tmp_path):
    files[-3].write_text('{"kind": "cmtlnet"}')
    with pytest.raises(ModelError) as refused:
        StudyResults.read(Layout(tmp_path), {}, files)
    assert {problem.file for problem in refused.value.problems} == {str(files[-3])}
