"""Two models on the cases of one centre, and on those of several centres by strata."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomanet.evaluation.estimates import Sample
from gliomanet.evaluation.metrics.classification import Floats, matthews
from gliomanet.evaluation.predictions import Scored
from gliomanet.evaluation.resampling import Resampling, block_of
from gliomanet.evaluation.rows import Row
from gliomanet.evaluation.statistics.areas import Area, difference_variance
from gliomanet.evaluation.statistics.counts import drawn_pairs
from gliomanet.evaluation.statistics.paired import Difference, delong, difference_of_draws
from gliomanet.tables.notes import join_notes, not_estimable


@dataclass(frozen=True)
class Part:
    """Two models on the cases of a centre that both predict.

    Attributes:
        center: the centre.
        samples: the cases as the first and as the second model predicts them.
        mcc: MCC of both, (1 + draws,) each: the plain value, and draws of both together.
        areas: mean AUC of both; none where a class is absent.
    """

    center: str
    samples: tuple[Sample, Sample]
    mcc: tuple[Floats, Floats]
    areas: tuple[Area, ...]

    @property
    def absent(self) -> list[str]:
        """Classes that no case has."""
        return self.samples[0].plain.absent_classes()

    @property
    def size(self) -> float:
        """Harmonic size: the reciprocal of the sum of the classes' reciprocal sizes, 0 where one is absent.

        Of two classes it is mn / (m + n), so that a mean over centres with these weights varies least (van Elteren).
        """
        counts = np.bincount(self.samples[0].truth, minlength=len(self.samples[0].classes))
        return float(1 / (1 / counts).sum()) if counts.all() else 0.0

    def counts(self) -> Row:
        """The cells n and n_positive."""
        truth = self.samples[0].truth
        two = len(self.samples[0].classes) == 2
        return {"n": truth.size, "n_positive": int((truth == 1).sum()) if two else ""}


class PartMaker:
    """Makes the parts of one block's pairs; what it computed of a model's cases serves all pairs with that model."""

    def __init__(self, study: Resampling) -> None:
        self._study = study
        self._samples: dict[tuple[str, str, str, bytes], Sample] = {}

    def of(self, a: Scored, b: Scored, center: str, subset: str, mask: NDArray[np.bool_]) -> Part | None:
        """The pair on the cases inside a mask that both predict; None where there is none."""
        common = np.intersect1d(self._study.known_rows(a, mask), self._study.known_rows(b, mask))
        if not common.size:
            return None
        first, second = (self._sample(member, common, center, subset) for member in (a, b))
        generator = self._study.generator(common, block_of(a), center, subset, "pairs")
        called = first.plain.called, second.plain.called
        number = len(first.classes)
        drawn = drawn_pairs(first.truth, called[0], called[1], first.patients, number, first.draws, generator)
        areas = tuple(area for area in (first.area(), second.area()) if area)
        return Part(center, (first, second), (matthews(drawn[0]), matthews(drawn[1])), areas)

    def _sample(self, member: Scored, rows: NDArray[np.int64], center: str, subset: str) -> Sample:
        key = (member.model, member.stage, subset, rows.tobytes())
        if key not in self._samples:
            at = np.searchsorted(member.rows, rows)
            self._samples[key] = self._study.sample(member, at, center, subset)
        return self._samples[key]


def compared(part: Part, confidence: float) -> Iterator[Row]:
    """The cells of a centre's rows, one a metric; `spread` is the variance of the difference, for summaries."""
    if part.absent:
        for metric in ("mcc", "auc"):
            yield part.counts() | _empty(metric, f"no {', '.join(part.absent)} case")
        return
    mcc = difference_of_draws(*part.mcc, confidence)
    yield part.counts() | _cells("mcc", (part.mcc[0][0], part.mcc[1][0]), mcc) | {"spread": mcc.variance}
    a, b = part.areas
    sample = part.samples[0]
    auc = delong(a.influence, b.influence, a.value - b.value, sample.truth, sample.patients, confidence)
    spread = difference_variance(a, b, sample.patients)
    yield part.counts() | _cells("auc", (a.value, b.value), auc) | {"spread": spread}


def stratified(parts: Sequence[Part], confidence: float) -> Iterator[Row]:
    """The cells of the rows over several centres: means weighted by the centres' harmonic sizes, one row a metric."""
    used = [part for part in parts if part.size > 0]
    lost = [f"no {', '.join(part.absent)} case in {part.center}" for part in parts if part.size == 0]
    if not used:
        for metric in ("mcc", "auc"):
            yield {"n": 0, "n_positive": ""} | _empty(metric, "no centre has a case of every class")
        return
    weights = np.array([part.size for part in used]) / sum(part.size for part in used)
    positives = [part.counts()["n_positive"] for part in used]
    counts: Row = {"n": sum(part.samples[0].truth.size for part in used)}
    counts["n_positive"] = "" if "" in positives else sum(positives)
    first, second = (np.sum([w * part.mcc[k] for w, part in zip(weights, used, strict=True)], axis=0) for k in (0, 1))
    yield counts | _cells("mcc", (first[0], second[0]), difference_of_draws(first, second, confidence), lost)
    values = [float(sum(w * part.areas[k].value for w, part in zip(weights, used, strict=True))) for k in (0, 1)]
    influences = [
        np.concatenate([w * part.areas[k].influence for w, part in zip(weights, used, strict=True)]) for k in (0, 1)
    ]
    strata, patients = _strata(used)
    auc = delong(influences[0], influences[1], values[0] - values[1], strata, patients, confidence)
    yield counts | _cells("auc", (values[0], values[1]), auc, lost)


def _strata(parts: Sequence[Part]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Index of each case's centre and class, and number of its patient, over all parts."""
    classes = len(parts[0].samples[0].classes)
    strata, patients, before = [], [], 0
    for k, part in enumerate(parts):
        sample = part.samples[0]
        strata.append(k * classes + sample.truth)
        patients.append(sample.patients + before)
        before += int(sample.patients.max()) + 1
    return np.concatenate(strata), np.concatenate(patients)


def _cells(metric: str, values: tuple[float, float], found: Difference, notes: Sequence[str] = ()) -> Row:
    said = list(notes)
    if np.isnan(found.low):
        alone = "one patient is all of a class"
        said.append(f"no interval: {'both rank all cases alike' if found.p == 1 else alone}")
    cells = {"metric": metric, "value_a": float(values[0]), "value_b": float(values[1]), "note": join_notes(said)}
    return cells | {"difference": found.value, "ci_low": found.low, "ci_high": found.high, "p": found.p}


def _empty(metric: str, reason: str) -> Row:
    return {"metric": metric, "difference": np.nan, "spread": np.nan, "note": not_estimable(reason)}
