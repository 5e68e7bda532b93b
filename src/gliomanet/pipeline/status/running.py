"""Snakemake processes of this machine that work in a folder."""

from __future__ import annotations

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


def _open_files(process: Path) -> Iterator[Path]:
    """Files that a process holds open; none of another person's, or of one that is gone by now."""
    with suppress(OSError):
        for file in (process / "fd").iterdir():
            with suppress(OSError):  # closed by now
                yield file.readlink()
