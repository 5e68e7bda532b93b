"""A reading session: whose it is, and the order in which that reader sees the cases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from secrets import token_hex

from pydantic import BaseModel, ConfigDict, Field

from gliomanet.errors import Problem, ProblemError

MOST_CASES = 500
MOST_SEED = 2**31 - 1
_READER = re.compile(r"[\w][\w .-]{0,39}")
_CASE = re.compile(r"[0-9a-f]{32}")


class Session(BaseModel):
    """One reader's session; nothing in it changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[0-9a-f]{32}$", description="Random.")
    reader: str = Field(description="Pseudonym.")
    seed: int = Field(description="Of the order.")
    second_look: bool = Field(description="Show the computer's answer after the first scores, and ask again.")
    order: tuple[str, ...] = Field(description="Ids of the cases; the reader sees their places, from 1, alone.")
    made_at: str = Field(description="UTC.")

    @property
    def looks(self) -> tuple[str, ...]:
        return ("first", "second") if self.second_look else ("first",)


def new_session(cases: Sequence[str], reader: str, seed: int, *, second_look: bool) -> Session:
    """Make a session; equal cases and an equal seed give an equal order, however the cases were listed.

    Raises:
        ProblemError: no case or too many, one that is no id or is there twice, a pseudonym or seed that is not allowed.
    """
    reader = reader.strip()
    if not _READER.fullmatch(reader):
        found = f"the reader's pseudonym has {len(reader)} characters, or others than letters, digits, space, . _ -"
        raise ProblemError(Problem(found, "take 1 to 40 of these, and no true name", rule="reader_not_allowed"))
    if not 0 <= seed <= MOST_SEED:
        found = f"seed {seed} is not allowed"
        raise ProblemError(Problem(found, f"take a whole number from 0 to {MOST_SEED}", rule="seed_not_allowed"))
    if not 1 <= len(cases) <= MOST_CASES:
        found = f"{len(cases)} cases were chosen"
        raise ProblemError(Problem(found, f"choose 1 to {MOST_CASES}", rule="number_of_cases"))
    if len(set(cases)) < len(cases) or not all(_CASE.fullmatch(one) for one in cases):
        raise ProblemError(Problem("a case is chosen twice, or is no id", "choose each once", rule="cases_not_allowed"))
    order = sorted(cases)
    Random(seed).shuffle(order)
    return Session(
        id=token_hex(16),
        reader=reader,
        seed=seed,
        second_look=second_look,
        order=tuple(order),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
