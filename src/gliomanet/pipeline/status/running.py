"""Snakemake processes of this machine that work in a folder."""

from __future__ import annotations

from pathlib import Path


def running_in(folder: Path, processes: Path = Path("/proc")) -> list[int]:
    """Ids of the processes that write a run's log below a folder: a run holds its own open from start to end.

    Runs of other machines, and of other people here, are not seen.

    Args:
        folder: where `snakemake` was started.
        processes: of the machine, as Linux lists them; nothing is found on systems that do not.
    """
    logs = folder.resolve() / ".snakemake" / "log"
    found = []
    for process in processes.glob("[0-9]*"):
        try:
            open_files = [file.readlink() for file in (process / "fd").iterdir()]
        except OSError:  # another person's, or gone by now
            continue
        if any(file.is_relative_to(logs) for file in open_files):
            found.append(int(process.name))
    return sorted(found)
