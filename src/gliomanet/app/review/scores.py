"""A reader's scores of one case at one look, as they come from a form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from gliomanet import __version__
from gliomanet.tables.review import CANNOT_TELL, CODEL, GRADES, IDH, TYPES

QUESTIONS = {"tumour_type": TYPES, "grade": GRADES, "idh": IDH, "codel_1p19q": CODEL}
"""Question → its choices."""

RATINGS = {"first": ("image_quality",), "second": ("image_quality", "outline", "usefulness")}
"""Look → what is rated from 1 to 5; the outline and the report are seen at the second alone."""

MAY_BE_EMPTY = ("outline", "usefulness")
"""Ratings of what a result may not have: no outline, or a report that was not read."""

LONGEST_COMMENT = 2000
LONGEST_READING = 7 * 24 * 3600.0
"""Seconds after which the time since a form was opened tells nothing."""

Look = Literal["first", "second"]


class Impression(BaseModel):
    """A reader's answer to one question."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    choice: str
    confidence: int | None = Field(ge=0, le=100, description="Empty: the reader cannot tell.")


class Scores(BaseModel):
    """Everything that a reader says of a case at one look."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    look: Look
    impressions: dict[str, Impression] = Field(description="Question → answer.")
    ratings: dict[str, int] = Field(description="Rating → 1 to 5; one that was left out is not there.")
    comment: str = Field(max_length=LONGEST_COMMENT)
    seconds: float | None = Field(description="Empty: not known.")
    saved_at: str
    result_digest: str
    gliomanet: str = __version__

    @classmethod
    def from_form(cls, form: Mapping[str, str], look: Look, result_digest: str) -> tuple[Self | None, tuple[str, ...]]:
        """The scores, or the names of the fields that are missing or not allowed.

        Args:
            form: field → text, as it was sent.
            look: which look they are of.
            result_digest: of the result that the case has now.
        """
        impressions, wrong = {}, []
        for name, choices in QUESTIONS.items():
            choice = form.get(name, "")
            confidence = _whole(form.get(f"{name}_confidence", ""), 0, 100)
            if choice not in choices:
                wrong.append(name)
            elif choice == CANNOT_TELL:
                impressions[name] = Impression(choice=choice, confidence=None)
            elif confidence is None:
                wrong.append(f"{name}_confidence")
            else:
                impressions[name] = Impression(choice=choice, confidence=confidence)
        ratings = {name: _whole(form.get(name, ""), 1, 5) for name in RATINGS[look]}
        wrong += [
            name
            for name, value in ratings.items()
            if value is None and (name not in MAY_BE_EMPTY or form.get(name, "") != "")
        ]
        comment = form.get("comment", "").replace("\r\n", "\n").strip()
        if len(comment) > LONGEST_COMMENT:
            wrong.append("comment")
        if wrong:
            return None, tuple(wrong)
        now = datetime.now(UTC)
        found = cls(
            look=look,
            impressions=impressions,
            ratings={name: value for name, value in ratings.items() if value is not None},
            comment=comment,
            seconds=_seconds_since(form.get("opened_at", ""), now),
            saved_at=now.isoformat(timespec="seconds"),
            result_digest=result_digest,
        )
        return found, ()


def _whole(text: str, low: int, high: int) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 and low <= int(text) <= high else None


def _seconds_since(opened_at: str, now: datetime) -> float | None:
    try:
        seconds = (now - datetime.fromisoformat(opened_at)).total_seconds()
    except (TypeError, ValueError):  # no time, or one without its zone: then the duration is not known
        return None
    return round(seconds, 1) if 0 <= seconds <= LONGEST_READING else None
