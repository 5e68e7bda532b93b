"""A finished study is found from what a person has in hand, and what is no finished study is one clear problem."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

from gliomanet.errors import CohortError
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.tables.io import read_table
from tests.provenance.conftest import configuration, write_study


def metrics_of(path):
    study = FinishedStudy.find(path)
    return study.table(study.layout.evaluation("metrics"))


def refused(path) -> str:
    with pytest.raises(CohortError) as caught:
        metrics_of(path)
    (problem,) = caught.value.problems
    assert problem.file
    assert problem.action
    return problem.rule


@pytest.fixture
def project(tmp_path):
    """A project folder whose study has a relative results folder."""
    write_study(tmp_path / "results/mine", configure=lambda values: values.update(results="results/mine"))
    (tmp_path / "config").mkdir()
    (tmp_path / "config/study.yaml").write_text(yaml.safe_dump(configuration("results/mine")))
    return tmp_path


def test_a_study_is_found_by_its_folder_its_file_and_its_tables(project, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    results = project / "results/mine"
    for given in (results, project / "config/study.yaml", results / "evaluation/metrics.tsv"):
        study = FinishedStudy.find(given)
        assert study.layout.results == results
        assert study.notes == []
        assert study.root == project


def test_a_file_that_says_otherwise_than_the_results_is_told(project):
    values = configuration("results/mine")
    values["seed"] = 5
    (project / "config/study.yaml").write_text(yaml.safe_dump(values))
    (note,) = FinishedStudy.find(project / "config/study.yaml").notes
    assert "in 1 keys (seed)" in note


def test_a_missing_or_foreign_table_is_named(project):
    metrics = project / "results/mine/evaluation/metrics.tsv"
    text = metrics.read_text()
    metrics.write_text(text.replace("n_positive", "positives", 1))
    assert refused(project / "results/mine") == "table_of_another_form"
    metrics.unlink()
    assert refused(project / "results/mine") == "table_missing"


def test_what_is_no_finished_study_is_refused(project):
    assert refused(project) == "no_finished_study"
    assert refused(project / "nowhere") == "no_such_results"
    record = project / "results/mine/study.json"
    values = json.loads(record.read_text())
    record.write_text(json.dumps(values | {"format": 0}))
    assert refused(project / "results/mine") == "record_of_another_form"
    record.write_text("{")
    assert refused(project / "results/mine") == "damaged_record"


def test_a_table_newer_than_the_record_is_told(project):
    path = project / "results/mine/evaluation/metrics.tsv"
    study = FinishedStudy.find(project / "results/mine")
    path.write_text(path.read_text() + path.read_text().splitlines()[-1] + "\n")
    study.table(path)
    assert study.notes == [f"{path} is newer than the report: finish the study's run, and ask again"]


def test_the_commands_start_without_torch_and_imaging():
    code = (
        "import sys; import gliomanet.provenance.diff.difference, gliomanet.provenance.trace.trace;"
        "print([m for m in ('torch', 'ants', 'monai', 'mlflow', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_made_up_study_is_one(made):
    assert read_table(made / "evaluation/metrics.tsv")["value"].notna().any()
