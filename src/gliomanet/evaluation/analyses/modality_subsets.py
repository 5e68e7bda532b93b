"""Metrics of models with every subset of the modalities, and the worth of each modality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gliomanet.evaluation.analyses.modality_significance import significance_rows
from gliomanet.evaluation.estimates import estimate
from gliomanet.evaluation.metrics.registry import CLASSIFICATION
from gliomanet.evaluation.predictions import Cases, Scored, require_columns, score
from gliomanet.evaluation.resampling import LatestWeights, Resampling, SubsetCases
from gliomanet.evaluation.rows import Row, ordered_table
from gliomanet.evaluation.statistics.bootstrap import Floats
from gliomanet.evaluation.subgroups import ALL
from gliomanet.modalities import modalities_of
from gliomanet.tables.evaluation import MODALITY_SIGNIFICANCE, MODALITY_SUBSETS
from gliomanet.tables.notes import not_estimable

if TYPE_CHECKING:
    from gliomanet.config.analysis import Evaluation
    from gliomanet.labels.tasks import Task

Model = tuple[str, str, str]
"""(model, stage, scenario)."""
BySubset = dict[str, Scored]
"""Name of a subset of modalities → one model's probabilities with it, for one task and role."""

METRICS = tuple(metric for metric in CLASSIFICATION if metric.name in ("mcc", "auc"))


@dataclass(frozen=True)
class EvaluatedSubsets:
    """The two tables, in the columns and the order that are written."""

    subsets: pd.DataFrame
    significance: pd.DataFrame


def evaluate_subsets(
    predictions: pd.DataFrame,
    cases: pd.DataFrame,
    tasks: Mapping[str, Task],
    settings: Evaluation,
    seed: int,
    *,
    fusion: pd.DataFrame | None = None,
    modalities: Mapping[str, Sequence[str]] | None = None,
) -> EvaluatedSubsets:
    """Score predictions over the subsets of modalities against the labels.

    A case counts in a subset where it has all of the subset's modalities, so n may differ from subset to subset; the
    modalities' significance is over the cases that have them all. All subsets of a model are scored on the same
    resamples of its cases, and with the seed of `evaluation.analyses.performance` on those of the metrics' table.

    Args:
        predictions: rows of `results/modality_subsets/`, of any number of models: the columns of predictions and
            `subset`; validation rows and external `ensemble` rows are read.
        cases: rows of `results/cohort/`, of every centre that is predicted; those of a column `hidden` count in
            metrics of external cases only.
        tasks: the study's tasks.
        settings: resamples and confidence.
        seed: of the resamples.
        fusion: columns model, stage, scenario, fold, modality, weight: what networks with a learned fusion learnt.
        modalities: model → the modalities that it takes, so that those that no case of a role has can be named.

    Returns:
        MCC and AUC by subset, and Shapley values of the modalities, see `modality_significance`; by centre and
        `pooled`, for every scenario by itself: with leave-one-centre-out nothing is pooled over the held-out centres.
        What is not estimable is an empty value with a note.

    Raises:
        ValueError: predictions and cases do not fit each other, see `evaluation.predictions.score`; a subset has no
            such name; or a case is predicted with all of a model's modalities and not with every subset of them.
    """
    require_columns(predictions, ("subset",), "predictions over subsets of modalities")
    study = Resampling(Cases.of(cases, tasks), tasks, settings, seed)
    groups = _by_model(predictions, study)
    shares = _mean_shares(fusion)
    rows: list[Row] = []
    significance: list[Row] = []
    for (scenario, role, task), models in groups.items():
        latest = LatestWeights(study)
        for center, inside in study.centers([member for group in models.values() for member in group.values()]):
            for (model, stage), by_subset in models.items():
                names = {"model": model, "stage": stage, "scenario": scenario, "role": role, "task": task}
                sample = _sample(study, latest, by_subset, (scenario, role, task), center, inside)
                rows += _metrics(study, sample, by_subset, names)
                learnt = shares.get((model, stage, scenario), {})
                prior = _prior(study, groups.get((scenario, "validation", task), {}).get((model, stage), {}), task)
                taken = (modalities or {}).get(model, ())
                significance += significance_rows(sample, by_subset, names, prior, learnt, study.settings, taken=taken)
    return EvaluatedSubsets(
        subsets=ordered_table(rows, MODALITY_SUBSETS, tasks),
        significance=ordered_table(significance, MODALITY_SIGNIFICANCE, tasks),
    )


def _by_model(
    predictions: pd.DataFrame, study: Resampling
) -> dict[tuple[str, str, str], dict[tuple[str, str], BySubset]]:
    """(scenario, role, task) → (model, stage) → its probabilities by subset."""
    groups: dict[tuple[str, str, str], dict[tuple[str, str], BySubset]] = {}
    for subset, rows in predictions.groupby("subset", sort=True):
        modalities_of(str(subset))  # an unknown name is an error here, where it is read
        for member in score(rows, study.cases, study.tasks):
            models = groups.setdefault((member.scenario, member.role, member.task), {})
            models.setdefault((member.model, member.stage), {})[str(subset)] = member
    return {key: dict(sorted(models.items())) for key, models in sorted(groups.items())}


def _mean_shares(fusion: pd.DataFrame | None) -> dict[Model, dict[str, float]]:
    """(model, stage, scenario) → modality → its fusion weight, the mean over the folds."""
    shares: dict[Model, dict[str, float]] = {}
    if fusion is None or fusion.empty:
        return shares
    means = fusion.groupby(["model", "stage", "scenario", "modality"])["weight"].mean().reset_index()
    for row in means.to_dict("records"):
        shares.setdefault((row["model"], row["stage"], row["scenario"]), {})[row["modality"]] = float(row["weight"])
    return shares


def _sample(
    study: Resampling,
    latest: LatestWeights,
    by_subset: BySubset,
    block: tuple[str, str, str],
    center: str,
    inside: np.ndarray,
) -> SubsetCases:
    """The cases of a centre that one model predicted with any subset, and their resamples."""
    task = block[2]
    rows = np.unique(np.concatenate([study.known_rows(member, inside) for member in by_subset.values()]))
    truth = study.cases.truth[task][rows]
    weights = latest.of(rows, truth, block, center, ALL) if rows.size else np.empty((0, 0))
    return SubsetCases(center, rows, truth, weights, study.tasks[task].class_names, study.cases.patient[rows])


def _prior(study: Resampling, validation: BySubset, task: str) -> Floats:
    """Prior of an answer without an image: the classes' shares among a model's validation cases (K,).

    One more case of each class is counted (Laplace's rule), so that a class that training centres lack is improbable
    rather than impossible, and the classes are equally probable where there are no validation cases.
    """
    everywhere = np.ones(study.cases.center.size, dtype=bool)
    known = [study.known_rows(member, everywhere) for member in validation.values()]
    rows = np.unique(np.concatenate(known)) if known else np.empty(0, dtype=np.int64)
    counts = np.bincount(study.cases.truth[task][rows], minlength=len(study.tasks[task].class_names)) + 1.0
    return np.asarray(counts / counts.sum())


def _metrics(study: Resampling, sample: SubsetCases, by_subset: BySubset, names: Row) -> Iterator[Row]:
    for subset, member in by_subset.items():
        rows = sample.rows_of(member)
        truth = sample.truth[np.searchsorted(sample.rows, rows)]
        cells = names | {"center": sample.center, "subset": subset, "n_modalities": len(modalities_of(subset))}
        cells |= sample.counts(truth)
        for metric in METRICS:
            if not truth.size:
                note = not_estimable("no case of known label has these modalities")
                yield cells | {"metric": metric.name, "value": np.nan, "note": note}
                continue
            at = np.searchsorted(member.rows, rows)
            found = estimate(metric, study.sample(member, at, sample.center, ALL), names["role"])
            yield cells | {"metric": metric.name} | found.cells()
