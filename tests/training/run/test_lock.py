import errno
import fcntl
import os
import subprocess
import sys
import threading

import pytest

from gliomanet.training.run.lock import discard_scratch, training_lock

ORPHAN = """
import sys
from pathlib import Path
from gliomanet.training.run.lock import discard_scratch, training_lock
scratch = Path(sys.argv[1])
with training_lock(scratch, "job"):
    print("held", flush=True)
    if sys.stdin.readline() == "finish\\n":
        discard_scratch(scratch)
"""


@pytest.fixture
def orphan(repository):
    """Start another process that holds a scratch folder until it is told to `finish`, or to `stop`."""
    running = []

    def start(scratch):
        process = subprocess.Popen(
            [sys.executable, "-c", ORPHAN, str(scratch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(repository / "src")},
        )
        assert process.stdout.readline() == "held\n"
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def tell(process, word):
    process.stdin.write(word + "\n")
    process.stdin.flush()


def test_what_is_found_stays_and_what_is_empty_goes(tmp_path):
    (tmp_path / "results").touch()
    scratch = tmp_path / "checkpoints" / "model" / "fold0"
    with training_lock(scratch, "job"):
        assert [path.name for path in scratch.iterdir()] == ["lock"]
        (scratch / "digest").mkdir()
        (scratch / "digest" / "last.ckpt").touch()
    assert (scratch / "digest" / "last.ckpt").is_file()
    neighbour = scratch.with_name("fold1")
    neighbour.mkdir()
    with training_lock(scratch, "job"):
        (scratch / "stale").mkdir()
        discard_scratch(scratch)
    assert not scratch.exists()
    assert neighbour.is_dir()
    neighbour.rmdir()
    with training_lock(scratch, "job"):
        discard_scratch(scratch)
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_failure_lets_go_and_leaves_the_checkpoints(tmp_path):
    def fail(scratch):
        (scratch / "digest").mkdir(exist_ok=True)
        raise ZeroDivisionError

    scratch = tmp_path / "scratch"
    for _ in range(2):  # a lock that were still held would stop the second
        with pytest.raises(ZeroDivisionError), training_lock(scratch, "job"):
            fail(scratch)
    assert (scratch / "digest").is_dir()


@pytest.mark.parametrize("end", ["finish", "stop", "kill"])
def test_a_second_process_waits_aloud_for_the_first(tmp_path, orphan, capsys, end):
    scratch = tmp_path / "scratch"
    process = orphan(scratch)
    threading.Timer(0.3, process.kill if end == "kill" else lambda: tell(process, end)).start()
    with training_lock(scratch, "m, fold 0"):
        assert process.wait(10) is not None
        assert (scratch / "lock").read_text().startswith(f"process {os.getpid()} on ")
    told = capsys.readouterr().out
    assert told.count("\n") == 1
    assert told.startswith(f"m, fold 0: waiting: process {process.pid} on ")
    assert f"trains the same job (it holds {scratch / 'lock'})" in told


def test_a_third_is_kept_out_where_the_lock_that_was_waited_for_is_gone(tmp_path, orphan):
    scratch = tmp_path / "scratch"
    process = orphan(scratch)
    threading.Timer(0.3, tell, (process, "finish")).start()
    with training_lock(scratch, "job"), (scratch / "lock").open() as third, pytest.raises(BlockingIOError):
        fcntl.flock(third, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_folder_that_is_removed_meanwhile_is_made_again(tmp_path, monkeypatch):
    scratch, left = tmp_path / "scratch", [2]

    def removing(path, *arguments, open=os.open):
        if left[0]:
            left[0] -= 1
            scratch.rmdir()
        return open(path, *arguments)

    monkeypatch.setattr("os.open", removing)
    with training_lock(scratch, "job"):
        assert (scratch / "lock").is_file()


def test_a_file_system_without_locks_is_told_and_other_errors_are_raised(tmp_path, monkeypatch, capsys):
    def failing(number):
        def flock(*_):
            raise OSError(number, os.strerror(number))

        return flock

    monkeypatch.setattr("fcntl.flock", failing(errno.ENOLCK))
    with training_lock(tmp_path / "scratch", "job"):
        assert "file system without locks; let no second process train this job" in capsys.readouterr().out
    monkeypatch.setattr("fcntl.flock", failing(errno.EIO))
    with pytest.raises(OSError, match="Input/output"), training_lock(tmp_path / "scratch", "job"):
        pass
