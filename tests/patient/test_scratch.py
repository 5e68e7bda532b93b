"""The folder of a result while it is written: what a kill left goes, what a living process holds stays."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gliomanet.files.storage import StorageError
from gliomanet.patient.scratch import LOCK, PREFIX, scratch_in

HOLDING = """
import sys, time
from pathlib import Path
from gliomanet.patient.scratch import scratch_in
with scratch_in(Path(sys.argv[1])) as scratch:
    (scratch / "half").write_text("x")
    print("held", flush=True)
    time.sleep(60)
"""


def rule_of(folder: Path) -> str:
    with pytest.raises(StorageError) as error, scratch_in(folder):
        pass
    return error.value.problem.rule


def test_nothing_stays_whatever_ends_it(tmp_path):
    with scratch_in(tmp_path / "new" / "out") as scratch:
        (scratch / "a").write_text("x")
        assert scratch.parent == tmp_path / "new" / "out"
    with pytest.raises(ValueError, match="halt"), scratch_in(tmp_path / "new" / "out"):
        raise ValueError("halt")
    assert list((tmp_path / "new" / "out").iterdir()) == []


def test_what_a_killed_prediction_left_goes_and_nothing_else(tmp_path):
    command = [sys.executable, "-c", HOLDING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        (tmp_path / "predict-mine").mkdir()
        (tmp_path / ".other").mkdir()
        assert rule_of(tmp_path) == "result_in_use"
        assert [path.is_dir() for path in tmp_path.glob(f"{PREFIX}*")] == [True]  # the living one's
        process.kill()
    assert (tmp_path / LOCK).exists()
    with scratch_in(tmp_path) as scratch:
        assert list(tmp_path.glob(f"{PREFIX}*")) == [scratch]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other", "predict-mine"]


def test_a_disk_that_fills_up_while_a_library_writes_is_told_of_the_result(tmp_path):
    with pytest.raises(StorageError) as error, scratch_in(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    problem = error.value.problem
    assert (problem.rule, problem.file) == ("disk_full", str(tmp_path))
    assert "another folder for the result" in problem.action
    with pytest.raises(OSError, match="denied") as other, scratch_in(tmp_path):
        raise PermissionError(errno.EACCES, "denied")  # of a file that is read: not the folder's
    assert not isinstance(other.value, StorageError)


def test_a_folder_that_takes_no_file_is_told(tmp_path):
    (tmp_path / "a file").touch()
    assert rule_of(tmp_path / "a file" / "out") == "not_writable"
    if not Path("/sys/kernel").is_dir():
        pytest.skip("no /sys, where nobody makes a folder, the superuser neither")
    assert rule_of(Path("/sys/kernel/out")) == "not_writable"
