"""Lines of progress: English, as a command prints it, with the code and values that another language tells it by."""

from __future__ import annotations

from typing import Self

from gliomanet.patient.statements.statement import Statement, Value


class Line(str):
    """A line of progress.

    Attributes:
        said: what it says, by code and values.
    """

    said: Statement

    @classmethod
    def of(cls, said: Statement) -> Self:
        """The line of a statement."""
        line = cls(said.text)
        line.said = said
        return line

    @classmethod
    def at(cls, code: str, text: str, **values: Value) -> Self:
        """The line of a stage, such as `drawing`, in English by `text`, into which the values are put."""
        return cls.of(Statement(code=code, values=values, text=text.format(**values)))
