"""A case as a worker process is given it, and what that sends back: JSON both ways, since it reads foreign files."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from gliomanet.app.lines import Said
from gliomanet.app.store.record import Asked, Told

LONGEST_MESSAGE = 64 * 1024
"""Bytes of one message of a worker process; one that sends more is taken for broken."""


class Job(BaseModel):
    """A case to compute.

    Attributes:
        folder: of the case in the store.
        bundle: folder of the bundle.
        study: results folder of the study whose case it is; `None`: uploads only.
        asked: the case as it was asked for.
        threads: CPU threads.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    bundle: Path
    study: Path | None
    asked: Asked
    threads: int

    @property
    def input(self) -> Path:
        return self.folder / "input"

    @property
    def result(self) -> Path:
        return self.folder / "result"


class Message(BaseModel):
    """Word from a worker process.

    Attributes:
        kind: `line`: of progress; `done`; `failed`: with the problem.
        line: of progress.
        problem: why the case failed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["line", "done", "failed"]
    line: Said = ""
    problem: Told | None = None
