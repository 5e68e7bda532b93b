"""The cases of a centre that a model predicted with subsets of contrasts, and the resamples that the subsets share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomanet.evaluation.intervals import Floats, Integers
from gliomanet.evaluation.scored import Scored
from gliomanet.evaluation.tables import Row


@dataclass(frozen=True)
class SubsetCases:
    """Cases of known label.

    Attributes:
        center: a centre, or `pooled`.
        rows: index into the case table (cases,), ascending.
        truth: class index (cases,).
        weights: (cases, 1 + resamples), the cases as they are first.
        classes: the task's class names.
    """

    center: str
    rows: Integers
    truth: Integers
    weights: Floats
    classes: tuple[str, ...]

    def of(self, member: Scored, rows: Integers | None = None) -> tuple[Integers, Floats, Floats]:
        """Truth (n,), probabilities (n, classes) and weights (n, 1 + resamples) of the cases that a subset has.

        `rows`: some of them only, which it must have.
        """
        wanted = np.intersect1d(self.rows, member.rows) if rows is None else rows
        here = np.searchsorted(self.rows, wanted)
        return self.truth[here], member.probability[np.searchsorted(member.rows, wanted)], self.weights[here]

    def counts(self, truth: Integers) -> Row:
        """The cells n and n_positive; positives are of a two-class task's second class."""
        return {"n": truth.size, "n_positive": int((truth == 1).sum()) if len(self.classes) == 2 else ""}
