"""`gliomanet status` on a study of age alone, run for real: what it says would run is what Snakemake would run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from gliomanet.cli.main import app
from tests.workflow.conftest import copy_project, make_feature_center, run_snakemake

pytestmark = pytest.mark.slow

TARGET = "results/predictions/age.tsv"


ROLES = {"A": "train", "B": "train", "X": "external"}


def make_study(repository: Path, folder: Path) -> Path:
    """A study of three centres and one model, and a copy of the workflow, in a folder."""
    copy_project(repository, folder)
    centers = {name: make_feature_center(folder / "data" / name, role=role) for name, role in ROLES.items()}
    study = {"title": "Age alone", "centers": centers, "split": {"folds": 2}}
    study["models"] = {"age": {"kind": "logistic", "inputs": ["age"]}}
    write(folder, json.loads(json.dumps(study).replace(f"{folder}/", "")))
    return folder


@pytest.fixture(scope="module")
def predicted(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study, run up to its predictions."""
    folder = make_study(repository, tmp_path_factory.mktemp("status") / "study")
    run = snakemake(folder, "--cores", "2")
    assert run.status == 0, run.text
    return folder


def write(folder: Path, study: dict[str, Any]) -> None:
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")


def snakemake(folder: Path, *arguments: str):
    return run_snakemake(folder, folder / "Snakefile", TARGET, "--configfile", "study.yaml", *arguments)


@pytest.fixture
def study(predicted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to be changed; this folder from now on. A copied folder repeats none of its jobs."""
    shutil.copytree(predicted, tmp_path / "study", symlinks=True)
    monkeypatch.chdir(tmp_path / "study")
    return tmp_path / "study"


def status(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["status", "study.yaml", TARGET, *arguments])
    assert result.exit_code == code, result.output
    return result.output


def status_values() -> dict[str, Any]:
    return json.loads(status("--json", "--jobs"))


def told(values: dict[str, Any]) -> dict[str, list[str]]:
    """Sentence → causes of each group."""
    return {group["doing"]: group["why"] for group in values["groups"]}


def test_nothing_to_do_is_one_line(study):
    (line,) = status().splitlines()
    assert re.fullmatch(r"Age alone: nothing to do, all \d+ jobs are done\.", line)


def test_each_change_is_told_with_its_cause_and_the_jobs_are_those_of_a_dry_run(study):
    config = yaml.safe_load((study / "study.yaml").read_text())
    config["models"]["age"]["clip"] = 4.0
    config["centers"]["SOUTH"] = json.loads(json.dumps(config["centers"]["X"]).replace("/X/", "/SOUTH/"))
    make_feature_center(study / "data/SOUTH", role="external")
    write(study, config)
    (study / "results/splits/development.tsv").unlink()
    with (study / "workflow/scripts/collect_predictions.py").open("a") as script:
        script.write("\nEDITED = True\n")
    os.utime(study / "data/A/clinical.tsv")
    values = status_values()
    says = told(values)
    assert says["Training age (supervised), fold 0, 1 and all"] == ["clip none → 4.0"]
    assert says["Centre SOUTH"] == ["not run yet"]
    (why,) = says["Dividing the patients of A B into 2 folds"]
    assert why.startswith("results/splits/development.tsv deleted")
    collected = says["Collecting the predictions of age"]
    assert collected == ["code of this step changed; centre SOUTH added"]
    assert says["Predicting A, B and X with age"] == []
    planned = {(job["rule"], job.get("center", ""), job.get("fold", "")) for job in values["job_list"]}
    run = snakemake(study, "-n")
    assert run.status == 0, run.text
    assert planned == {(job.rule, job.wildcards.get("center", ""), job.wildcards.get("fold", "")) for job in run.jobs}
    assert values["to_run"] == len(run.jobs) == sum(group["jobs"] for group in values["groups"])
    assert values["cost"]["cpu_hours"] > 0
    assert values["cost"]["jobs_of_unknown_cost"] == 0
    assert values["jobs"] == values["done"] + values["to_run"]


def test_a_job_that_failed_tells_its_error_and_one_that_was_killed_that_it_was(study):
    script = study / "workflow/scripts/collect_predictions.py"
    good = script.read_text()
    script.write_text(good + "\nraise ValueError('planted')\n")
    assert snakemake(study, "--cores", "1").status != 0
    why = told(status_values())["Collecting the predictions of age"]
    assert why == ["failed in its last run: ValueError: planted (log: results/logs/collect_predictions/age.log)"]

    # The whole run is killed from within its last job.
    script.write_text(good + "\nimport os, signal\n\nos.killpg(0, signal.SIGKILL)\n")
    command = [sys.executable, "-m", "snakemake", TARGET, "--configfile", "study.yaml", "--cores", "1"]
    killed = subprocess.run(command, cwd=study, capture_output=True, start_new_session=True, check=False)
    assert killed.returncode < 0
    said = status()
    assert "--unlock" in said
    assert "Collecting the predictions of age: stopped in the middle" in said


@pytest.fixture
def fresh(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The study, not run; this folder from now on."""
    monkeypatch.chdir(make_study(repository, tmp_path / "study"))
    return tmp_path / "study"


def test_a_study_that_has_not_run_costs_nobody_knows_what(fresh):
    said = status().splitlines()
    assert re.fullmatch(r"Age alone: nothing has run yet, \d+ jobs would run\.", said[0])
    assert "     3  Training age (supervised), fold 0, 1 and all" in said
    assert said[-1] == "What it would cost is unknown: no job of these kinds has run."


def test_an_invalid_study_gets_the_list_of_validate(fresh):
    table = fresh / "data/A/clinical.tsv"
    table.write_text(table.read_text().replace("mutated", "perhaps", 1))
    said = status(code=1)
    assert "perhaps" in said
    assert said == CliRunner().invoke(app, ["validate", "study.yaml"]).output


def test_a_target_that_there_is_not_is_named(fresh):
    result = CliRunner().invoke(app, ["status", "study.yaml", "center_NOWHERE"])
    assert result.exit_code == 1
    assert "no target 'center_NOWHERE'" in result.output
    assert "configuration" not in result.output


def without_records(folder: Path) -> None:
    shutil.rmtree(folder / ".snakemake")


def with_renamed_results(folder: Path) -> None:
    (folder / "results").rename(folder / "renamed")
    config = yaml.safe_load((folder / "study.yaml").read_text())
    write(folder, {**config, "results": "renamed"})


@pytest.mark.parametrize(
    ("lose", "target"), [(without_records, TARGET), (with_renamed_results, TARGET.replace("results", "renamed"))]
)
def test_results_without_a_record_stop_a_run_until_they_are_made_anew(study, lose, target):
    lose(study)
    run = [study, study / "Snakefile", target, "--configfile", "study.yaml"]
    said = CliRunner().invoke(app, ["status", "study.yaml", target]).output
    stopped, dry = run_snakemake(*run, "--cores", "1"), run_snakemake(*run, "-n")
    for text in (said, stopped.text, dry.text):
        assert "no record of what they were made from" in " ".join(text.split())
    assert "all" not in said.split("jobs are done")[0].split()[-3:]
    assert (stopped.status, stopped.jobs) == (1, [])
    values = json.loads(CliRunner().invoke(app, ["status", "study.yaml", target, "--json"]).output)
    assert (values["unrecorded"], values["done"]) == (values["jobs"], 0)
    assert run_snakemake(*run, "-n", "--forceall").text.count("no record") == 0
    anew = run_snakemake(*run, "--cores", "2", "--forceall", program="stub_jobs.py")
    assert anew.status == 0, anew.text
    assert "no record" not in run_snakemake(*run, "-n").text
