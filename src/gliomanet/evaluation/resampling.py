"""The cases of an evaluation and their resamples, shared by every model that predicts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gliomanet.evaluation.estimates import Sample
from gliomanet.evaluation.predictions import Cases, Scored, final_stage
from gliomanet.evaluation.rows import DRAWN_AS, LEAVE_ONE_CENTER_OUT, POOLED, Row
from gliomanet.evaluation.statistics.bootstrap import (
    Floats,
    Integers,
    is_point,
    named_generator,
    percentile_interval,
    resample_weights,
    too_few_patients,
)
from gliomanet.labels.vocabulary import MISSING
from gliomanet.tables.columns import HELD_OUT
from gliomanet.tables.notes import join_notes

if TYPE_CHECKING:
    from gliomanet.config.analysis import Evaluation
    from gliomanet.labels.tasks import Task


@dataclass(frozen=True)
class Resampling:
    """The cases, the tasks and how they are resampled: the same for every model."""

    cases: Cases
    tasks: Mapping[str, Task]
    settings: Evaluation
    seed: int

    def centers(self, members: list[Scored]) -> Iterator[tuple[str, np.ndarray]]:
        """Every centre that some member predicted, and the pool, as masks over all cases."""
        return self.centers_of(np.unique(np.concatenate([m.rows for m in members])))

    def centers_of(self, rows: Integers) -> Iterator[tuple[str, np.ndarray]]:
        """The same of some cases, by their index."""
        for name in np.unique(self.cases.center[rows]):
            yield str(name), self.cases.center == name
        yield POOLED, np.ones(self.cases.center.size, dtype=bool)

    def single_centers(self, members: list[Scored]) -> Iterator[tuple[str, np.ndarray]]:
        """The same without the pool."""
        return ((name, inside) for name, inside in self.centers(members) if name != POOLED)

    def truth(self, task: str, role: str) -> Integers:
        """The class of every case, as far as metrics of a role know it: hidden labels count on external cases only."""
        truth = self.cases.truth[task]
        return truth if role == "external" else np.where(self.cases.hidden, MISSING, truth)

    def known(self, member: Scored, mask: np.ndarray) -> Integers:
        """Positions within a member of the cases inside a mask whose label is known."""
        return np.flatnonzero(mask[member.rows] & (self.truth(member.task, member.role)[member.rows] != MISSING))

    def known_rows(self, member: Scored, mask: np.ndarray) -> Integers:
        """The same as rows of the case table."""
        return member.rows[self.known(member, mask)]

    def weights(
        self, rows: Integers, stratum: Integers, block: tuple[str, str, str], center: str, subset: str
    ) -> Floats:
        """Resamples of some cases, drawn by the names of what they belong to; a pool of one centre draws as the centre.

        So the pool's value, the centre's and a comparison on the same cases have one interval.
        """
        generator = self.generator(rows, block, center, subset, "bootstrap")
        return resample_weights(self.cases.patient[rows], stratum, self.settings.resamples, generator)

    def generator(
        self, rows: Integers, block: tuple[str, str, str], center: str, subset: str, drawn: str
    ) -> np.random.Generator:
        """Source of the draws of some cases, by the names of what they belong to and of what is drawn."""
        where = np.unique(self.cases.center[rows])
        drawn_as = str(where[0]) if where.size == 1 else center
        return named_generator(self.seed, drawn, *(DRAWN_AS.get(name, name) for name in block), drawn_as, subset)

    def patients(self, rows: Integers) -> Integers:
        """Number of each case's patient, from 0 on."""
        return np.unique(self.cases.patient[rows], return_inverse=True)[1].astype(np.int64)

    def sample(self, member: Scored, at: Integers, center: str, subset: str, threshold: float = 0.5) -> Sample:
        """Some of a member's cases, by their positions within it, as metrics are computed on.

        The draws depend on what the cases belong to, and not on the model: equal counts have equal intervals.
        """
        rows = member.rows[at]
        return Sample(
            self.cases.truth[member.task][rows],
            member.probability[at],
            self.patients(rows),
            self.tasks[member.task].class_names,
            self.settings.resamples,
            self.settings.confidence,
            partial(self.generator, rows, block_of(member), center, subset),
            threshold,
        )


class LatestWeights:
    """Models mostly predict the same cases: the resamples of the latest set are kept for the next model."""

    def __init__(self, study: Resampling) -> None:
        self._study = study
        self._key: tuple[bytes, tuple[str, str, str], str] = (b"", ("", "", ""), "")
        self._weights: Floats = np.empty((0, 0))

    def of(self, rows: Integers, stratum: Integers, block: tuple[str, str, str], center: str, subset: str) -> Floats:
        key = (rows.tobytes(), block, f"{center}/{subset}")
        if key != self._key:
            self._key, self._weights = key, self._study.weights(rows, stratum, block, center, subset)
        return self._weights


def blocks(scored: list[Scored]) -> Iterator[list[Scored]]:
    """Members that share scenario, role and task: one block's models are scored on the same resamples."""
    ordered = sorted(scored, key=block_of)
    for _, members in groupby(ordered, key=block_of):
        yield list(members)


def at_last_stages(scored: list[Scored]) -> list[Scored]:
    """The members of each model's last training stage."""
    stages: dict[str, set[str]] = {}
    for member in scored:
        stages.setdefault(member.model, set()).add(member.stage)
    return [member for member in scored if member.stage == final_stage(stages[member.model])]


def held_out_together(study: Resampling, scored: list[Scored]) -> list[Scored]:
    """The centres X that scenarios `without-X` hold out, as one scenario of each model and stage: two at least."""
    parts: dict[tuple[str, str, str], list[Scored]] = {}
    for member in scored:
        mine = np.char.add(HELD_OUT, study.cases.center[member.rows]) == member.scenario
        if member.role == "external" and mine.any():
            part = replace(member, rows=member.rows[mine], probability=member.probability[mine])
            parts.setdefault((member.model, member.stage, member.task), []).append(part)
    found = []
    for members in parts.values():
        if len(members) > 1:
            rows = np.concatenate([member.rows for member in members])
            order = np.argsort(rows)
            probability = np.concatenate([member.probability for member in members])[order]
            together = replace(members[0], scenario=LEAVE_ONE_CENTER_OUT, rows=rows[order], probability=probability)
            found.append(together)
    return found


def block_of(member: Scored) -> tuple[str, str, str]:
    return member.scenario, member.role, member.task


def names_of(member: Scored) -> Row:
    return {name: getattr(member, name) for name in ("model", "stage", "scenario", "role", "task")}


def interval_cells(values: Floats, settings: Evaluation, notes: list[str], too_few: str = "") -> Row:
    """Value, bounds and note of a metric; `spread` is the resamples' variance.

    Args:
        values: (1 + resamples,), the plain value in front.
        settings: the interval's confidence.
        notes: what else is said of the value.
        too_few: the reason why the patients may not vary, see `too_few_patients`. Where the resamples are all the
            same, there is no interval: one without width would look certain.
    """
    if np.isnan(values[0]):
        return {"value": np.nan, "note": join_notes(notes), "spread": np.nan}
    low, high, lost = percentile_interval(values[1:], settings.confidence)
    if lost:
        notes = [*notes, f"{lost} of {values.size - 1} resamples not estimable and left out"]
    if is_point(low, high):
        low, high, notes = np.nan, np.nan, [*notes, f"no interval: {too_few or 'resamples do not vary'}"]
    known = values[1:][~np.isnan(values[1:])]
    spread = float(known.var(ddof=1)) if known.size > 1 else np.nan
    return {"value": float(values[0]), "ci_low": low, "ci_high": high, "note": join_notes(notes), "spread": spread}


@dataclass(frozen=True)
class SubsetCases:
    """Cases of known label.

    Attributes:
        center: a centre, or `pooled`.
        rows: index into the case table (cases,), ascending.
        truth: class index (cases,).
        weights: (cases, 1 + resamples), the cases as they are first.
        classes: the task's class names.
        patients: patient of each case (cases,).
    """

    center: str
    rows: Integers
    truth: Integers
    weights: Floats
    classes: tuple[str, ...]
    patients: NDArray[np.str_]

    def too_few(self, rows: Integers) -> str:
        """The reason why resamples of some of the cases may not vary, see `too_few_patients`."""
        here = np.searchsorted(self.rows, rows)
        return too_few_patients(self.patients[here], self.truth[here], self.classes)

    def of(self, member: Scored, rows: Integers | None = None) -> tuple[Integers, Floats, Floats]:
        """Truth (n,), probabilities (n, classes) and weights (n, 1 + resamples) of the cases that a subset has.

        `rows`: some of them only, which it must have.
        """
        wanted = self.rows_of(member) if rows is None else rows
        here = np.searchsorted(self.rows, wanted)
        return self.truth[here], member.probability[np.searchsorted(member.rows, wanted)], self.weights[here]

    def rows_of(self, member: Scored) -> Integers:
        """The cases that a subset has, as rows of the case table."""
        return np.intersect1d(self.rows, member.rows)

    def counts(self, truth: Integers) -> Row:
        """The cells n and n_positive; positives are of a two-class task's second class."""
        return {"n": truth.size, "n_positive": int((truth == 1).sum()) if len(self.classes) == 2 else ""}
