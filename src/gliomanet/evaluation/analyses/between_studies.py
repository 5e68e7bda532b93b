"""Paired differences between two studies' metrics, on the cases that both scored alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gliomanet.evaluation.analyses.performance import Chosen, chosen_thresholds
from gliomanet.evaluation.estimates import Sample
from gliomanet.evaluation.metrics.classification import Floats, Integers
from gliomanet.evaluation.metrics.registry import ClassificationMetric, metrics_of
from gliomanet.evaluation.paired_estimates import paired_difference
from gliomanet.evaluation.predictions import Scored
from gliomanet.evaluation.resampling import Resampling, block_of, names_of
from gliomanet.evaluation.rows import Row
from gliomanet.evaluation.subgroups import subsets


@dataclass(frozen=True)
class Side:
    """One study's predictions, scored against its labels."""

    study: Resampling
    scored: list[Scored]

    @cached_property
    def thresholds(self) -> Chosen:
        return chosen_thresholds(self.study, self.scored)

    def threshold(self, member: Scored) -> float | None:
        return self.thresholds.get((member.model, member.stage, member.scenario, member.task))


def paired_differences(a: Side, b: Side) -> Iterator[Row]:
    """Second minus first of every metric of the models, stages, scenarios, roles and tasks that both studies have.

    Where both sides are the same cases with the same labels, the difference has a paired interval, see
    `evaluation.paired_estimates`. `a` and `b` share the seed, the draws and the confidence.

    Yields:
        A row per metric, as the table of metrics names it, with `difference`, `ci_low`, `ci_high` and `pairing`:
        `paired`; `same predictions`, whose difference is 0; or `not paired: …` with the reason, and no difference.
    """
    others = {(*block_of(member), member.model, member.stage): member for member in b.scored}
    for member in a.scored:
        other = others.get((*block_of(member), member.model, member.stage))
        if other is None or a.study.tasks[member.task] != b.study.tasks[member.task]:
            continue
        names = {name for each, one in ((a, member), (b, other)) for name, _ in each.study.centers([one])}
        for center in sorted(names):
            for subset in subsets(a.study.tasks[member.task].label, a.study.cases):
                yield from _group(a, b, member, other, center, subset)


def _group(a: Side, b: Side, member: Scored, other: Scored, center: str, subset: str) -> Iterator[Row]:
    names = names_of(member) | {"center": center, "subset": subset}
    classes = a.study.tasks[member.task].class_names
    first, second = (_Group.of(side, one, center, subset) for side, one in ((a, member), (b, other)))
    reason = first.differs_from(second)
    if reason or not first.truth.size:
        for metric in metrics_of(classes):
            yield names | {"metric": metric.name, "pairing": f"not paired: {reason or 'no case of known label'}"}
        return
    thresholds = a.threshold(member), b.threshold(other)
    before = a.study.sample(member, first.at, center, subset)
    after = replace(before, probability=second.probability)
    unchanged = np.array_equal(first.probability, second.probability)
    for metric in metrics_of(classes):
        row = names | {"metric": metric.name}
        if unchanged and (thresholds[0] == thresholds[1] or metric.name != "mcc_at_threshold"):
            yield row | {"difference": 0.0, "ci_low": 0.0, "ci_high": 0.0, "pairing": "same predictions"}
            continue
        cells: Row = {"difference": np.nan, "ci_low": np.nan, "ci_high": np.nan, "pairing": "paired"}
        if not metric.at_threshold:
            yield row | cells | _cells(metric, before, after)
        elif thresholds[0] is not None and thresholds[1] is not None:
            yield (
                row
                | cells
                | _cells(metric, replace(before, threshold=thresholds[0]), replace(after, threshold=thresholds[1]))
            )
        else:
            yield row | cells


@dataclass(frozen=True)
class _Group:
    """The cases of one figure: their positions, names, patients, classes; probability (cases, classes)."""

    at: Integers
    names: NDArray[np.str_]
    patients: NDArray[np.str_]
    truth: Integers
    probability: Floats

    @classmethod
    def of(cls, side: Side, member: Scored, center: str, subset: str) -> _Group:
        cases = side.study.cases
        inside = dict(side.study.centers([member])).get(center, np.zeros(cases.center.size, dtype=bool))
        mask = inside & subsets(side.study.tasks[member.task].label, cases)[subset]
        at = side.study.known(member, mask)
        rows = member.rows[at]
        names = np.char.add(np.char.add(cases.center[rows], "/"), cases.case_id[rows])
        return cls(at, names, cases.patient[rows], cases.truth[member.task][rows], member.probability[at])

    def differs_from(self, other: _Group) -> str:
        """The reason why the two are not the same patients with the same labels; "" where they are."""
        if self.names.size != other.names.size:
            return f"n differ ({self.names.size}, {other.names.size})"
        if not np.array_equal(self.names, other.names):
            return f"{np.setdiff1d(self.names, other.names).size} of {self.names.size} cases are others"
        if changed := int((self.truth != other.truth).sum()):
            return f"labels of {changed} of {self.names.size} cases differ"
        return "" if np.array_equal(self.patients, other.patients) else "cases belong to other patients"


def _cells(metric: ClassificationMetric, before: Sample, after: Sample) -> Row:
    found = paired_difference(metric, after, before)
    return {"difference": found.value, "ci_low": found.low, "ci_high": found.high}
