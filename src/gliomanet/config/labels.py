"""Further labels of a study, beside IDH, 1p/19q and grade, and checks of its tasks against all labels."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from gliomanet.config.types import Identifier, Section
from gliomanet.errors import Problem, ProblemError
from gliomanet.labels.spellings import MISSING_SPELLINGS, plain
from gliomanet.labels.tasks import Task
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary
from gliomanet.tables.cohort import CASES
from gliomanet.tables.schemas import SCHEMAS


def _readable(values: list[str]) -> list[str]:
    """Refuse values that no cell can be read as: cells are compared by plain spelling, and some mean *not known*."""
    seen: dict[str, str] = {}
    for value in values:
        if value != " ".join(value.split()):
            raise ProblemError(
                Problem(f"{value!r} holds spaces at its ends, or several in a row", "remove them", rule="stray_spaces")
            )
        spelling = plain(value)
        if spelling in MISSING_SPELLINGS:
            raise ProblemError(
                Problem(
                    f"{value!r} means unknown in every table, and cannot be a value",
                    "leave it out",
                    rule="value_means_unknown",
                )
            )
        if spelling in seen:
            raise ProblemError(
                Problem(
                    f"{seen[spelling]!r} and {value!r} are read alike",
                    "each value must differ by more than case",
                    rule="values_read_alike",
                )
            )
        seen[spelling] = value
    return values


LabelValues = Annotated[list[str], Field(min_length=2), AfterValidator(_readable)]
"""The values of a further label, in the order of the class axis."""


class Labels(Section):
    """Further labels without a study, for the import of a case table."""

    labels: dict[Identifier, LabelValues] = Field(default_factory=dict, description="Name → values in class order.")


_BUILT_IN = {
    label: f"the label is built in, with the values {', '.join(values)}" for label, values in VOCABULARY.items()
}
_WHILE_AT_WORK = (
    *("id", "subtype", "operation", "brats21", "date", "days"),  # of the collections' own tables
    *("os_months", "os_alive_days", "os_death_days", "os_censored", "os_of_version_1"),
    *("folder", "segmentation", "hidden"),  # of cases on their way through a job
)
RESERVED_LABELS = {
    **dict.fromkeys(_WHILE_AT_WORK, "tables that are joined with the cases have a column of this name"),
    **{column.name.lower(): f"{s.paths[0]} has a column of this name" for s in SCHEMAS for column in s.columns},
    **dict.fromkeys([column.name for column in CASES.columns], "it is another column of every case table"),
    **_BUILT_IN,
}
"""Names that a further label cannot have, in lower case → why."""
_ENDINGS = ("_raw", "_source")


def label_problems(names: Iterable[str]) -> list[Problem]:
    """Check the names of further labels: none may be the name of another column."""
    problems = []
    for name in names:
        if why := RESERVED_LABELS.get(name.lower()):
            found = f"this name is reserved, because {why}"
            problems.append(Problem(found, "choose another", key=f"labels.{name}", rule="reserved_name"))
        elif name.lower().endswith(_ENDINGS):
            beside = " and ".join(f"<label>{ending}" for ending in _ENDINGS)
            found, action = f"case tables hold {beside} of each label", "choose a name with another ending"
            problems.append(Problem(found, action, key=f"labels.{name}", rule="reserved_ending"))
    return problems


def task_problems(tasks: Mapping[str, Task], vocabulary: Vocabulary) -> list[Problem]:
    """Check that each task is on a label of the study, and its classes hold values of that label."""
    problems = []
    for name, task in tasks.items():
        if task.label in vocabulary:
            foreign = task.foreign_values(vocabulary[task.label])
            problems += [problem.at(key=f"tasks.{name}.{problem.key}") for problem in foreign]
            continue
        close = difflib.get_close_matches(task.label.lower(), vocabulary, n=1, cutoff=0.6)
        hint = f"did you mean {close[0]!r}?" if close else f"allowed: {', '.join(vocabulary)};"
        problems.append(
            Problem(
                f"{task.label!r} is not a label column",
                f"{hint} a further label is named, with its values, in the section labels",
                key=f"tasks.{name}.label",
                rule="unknown_label",
            )
        )
    return problems
