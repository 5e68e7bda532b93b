"""Worth of each modality to a model: its Shapley value over the subsets of modalities.

Two measures of what a model knows with a subset S of its modalities, over the cases that have all of them:

- `mcc`: Matthews correlation of the most probable class; v(∅) = 0, that of a constant answer.
- `log_likelihood`: mean natural logarithm of the probability given to the true class, which moves with every case and
  not only where one changes sides; v(∅) = that of answering each case with the classes' shares among the model's
  validation cases, which is what the training centres tell without an image.

The values of a model's modalities sum to v(all) − v(∅).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gliomanet.evaluation.metrics.classification import confusion_counts, matthews
from gliomanet.evaluation.predictions import Scored
from gliomanet.evaluation.resampling import SubsetCases, interval_cells
from gliomanet.evaluation.rows import Row
from gliomanet.evaluation.statistics.bootstrap import Floats, Integers
from gliomanet.evaluation.statistics.shapley import shapley_values
from gliomanet.labels.decision import called_class
from gliomanet.modalities import modalities_of, modality_subsets_of, subset_name
from gliomanet.tables.notes import join_notes, not_estimable

if TYPE_CHECKING:
    from gliomanet.config.analysis import Evaluation

MEASURES = ("mcc", "log_likelihood")
LEAST = 1e-6
"""Smaller probabilities count as this one, so that a single case that is surely wrong does not decide a mean."""


def significance_rows(
    sample: SubsetCases,
    by_subset: Mapping[str, Scored],
    names: Row,
    prior: Floats,
    fusion: Mapping[str, float],
    settings: Evaluation,
    *,
    taken: Sequence[str] = (),
) -> Iterator[Row]:
    """A row for each measure and each modality that some case has; a note names the modalities that none has.

    Args:
        sample: the cases of a centre and their resamples.
        by_subset: one model's probabilities, subset → probabilities.
        names: the cells that name the model, stage, scenario, role and task.
        prior: what is answered without an image (classes,).
        fusion: modality → weight of a learned fusion; empty for models without.
        settings: resamples and confidence.
        taken: the modalities that the model takes.

    Raises:
        ValueError: a case is predicted with all modalities, and not with every subset of them.
    """
    subsets = modality_subsets_of({modality for subset in by_subset for modality in modalities_of(subset)})
    modalities = subsets[-1]
    lacking = [modality for modality in taken if modality not in modalities]
    shared = [f"no case has {', '.join(lacking)}: {', '.join(modalities)} share the worth"] if lacking else []
    full = by_subset.get(subset_name(modalities))
    complete = np.intersect1d(sample.rows, full.rows) if full else np.empty(0, dtype=np.int64)
    truth = sample.truth[np.searchsorted(sample.rows, complete)]
    absent = [name for k, name in enumerate(sample.classes) if not (truth == k).any()]
    cells = names | {"center": sample.center} | sample.counts(truth)
    for measure in MEASURES:
        reason = "no case of known label has every modality" if not truth.size else ""
        if truth.size and absent and measure == "mcc":
            reason = f"no {', '.join(absent)} case"
        shares: dict[str, Floats] = {}
        if not reason:
            values = {frozenset(s): _value(measure, sample, by_subset, s, complete, names) for s in subsets}
            shares = shapley_values(values | {frozenset(): _without_images(measure, sample, complete, prior)})
        for modality in modalities:
            row = cells | {"modality": modality, "metric": measure, "fusion_weight": fusion.get(modality, np.nan)}
            if reason:
                yield row | {"shapley": np.nan, "note": join_notes([not_estimable(reason), *shared])}
                continue
            worth = interval_cells(shares[modality], settings, shared, sample.too_few(complete))
            yield row | {"shapley": worth.pop("value")} | worth


def _value(
    measure: str,
    sample: SubsetCases,
    by_subset: Mapping[str, Scored],
    subset: tuple[str, ...],
    complete: Integers,
    names: Row,
) -> Floats:
    """The value of a subset for every weighting of the complete cases (1 + resamples,)."""
    name = subset_name(subset)
    member = by_subset.get(name)
    if member is None or not np.isin(complete, member.rows).all():
        raise ValueError(
            f"predictions of {names['model']}, {names['stage']}, scenario {names['scenario']}, {names['role']}, task "
            f"{names['task']}: cases that have every modality lack the subset {name}; predict them with all subsets"
        )
    truth, probability, weights = sample.of(member, complete)
    if measure == "mcc":
        return matthews(confusion_counts(truth, called_class(probability), len(sample.classes), weights))
    given = np.log(np.maximum(probability[np.arange(truth.size), truth], LEAST))
    return _mean(given, weights)


def _without_images(measure: str, sample: SubsetCases, complete: Integers, prior: Floats) -> Floats:
    """The value of no modality at all (1 + resamples,)."""
    here = np.searchsorted(sample.rows, complete)
    weights = sample.weights[here]
    if measure == "mcc":
        return np.zeros(weights.shape[1])
    return _mean(np.log(prior)[sample.truth[here]], weights)


def _mean(terms: Floats, weights: Floats) -> Floats:
    """NaN where a resample drew none of the cases: they may be few among those that have some modality."""
    total = weights.sum(0)
    return np.asarray(np.divide(terms @ weights, total, out=np.full(total.shape, np.nan), where=total > 0))
