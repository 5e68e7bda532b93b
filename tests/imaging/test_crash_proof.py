"""A case whose preprocessing crashes is a case that failed; one that is killed for memory is a job that failed."""

import json
import os
import signal

import pytest

from gliomanet.errors import ProblemError
from gliomanet.imaging import preprocess
from gliomanet.imaging.crash_proof import preprocess_alone
from tests.imaging.conftest import STRIPPED

CASE = {"case_id": "P-1", "center": "A", "t1": "t1.nii.gz"}


def ended_by(number):
    def crash(case, settings, out_dir, *, seed):
        out_dir.mkdir(parents=True)
        (out_dir / "t1.nii.gz").write_bytes(b"half")
        os.kill(os.getpid(), number)

    return crash


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_crash_becomes_the_cases_failure(tmp_path, monkeypatch, number):
    monkeypatch.setattr(preprocess, "preprocess_case", ended_by(number))
    preprocess_alone(CASE, STRIPPED, tmp_path / "P-1", seed=1)
    assert [path.name for path in (tmp_path / "P-1").iterdir()] == ["preprocess.json"]
    record = json.loads((tmp_path / "P-1" / "preprocess.json").read_text())
    assert (record["status"], record["rule"]) == ("failed", "preprocessing_crashed")
    assert record["reason"].startswith(f"case P-1: its process was ended by signal {int(number)} (")


def test_a_kill_says_nothing_of_the_case(tmp_path, monkeypatch):
    monkeypatch.setattr(preprocess, "preprocess_case", ended_by(signal.SIGKILL))
    with pytest.raises(ProblemError) as caught:
        preprocess_alone(CASE, STRIPPED, tmp_path / "P-1", seed=1)
    problem = caught.value.problem
    assert (problem.rule, problem.center, problem.case) == ("killed", "A", "P-1")
    assert "memory was full" in problem.found
    assert "preprocess_case:mem_mb" in problem.action


def test_what_a_case_lacks_is_recorded_as_without_a_process(tmp_path):
    preprocess_alone({"case_id": "P-1", "center": "A"}, STRIPPED, tmp_path / "P-1", seed=1)
    assert json.loads((tmp_path / "P-1" / "preprocess.json").read_text())["rule"] == "no_modality"
