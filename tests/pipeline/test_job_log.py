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
