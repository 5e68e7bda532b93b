"""Labels that a study has beside IDH, 1p/19q and grade, and its tasks held against all of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from gliomanet.config.types import Identifier, Section
from gliomanet.labels.spellings import MISSING_SPELLINGS, plain
from gliomanet.labels.tasks import Task
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary


def _readable(values: list[str]) -> list[str]:
    """Values that a cell can be read as: cells are compared by their plain spelling, and some mean *not known*."""
    seen: dict[str, str] = {}
    for value in values:
        if value != " ".join(value.split()):
            raise ValueError(f"{value!r} holds spaces at its ends, or several in a row; remove them")
        spelling = plain(value)
        if spelling in MISSING_SPELLINGS:
            raise ValueError(f"{value!r} means unknown in every table, and cannot be a value; leave it out")
        if spelling in seen:
            raise ValueError(
                f"{seen[spelling]!r} and {value!r} are read alike; each value must differ by more than case"
            )
        seen[spelling] = value
    return values


LabelValues = Annotated[list[str], Field(min_length=2), AfterValidator(_readable)]
"""The values of a further label, in the order of the class axis."""


class Labels(Section):
    """The further labels of a study, where there is no study yet: for the import of a case table."""

    labels: dict[Identifier, LabelValues] = Field(default_factory=dict, description="Name → values in class order.")


_BUILT_IN = {
    label: f"the label is built in, with the values {', '.join(values)}" for label, values in VOCABULARY.items()
}
_OF_CASE_TABLES = (
    *("case_id", "patient_id", "center", "role", "t1", "t1c", "t2", "flair", "tumour_mask", "brain_mask", "age", "sex"),
    *("grade_edition", "diagnosis", "scan", "other_ids"),
)
_OF_OTHER_TABLES = (
    *("scenario", "fold", "part", "folder", "region", "status", "modalities", "decision", "model", "task", "class"),
    *("id", "subtype", "operation", "brats21", "date", "days", "stage", "joint", "segmentation"),
    *("label", "probability", "std", "round", "accepted", "reason"),  # of the pseudo-labels
    "hidden",
)
RESERVED_LABELS = {
    **_BUILT_IN,
    **dict.fromkeys(_OF_CASE_TABLES, "it is another column of every case table"),
    **dict.fromkeys(_OF_OTHER_TABLES, "tables that are joined with the cases have a column of this name"),
}
"""Names that a further label cannot have, in lower case → why."""
_ENDINGS = ("_raw", "_source")


def label_problems(names: Iterable[str]) -> list[str]:
    """Names of further labels that other columns have; each as "key: what is wrong; what to do"."""
    problems = []
    for name in names:
        if why := RESERVED_LABELS.get(name.lower()):
            problems.append(f"labels.{name}: this name is reserved, because {why}; choose another")
        elif name.lower().endswith(_ENDINGS):
            beside = " and ".join(f"<label>{ending}" for ending in _ENDINGS)
            problems.append(
                f"labels.{name}: case tables hold {beside} of each label; choose a name with another ending"
            )
    return problems


def task_problems(tasks: Mapping[str, Task], vocabulary: Vocabulary) -> list[str]:
    """Tasks on a label that the study does not have, and classes of values that its label does not have."""
    problems = []
    for name, task in tasks.items():
        if task.label in vocabulary:
            problems += [f"tasks.{name}.classes: {text}" for text in task.foreign_values(vocabulary[task.label])]
            continue
        close = difflib.get_close_matches(task.label.lower(), vocabulary, n=1, cutoff=0.6)
        hint = f"did you mean {close[0]!r}?" if close else f"allowed: {', '.join(vocabulary)};"
        problems.append(
            f"tasks.{name}.label: {task.label!r} is not a label column; {hint} a further label is named, with its "
            "values, in the section labels"
        )
    return problems
