"""A program that imports Snakemake, run in a process forked from one that has imported it already.

Importing it takes about a second, and the tests start it many hundred times. Nothing of gliomanet is imported before:
each run takes that of the project's copy it runs in.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["snakemake.cli", "snakemake_executor_plugin_slurm", "pandas", "pydantic", "yaml"])


def run_program(program: Path, arguments: list[str], folder: Path) -> tuple[int, str]:
    """Run a script in `folder` with these arguments and this process's environment; returns its status and its text."""
    with tempfile.NamedTemporaryFile() as said:
        process = FORKS.Process(target=_run, args=(program, arguments, folder, dict(os.environ), said.name))
        process.start()
        process.join()
        assert process.exitcode is not None
        return process.exitcode, Path(said.name).read_text(encoding="utf-8")


def _run(program: Path, arguments: list[str], folder: Path, environment: Mapping[str, str], said: str) -> None:
    """What the forked process does."""
    output = os.open(said, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", buffering=1) for stream in (1, 2))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [str(program), *arguments]
    sys.path = [str(program.parent), *(place for place in sys.path if not (Path(place) / "gliomanet").exists())]
    runpy.run_path(str(program), run_name="__main__")
