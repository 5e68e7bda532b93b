"""Tasks: a label column each, with its values grouped into classes.

A *label* is a column of the case table with a fixed vocabulary: one of the three of the WHO's diagnoses, or a further
one that a study names with its values. A *task* groups a label's values into the classes that a model tells apart, so
that grade can be one task of three classes or of two without another label.

Source of the rules: Louis et al., Neuro-Oncology 23:1231 (2021), 10.1093/neuonc/noab106.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gliomanet.errors import Problem, ProblemError
from gliomanet.labels.vocabulary import MISSING, VOCABULARY


class Task(BaseModel):
    """One question put to a model: a label column, and the classes its values are grouped into.

    The last class is the *positive* one of a two-class task (mutant, codeleted, grade 4). Values of a further label
    are held against those that the study gives it (`gliomanet.config.labels`): a task alone does not know them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = Field(min_length=1, description="Label column of the case tables: a built-in one, or one of `labels`.")
    classes: dict[str, list[str]] = Field(description="Class → the label's values in it; the last class is positive.")

    @model_validator(mode="after")
    def _classes_partition_values(self) -> Task:
        known = VOCABULARY.get(self.label)
        if known and (problems := self.foreign_values(known)):
            raise ProblemError(problems[0])
        seen: list[str] = []
        for name, values in self.classes.items():
            if not values:
                action = f"allowed: {', '.join(known)}" if known else "name one, or remove the class"
                found = f"class {name!r} holds no value of {self.label}"
                raise ProblemError(Problem(found, action, key="classes", rule="class_without_value"))
            for value in values:
                if value in seen:
                    found = f"{self.label} value {value!r} is in two classes"
                    raise ProblemError(Problem(found, "keep it in one", key="classes", rule="value_in_two_classes"))
                seen.append(value)
        if len(self.classes) < 2:
            found = f"found {len(self.classes)} class{'es' * (not self.classes)}"
            raise ProblemError(Problem(found, "needed: at least two", key="classes", rule="too_few_classes"))
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(self.classes)

    def foreign_values(self, known: Sequence[str]) -> list[Problem]:
        """The problems of classes that hold other values than the label's, `known`."""
        return [
            Problem(
                f"class {name!r} holds {value!r}, which is no value of {self.label}",
                f"allowed: {', '.join(known)}",
                key="classes",
                rule="unknown_value",
            )
            for name, values in self.classes.items()
            for value in values
            if value not in known
        ]

    def encode(self, value: str | None) -> int:
        """Class index of a harmonised label value; `MISSING` for an empty one or one outside every class.

        Examples:
            >>> [DEFAULT_TASKS["grade"].encode(value) for value in ("2", "3", "4", "")]
            [0, 0, 1, -1]
        """
        for index, values in enumerate(self.classes.values()):
            if value in values:
                return index
        return MISSING


DEFAULT_TASKS: dict[str, Task] = {
    "idh": Task(label="idh", classes={"wildtype": ["wildtype"], "mutant": ["mutant"]}),
    "codel_1p19q": Task(label="codel_1p19q", classes={"intact": ["intact"], "codeleted": ["codeleted"]}),
    "grade": Task(label="grade", classes={"2-3": ["2", "3"], "4": ["4"]}),
}
