"""Processes of this machine that work in a folder: runs of Snakemake, and scripts of its jobs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def running_in(folder: Path, processes: Path = Path("/proc")) -> list[int]:
    """Ids of the processes that write a run's log below a folder: a run holds its own open from start to end.

    Runs of other machines, and of other people here, are not seen.

    Args:
        folder: where `snakemake` was started.
        processes: of the machine, as Linux lists them; nothing is found on systems that do not.
    """
    logs = folder.resolve() / ".snakemake" / "log"
    ids = [int(process.name) for process in processes.glob("[0-9]*")]
    return sorted(pid for pid in ids if any(file.is_relative_to(logs) for file in _open_files(processes / str(pid))))


def jobs_in(folder: Path, processes: Path = Path("/proc")) -> dict[int, str]:
    """Process → rule of the jobs' scripts that go on in a folder, whoever started them.

    Args:
        folder: where `snakemake` was started.
        processes: of the machine, as Linux lists them; nothing is found on systems that do not.
    """
    scripts = re.escape(f"{folder.resolve() / '.snakemake' / 'scripts'}/".encode())
    found = {}
    for process in processes.glob("[0-9]*"):
        with suppress(OSError):  # gone by now
            # Snakemake writes a job's script to `tmp<random>.<rule's script>.py`.
            if told := re.search(rb"\0" + scripts + rb"tmp[^./]*\.(\w+)\.py\0", (process / "cmdline").read_bytes()):
                found[int(process.name)] = told[1].decode()
    return dict(sorted(found.items()))


def _open_files(process: Path) -> Iterator[Path]:
    """Files that a process holds open; none of another person's, or of one that is gone by now."""
    with suppress(OSError):
        for file in (process / "fd").iterdir():
            with suppress(OSError):  # closed by now
                yield file.readlink()
