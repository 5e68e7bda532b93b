"""A job's log holds everything that the process prints, and ends with the error in words."""

from __future__ import annotations

import subprocess
import sys


def run(code: str, log) -> str:
    header = f"from gliomanet.pipeline.job_log import log_to\nlog_to({str(log)!r})\n"
    subprocess.run([sys.executable, "-c", header + code], check=False, env={"PYTHONPATH": "src"})
    return log.read_text()


def test_output_of_python_and_of_child_processes_lands_in_the_log(tmp_path):
    text = run("import os; print('mine'); os.system('echo theirs; echo loud >&2')", tmp_path / "x.log")
    assert {"mine", "theirs", "loud"} <= set(text.split())


def test_a_persons_error_ends_the_log_in_words(tmp_path):
    text = run("raise ValueError('case p1: no such file')", tmp_path / "x.log")
    assert "Traceback" in text
    assert text.endswith("ERROR: case p1: no such file\n")


def test_a_bug_is_a_traceback_only(tmp_path):
    assert "ERROR:" not in run("raise KeyError('x')", tmp_path / "x.log")


def test_a_job_writes_what_it_cost(tmp_path):
    cost = tmp_path / "new/x.tsv"
    run(
        f"from gliomanet.pipeline.job_log import measure_into\nmeasure_into({str(cost)!r})\nb = b'x' * 80_000_000\nsum(range(3_000_000))",
        tmp_path / "x.log",
    )
    header, values = cost.read_text().splitlines()
    assert header.split("\t") == ["s", "cpu_time", "max_rss"]
    seconds, cpu, peak = map(float, values.split("\t"))
    assert cpu >= 0
    assert 0 <= seconds < 600
    assert peak > 80


def test_a_log_that_takes_no_more_leaves_the_error_in_the_engines_output():
    code = "from gliomanet.pipeline.job_log import log_to\nlog_to('/dev/full')\nraise ValueError('case p1: lost')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": "src"})
    assert done.returncode == 1
    assert "ERROR: case p1: lost" in done.stderr
    assert "/dev/full" in done.stderr


def test_a_nearly_full_disk_is_named_beside_an_error_in_other_words(tmp_path):
    code = "from gliomanet.files import storage\nstorage.NEARLY_FULL = 10**18\nraise RuntimeError('write failed')"
    text = run(code, tmp_path / "x.log")
    assert "RuntimeError: write failed" in text
    assert text.rstrip().splitlines()[-1].startswith("ERROR: perhaps the cause: ")


def test_a_persons_own_error_is_the_whole_story_on_a_nearly_full_disk(tmp_path):
    header = "from gliomanet.files import storage\nstorage.NEARLY_FULL = 10**18\n"
    for error in ("ValueError('no such case')", "FileNotFoundError('no such case')"):
        text = run(f"{header}raise {error}", tmp_path / "x.log")
        assert text.endswith("ERROR: no such case\n")
        assert "perhaps" not in text
    assert "perhaps the cause" in run(f"{header}raise OSError('write failed')", tmp_path / "x.log")


def test_a_study_that_stops_is_told_without_a_traceback(tmp_path):
    stop = "from gliomanet.errors import Problem, StudyStopError\nraise StudyStopError(Problem('the server is gone', 'start it'))"
    text = run(stop, tmp_path / "x.log")
    assert "Traceback" not in text
    assert text.endswith("ERROR: the server is gone; start it\n")
