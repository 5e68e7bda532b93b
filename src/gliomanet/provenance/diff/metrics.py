"""Metrics of two studies side by side, with paired differences where the cases are the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.between_studies import Side, paired_differences
from gliomanet.evaluation.metrics.registry import SEGMENTATION
from gliomanet.evaluation.predictions import Cases, score
from gliomanet.evaluation.resampling import Resampling
from gliomanet.evaluation.rows import SUMMARY
from gliomanet.evaluation.subgroups import ALL
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.tables.differences import METRIC_CHANGES
from gliomanet.tables.evaluation import METRICS

_KEY = list(METRICS.key)
_SEGMENTED = {metric.name for metric in SEGMENTATION}
_VALUES = ["value", "ci_low", "ci_high", "n"]
NOT_OF_CASES = "not paired: this figure is not of one task's answers"


def metric_changes(a: FinishedStudy, b: FinishedStudy) -> pd.DataFrame:
    """The table `METRIC_CHANGES`: external rows first, then in the order of the tables of metrics."""
    sides = [_figures(study) for study in (a, b)]
    both = sides[0].merge(sides[1], on=_KEY, how="outer", suffixes=("_a", "_b"), indicator=True, sort=False)
    pairs = {tuple(row[key] for key in _KEY): row for row in _paired(a, b)}
    rows = [_row(row, pairs.get(tuple(row[key] for key in _KEY))) for row in both.to_dict("records")]
    table = pd.DataFrame(rows, columns=METRIC_CHANGES.names())
    order = {key: place for place, key in enumerate(_keys(*sides))}
    place = [(row["role"] != "external", order[tuple(row[key] for key in _KEY)]) for row in rows]
    return table.iloc[sorted(range(len(rows)), key=place.__getitem__)].reset_index(drop=True)


def _figures(study: FinishedStudy) -> pd.DataFrame:
    """The metrics of classes and, where a model segments, of segmentations, whose region stands as the task."""
    metrics = study.table(study.layout.evaluation("metrics"))[[*_KEY, *_VALUES]]
    path = study.layout.evaluation("segmentation")
    if not path.is_file():
        return metrics
    means = study.table(path).rename(columns={"region": "task", "mean": "value"}).assign(subset=ALL)
    return pd.concat([metrics, means[[*_KEY, *_VALUES]]], ignore_index=True)


def _keys(*tables: pd.DataFrame) -> dict[tuple[Any, ...], None]:
    return dict.fromkeys(key for table in tables for key in table[_KEY].itertuples(index=False, name=None))


def _paired(a: FinishedStudy, b: FinishedStudy) -> Iterator[dict[str, Any]]:
    # Where the studies resample differently, both are resampled alike, and alike from either side.
    settings = Evaluation(
        resamples=max(a.evaluation.resamples, b.evaluation.resamples),
        confidence=max(a.evaluation.confidence, b.evaluation.confidence),
    )
    seed = min(a.record.evaluation_seed, b.record.evaluation_seed)
    tasks = [name for name in a.tasks if b.tasks.get(name) == a.tasks[name]]
    models = [name for name in a.models if name in b.models]
    if not tasks or not models:
        return
    yield from paired_differences(*(_side(study, tasks, models, settings, seed) for study in (a, b)))


def _side(study: FinishedStudy, tasks: list[str], models: list[str], settings: Evaluation, seed: int) -> Side:
    shared = {name: study.tasks[name] for name in tasks}
    every = study.predictions
    rows = every[every["task"].isin(tasks) & every["model"].isin(models)]
    resampling = Resampling(Cases.of(study.evaluated_cases, shared), shared, settings, seed)
    return Side(resampling, score(rows, resampling.cases, shared))


def _row(row: dict[Any, Any], pair: dict[str, Any] | None) -> dict[Any, Any]:
    found = row | {"difference": row["value_b"] - row["value_a"], "ci_low": np.nan, "ci_high": np.nan}
    if row["_merge"] != "both":
        return found | {"pairing": "only in A" if row["_merge"] == "left_only" else "only in B"}
    if pair is None:
        why = "not paired: a summary over centres" if row["center"] == SUMMARY else NOT_OF_CASES
        why = "not paired: means over segmented cases" if row["metric"] in _SEGMENTED else why
        return found | {"pairing": why}
    if _disagrees(row, pair):
        return found | {"pairing": "not paired: stored values are not what today's evaluation gives"}
    if pd.isna(found["difference"]):  # an interval of nothing
        return found | {"pairing": pair["pairing"]}
    return found | {key: pair[key] for key in ("difference", "ci_low", "ci_high", "pairing") if key in pair}


def _disagrees(row: dict[Any, Any], pair: dict[str, Any]) -> bool:
    """True where a pair's difference is not that of the stored values, but for the six digits that tables keep."""
    one, other = row["value_a"], row["value_b"]
    if pd.isna(one) or pd.isna(other):
        return bool(pair["pairing"] == "same predictions" and pd.isna(one) != pd.isna(other))
    difference = pair.get("difference", np.nan)
    return not pd.isna(difference) and abs(difference - (other - one)) > 5e-6 * (abs(one) + abs(other)) + 1e-9


def movement(table: pd.DataFrame) -> pd.Series:
    """Distance that each metric moved, in half widths of the interval of its difference; not paired, in those of both.

    0 where nothing moved, and where either value is missing; infinite where it moved and there is no interval.
    """
    paired = (table["ci_high"] - table["ci_low"]) / 2
    of_a, of_b = ((table[f"ci_high_{side}"] - table[f"ci_low_{side}"]) / 2 for side in "ab")
    half = paired.where(paired.notna(), (of_a**2 + of_b**2) ** 0.5)
    moved = table["difference"].abs()
    return (moved / half.where(half > 0)).fillna(np.inf).where(moved > 1e-9, 0.0)
