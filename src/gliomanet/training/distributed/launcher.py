"""Launch one process per device to train one network on this machine; the job is pickled to its standard input.

They are fresh interpreters: CUDA cannot be forked, and a workflow engine's script can be neither run nor imported a
second time. `torch.distributed.run` and its `elastic_launch` (torch 2.13) are not used, for three reasons:

* Their store listens on every interface of the machine (`TCPStore("localhost", 0)` binds `[::]`), and answers whoever
  asks. These processes meet through a file of a private folder and talk over the loopback interface.
* They start workers in sessions of their own, which outlive a launcher that is killed: they would train on, and write
  checkpoints, beside the job's successor. These end with their parent, however it ends.
* A worker's job has to be a file or an argument. Here it is a pipe, so that no case table is left on a disk.
"""

from __future__ import annotations

import datetime
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import torch
from torch import distributed

from gliomanet.code_digest import PACKAGE_ROOT
from gliomanet.models.devices import Device

POLL_SECONDS = 0.1
TIMEOUT = datetime.timedelta(minutes=30)
"""After which a process that waits for the others fails. One that ended is noticed at once."""

Work = Callable[[], None]


def launch(work: Work, devices: Sequence[Device], name: str) -> None:
    """Do the same work in one process per device; returns when all are done, and ends all when one fails.

    Args:
        work: pickled; within it `collectives.rank()` tells the processes apart. Only the first one's standard output is
            kept, errors of all are.
        devices: of one type.
        name: of the job, for errors.

    Raises:
        RuntimeError: a process was killed, or ended without an error that can be handed on.
        Exception: what was raised first in a process.
    """
    with tempfile.TemporaryDirectory(prefix="gliomanet-") as made:
        folder = Path(made)
        told = pickle.dumps((work, tuple(devices)))
        running: list[subprocess.Popen[bytes]] = []
        try:
            for number in range(len(devices)):
                running.append(_started(folder, number, len(devices)))
                _tell(running[-1], told)
            while any(each.poll() is None for each in running) and not any(each.poll() for each in running):
                time.sleep(POLL_SECONDS)
            ended = [each.poll() for each in running]
        finally:
            for each in running:
                each.kill()
                each.wait()
                assert each.stdin is not None
                with suppress(BrokenPipeError):
                    each.stdin.close()
        if any(ended):
            raise _first_error(folder, ended, name)


def _started(folder: Path, number: int, count: int) -> subprocess.Popen[bytes]:
    """One process; its standard input tells it its work, and closes when this process ends, however it ends."""
    source = str(PACKAGE_ROOT)  # where the library lies: under conda, PYTHONPATH is deleted
    path = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    place = {"RANK": number, "LOCAL_RANK": number, "WORLD_SIZE": count, "GROUP_RANK": 0}  # as Lightning reads it
    loopback = {"GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo"}
    quiet = {"TORCH_CPP_LOG_LEVEL": "ERROR"}  # else every phase in which all weights have gradients is a warning
    environment = (
        quiet | os.environ | {name: str(value) for name, value in place.items()} | loopback | {"PYTHONPATH": path}
    )
    return subprocess.Popen(
        [sys.executable, "-m", "gliomanet.training.distributed.launcher", str(folder), str(number)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=None if number == 0 else subprocess.DEVNULL,
    )


def _tell(process: subprocess.Popen[bytes], told: bytes) -> None:
    """Send a process its work; one that is gone already is noticed by whoever waits for it."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write(len(told).to_bytes(8, "big") + told)
        process.stdin.flush()


def _first_error(folder: Path, ended: Sequence[int | None], name: str) -> Exception:
    """The error that made the processes end: one that is killed, or raises, makes the others raise that it is gone."""
    for number, status in enumerate(ended):
        if status is not None and status < 0:
            killed = f"was killed by signal {-status} ({signal.strsignal(-status)})"
            return RuntimeError(
                f"{name}: the process of device {number + 1} of {len(ended)} {killed}, maybe for want of memory; "
                "started again, the job goes on from its newest checkpoint"
            )
    errors = [(*pickle.loads(path.read_bytes()), path.name) for path in folder.glob("error*")]
    if not errors:
        return RuntimeError(f"{name}: processes ended with status {list(ended)} and told no error; see above")
    _, error, trace, _ = min(errors, key=lambda told: told[0])
    assert isinstance(error, Exception)
    error.add_note(trace)
    return error


def main(folder: Path, number: int) -> int:
    """Do the work of a started process; returns its status."""
    told = sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(8), "big"))
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        work, devices = pickle.loads(told)
        with _joined(folder, devices, number):
            work()
    except Exception as error:
        raised = error
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # whatever an exception of a library raises when it is made anew
            raised = RuntimeError(f"{type(error).__name__}: {error}")
        partial = folder / f".{number}"
        partial.write_bytes(pickle.dumps((time.monotonic(), raised, traceback.format_exc())))
        partial.rename(folder / f"error{number}")
        return 1
    return 0


@contextmanager
def _joined(folder: Path, devices: Sequence[Device], number: int) -> Iterator[None]:
    """The group of the processes, through which gradients go."""
    device = devices[number]
    if device.type == "cuda":
        torch.cuda.set_device(device.index)
    backend, met = "nccl" if device.type == "cuda" else "gloo", f"file://{folder}/met"
    distributed.init_process_group(backend, met, rank=number, world_size=len(devices), timeout=TIMEOUT)
    yield
    distributed.destroy_process_group()


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    status = main(Path(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # threads of an abandoned group would wait for the processes that are gone
