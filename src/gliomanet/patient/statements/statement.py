"""A statement of a result: its code and values, which are never taken out of a sentence again, and its English."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from gliomanet.patient.statements.sentences import sentences


class Statement(BaseModel):
    """One thing that a result says.

    Equal codes mean the same in every result; `text` is `code` with its values in English.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(description="Of the sentence, such as `trust.left_right`.")
    values: dict[str, Value] = Field(description="What the sentence is about: numbers, names, other statements.")
    text: str = Field(description="The sentence in English.")


Value = str | int | float | tuple[str, ...] | Statement
"""Value of a statement."""

Statement.model_rebuild()


def state(code: str, **values: Value) -> Statement:
    """Make a statement.

    Raises:
        KeyError: no sentence has this code, or it needs a value that is missing.
    """
    return Statement(code=code, values=values, text=sentences("en").text(code, values))


def technical(text: str) -> Statement:
    """A statement whose words come from below, such as a step of preprocessing: they stay English in any language."""
    return state("technical", text=text)
