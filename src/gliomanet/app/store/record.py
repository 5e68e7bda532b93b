"""The record of a case beside its images and result: `case.json` in its folder."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gliomanet.app.lines import Said
from gliomanet.errors import Problem

State = Literal["queued", "running", "done", "failed", "cancelled"]

MOST_LINES = 200
"""Lines of progress that are kept of a case."""


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Told(BaseModel):
    """A problem as it is sent: what is wrong by code, and as a sentence with what to do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    found: str
    action: str = ""

    @classmethod
    def of(cls, problem: Problem) -> Told:
        """A problem without the places that only this machine's keeper should see."""
        said = f"{problem.image} {problem.found}" if problem.image else problem.found
        return cls(rule=problem.rule or "problem", found=said, action=problem.action)


class Asked(BaseModel):
    """A case as somebody asked for it.

    Attributes:
        label: what people on this machine call it; it is put into no result, log or file name.
        source: `upload`, or `study`.
        center: the study's centre; empty for uploads.
        case_id: id within the study; empty for uploads.
        age: in years; `None`: not known.
        sex: `F`, `M`; empty: not known.
        fast: one fold, without explanations.
        accept_names: go on where an image looks like another modality than it was given as.
        mask_codes: convention of the mask's codes; empty: BraTS 2017 to 2021.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = Field("", max_length=80)
    source: Literal["upload", "study"] = "upload"
    center: str = ""
    case_id: str = ""
    age: float | None = Field(None, ge=0, le=120, allow_inf_nan=False)
    sex: Literal["F", "M", ""] = ""
    fast: bool = False
    accept_names: bool = False
    mask_codes: str = Field("", max_length=40)


class CaseRecord(BaseModel):
    """A case and where it stands.

    Attributes:
        id: 32 hex digits, random.
        asked: the case as it was asked for.
        state: where it stands.
        turn: place in the order in which cases are computed; a case that is retried gets a new one.
        created_at: UTC.
        changed_at: UTC, of the last change of its state.
        attempts: times that it was begun since it was queued by a person.
        lines: progress, the last lines of it.
        problem: why it failed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    asked: Asked
    state: State = "queued"
    turn: int = 0
    created_at: str = Field(default_factory=now)
    changed_at: str = Field(default_factory=now)
    attempts: int = 0
    lines: tuple[Said, ...] = ()
    problem: Told | None = None

    def into(self, state: State, **values: Any) -> CaseRecord:
        """The same case in another state."""
        return self.model_copy(update={"state": state, "changed_at": now(), **values})
