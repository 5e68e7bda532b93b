"""Columns and schemas of tables, and the columns that many tables share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "yes/no", "integer", "number"]

PLACEHOLDER = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Column:
    """A column of a table, or a family of columns whose names share a placeholder, such as `effect_<center>`.

    Attributes:
        name: its name; of a family the pattern, with one placeholder in angle brackets.
        kind: text stays text even where every cell looks like a number ("007", grade "4").
        meaning: one plain sentence with the unit, without a full stop; tells when a cell is empty.
        allowed: every value that a cell can have, the empty one aside; empty where there is no such list.
    """

    name: str
    kind: Kind
    meaning: str
    allowed: tuple[str, ...] = ()

    @property
    def placeholder(self) -> str:
        """The word in angle brackets of a family, "" of a single column."""
        found = PLACEHOLDER.search(self.name)
        return found[1] if found else ""

    def filled(self, value: str) -> str:
        """The name of a family's column for one value of the placeholder."""
        return PLACEHOLDER.sub(lambda _: value, self.name)

    def value_in(self, name: str) -> str | None:
        """The placeholder's value in a column's name; None where the name is not of this family."""
        before, after = self.name.split(f"<{self.placeholder}>")
        found = re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}", name)
        return found[1] if found else None


@dataclass(frozen=True)
class Schema:
    """A table of the results: where it lies, what a row is, and its columns in their order.

    Attributes:
        title: a short name of the table.
        paths: its files below the results folder, with placeholders such as `<center>`.
        row: what a row stands for: "one per …".
        columns: its columns, in the order they are written.
        key: the columns that name a row: no two rows agree in all of them.
    """

    title: str
    paths: tuple[str, ...]
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def names(self, **values: Sequence[str]) -> list[str]:
        """The columns' names in their order.

        Args:
            values: placeholder → its values, each of which is a column of every family with this placeholder
                (`label=("mgmt",)`); a family without values has no columns.
        """
        found: list[str] = []
        for column in self.columns:
            families = values.get(column.placeholder, ()) if column.placeholder else None
            found += [column.name] if families is None else [column.filled(value) for value in families]
        return found

    def expected(self, columns: Iterable[str]) -> list[str]:
        """The names that a table has to have, whose families have the values that are found in `columns`."""
        fixed = {column.name for column in self.columns}
        free = [name for name in columns if name not in fixed]
        families = [column for column in self.columns if column.placeholder]
        # `<label>` alone takes any name, `<label>_source` tells which names are labels.
        longest = {column.placeholder: column for column in sorted(families, key=lambda column: len(column.name))}
        values = {
            placeholder: [value for name in free if (value := column.value_in(name)) is not None]
            for placeholder, column in longest.items()
        }
        return self.names(**values)

    def check(self, table: pd.DataFrame) -> None:
        """See that a table has this schema's columns in their order.

        Raises:
            ValueError: a column is missing, unknown or in another place.
        """
        found = [str(name) for name in table.columns]
        wanted = self.expected(found)
        if found == wanted:
            return
        missing = [name for name in wanted if name not in found]
        unknown = [name for name in found if name not in wanted]
        said = [
            f"lacks the columns {', '.join(missing)}" if missing else "",
            f"has the unknown columns {', '.join(unknown)}" if unknown else "",
            "has its columns twice or in another order" if not missing and not unknown else "",
        ]
        raise ValueError(
            f"{self.title} ({self.paths[0]}): the table {' and '.join(filter(None, said))}; found: "
            f"{', '.join(found)}; its schema in gliomanet.tables: {', '.join(column.name for column in self.columns)}"
        )


def text(name: str, meaning: str, allowed: Sequence[str] = ()) -> Column:
    return Column(name, "text", meaning, tuple(allowed))


def yes_no(name: str, meaning: str) -> Column:
    return Column(name, "yes/no", meaning, ("yes", "no"))


def integer(name: str, meaning: str) -> Column:
    return Column(name, "integer", meaning)


def number(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning)


MODEL = text("model", "Name of the model in the study")
STAGE = text("stage", "Training stage of the model, such as `supervised` or `pseudo_label`")
HELD_OUT = "without-"
"""Begins the name of each scenario of `leave_one_center_out`; the centre that it holds out follows."""

SCENARIO = text("scenario", "Scenario of `split.scenarios`: the centres that the model was trained on")
FOLD = text("fold", "Cross-validation fold that the model was trained in; `all` is the refit on all training cases")
CENTER = text("center", "Centre of the case")
CASE_ID = text("case_id", "Case, unique within its centre")
TASK = text("task", "Task of the study, such as `idh`")
CLASS = text("class", "Class of the task")
REGION = text("region", "Region of the tumour mask that the row is of")
ROLE = text("role", "Role of the cases for this model", ("validation", "external"))
GROUP_CENTER = text("center", "Centre of the cases, or `pooled` for the cases of all centres together")
GROUP_SCENARIO = text(
    "scenario",
    "Scenario of `split.scenarios`; `leave-one-center-out` for the centres that the scenarios `without-<center>` hold "
    "out, taken together",
)
MODALITIES_OF_SUBSET = text("subset", "Modalities that the model was given, joined by `+`")
CI_LOW = number("ci_low", "Lower end of the interval (`evaluation.confidence`)")
CI_HIGH = number("ci_high", "Upper end of that interval")
N = integer("n", "Cases that the value is of")
N_POSITIVE = integer("n_positive", "Those of the positive (last) class; empty in tasks of more than two classes")
NOTE = text("note", "Remark, such as the reason why a value is empty")
