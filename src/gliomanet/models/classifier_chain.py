"""A probabilistic classifier chain along the WHO classification: IDH first, and what follows from it.

    P(codeleted) = P(mutant) · P(codeleted | mutant)
    P(grade)     = P(mutant) · P(grade | mutant) + P(wildtype) · P(grade | wildtype)

No diagnosis of WHO CNS5 is IDH-wildtype and 1p/19q-codeleted, so that 1p/19q is a question about mutants alone. Tasks
on other labels are answered by themselves. Joint decoding works on these answers as on those of any model
(`gliomanet.labels.joint_decoding`).

Sources: Dembczyński et al., ICML 2010, p. 279 (probabilistic classifier chains); Louis et al., Neuro-Oncology 23:1231
(2021), 10.1093/neuonc/noab106.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.combat import Combat
from gliomanet.models.tabular import SklearnModels, TabularModel
from gliomanet.models.tabular_inputs import CONDITION

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task

IDH, CODELETION, GRADE = "idh", "codel_1p19q", "grade"


@dataclass(frozen=True)
class Chain:
    """The links of a chain, as tasks.

    Attributes:
        first: the task on IDH.
        mutant: its class of mutants.
        among_mutants: tasks on 1p/19q → the class that is certain in wildtypes.
        given_idh: tasks on the grade.
    """

    first: str
    mutant: int
    among_mutants: Mapping[str, int]
    given_idh: tuple[str, ...]

    @classmethod
    def of(cls, tasks: Mapping[str, Task]) -> Chain | None:
        """The chain of some tasks; `None` where none is on IDH."""
        first = next((name for name, task in tasks.items() if task.label == IDH), None)
        if first is None:
            return None
        among = {name: task.encode("intact") for name, task in tasks.items() if task.label == CODELETION}
        given = tuple(name for name, task in tasks.items() if task.label == GRADE)
        return cls(first, tasks[first].encode("mutant"), among, given)

    @property
    def order(self) -> tuple[str, ...]:
        """The links, each after those that it needs."""
        return (self.first, *self.among_mutants, *self.given_idh)

    def rows(self, task: str, rows: pd.DataFrame, idh: NDArray[np.int64]) -> pd.DataFrame:
        """The inputs of a task's classifier in training: IDH among them where its answers are mixed over it.

        Args:
            task: any.
            rows: (cases, inputs).
            idh: (cases,) class indices of the first task.
        """
        return rows.assign(**{CONDITION: (idh == self.mutant).astype(float)}) if task in self.given_idh else rows

    def target(self, task: str, target: NDArray[np.int64], idh: NDArray[np.int64]) -> NDArray[np.int64]:
        """A task's classes in training, `MISSING` for cases that its classifier does not learn from."""
        if task in self.among_mutants:
            return np.where(idh == self.mutant, target, MISSING)
        return np.where(idh != MISSING, target, MISSING) if task in self.given_idh else target


@dataclass(frozen=True)
class ChainedModels(TabularModel):
    """One scikit-learn classifier a task, each link given the one before.

    Attributes:
        links: the classifiers; those of `chain.given_idh` take IDH as a further input.
        chain: how they hang together.
    """

    links: SklearnModels
    chain: Chain

    @property
    def classes(self) -> Mapping[str, tuple[str, ...]]:  # type: ignore[override]
        return self.links.classes

    @property
    def harmonization(self) -> Combat | None:  # type: ignore[override]
        return self.links.harmonization

    @property
    def columns(self) -> tuple[str, ...]:
        """The inputs that any link takes of a case."""
        return tuple(column for column in self.links.columns if column != CONDITION)

    def predict(self, table: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        """Task → (cases, classes) probabilities, mixed over IDH."""
        mutant = self.links.answer(self.chain.first, table)[:, [self.chain.mutant]]
        answers = {}
        for task in self.links.models:
            if task in self.chain.given_idh:
                given = [self.links.answer(task, table.assign(**{CONDITION: value})) for value in (1.0, 0.0)]
                answers[task] = mutant * given[0] + (1 - mutant) * given[1]
            elif task in self.chain.among_mutants:
                wildtype = np.eye(len(self.classes[task]))[self.chain.among_mutants[task]]
                answers[task] = mutant * self.links.answer(task, table) + (1 - mutant) * wildtype
            else:
                answers[task] = self.links.answer(task, table)
        return answers
