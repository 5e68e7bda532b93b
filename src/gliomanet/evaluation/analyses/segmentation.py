"""Dice and HD95 of segmented tumours by region, model and centre, with intervals over patients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gliomanet.evaluation.metrics.registry import SEGMENTATION
from gliomanet.evaluation.predictions import require_columns, text
from gliomanet.evaluation.rows import DRAWN_AS, LEAVE_ONE_CENTER_OUT, POOLED, Row
from gliomanet.evaluation.statistics.bootstrap import Floats, named_generator, percentile_interval, resample_weights
from gliomanet.tables.columns import HELD_OUT
from gliomanet.tables.evaluation import SEGMENTATION_METRICS
from gliomanet.tables.notes import join_notes, not_estimable

if TYPE_CHECKING:
    from gliomanet.config.analysis import Evaluation

METRICS = tuple(metric.name for metric in SEGMENTATION)
_GROUP = ["model", "stage", "scenario", "role"]
_REGIONS = ("whole", "core", "enhancing")


def evaluate_segmentations(
    scores: pd.DataFrame, cases: pd.DataFrame, settings: Evaluation, *, seed: int
) -> pd.DataFrame:
    """Mean, median and the mean's interval of every metric.

    Args:
        scores: rows of `results/segmentations/<model>/`: case by case, an empty value where it is not estimable.
        cases: rows of `results/cohort/`; their patients are what is resampled.
        settings: resamples and confidence.
        seed: of the resamples, which otherwise depend on names only: (scenario, role, centre, region), so that models
            which segment the same cases share them.

    Returns:
        A row per model, scenario, role, centre (and `pooled`), region and metric. Centres that leave-one-centre-out
        holds out are pooled as the scenario `leave-one-center-out`. `n` counts the cases that have a value. The
        note tells how many more the group has; for HD95 they include those of which one mask is empty, so that it is no
        mean over all and must be read beside Dice, which counts them as 0.

    Raises:
        ValueError: a column is missing, a score is of no case of the case table, or one stands there twice.
    """
    require_columns(scores, (*_GROUP, "center", "case_id", "region", *METRICS), "segmentations")
    require_columns(cases, ("center", "case_id", "patient_id"), "cases")
    keys = ["model", "stage", "center", "case_id", "region"]
    rows = scores.astype(dict.fromkeys([*_GROUP, "center", "case_id", "region"], str)).sort_values(keys, kind="stable")
    twice = rows[rows.duplicated(keys)]
    if len(twice):
        named = ", ".join(f"{key} {twice.iloc[0][key]}" for key in keys)
        raise ValueError(f"segmentations: {named} stands there twice; keep one row")
    rows = rows.assign(patient=_patients(rows, cases))
    held_out = rows["scenario"] == HELD_OUT + rows["center"]
    pooled = rows.assign(center=POOLED, scenario=rows["scenario"].where(~held_out, LEAVE_ONE_CENTER_OUT))
    table = pd.DataFrame(
        [row for part in (rows, pooled) for row in _rows(part, settings, seed)], columns=SEGMENTATION_METRICS.names()
    )
    order = table.assign(
        region=table["region"].map({name: f"{place}" for place, name in enumerate(_REGIONS)}),
        center=table["center"].map(lambda center: (center == POOLED, center)),
    )
    by = ["model", "stage", "scenario", "role", "center", "region", "metric"]
    return table.loc[order.sort_values(by, kind="stable").index].reset_index(drop=True)


def _patients(rows: pd.DataFrame, cases: pd.DataFrame) -> np.ndarray:
    """The patient of each row, named with the centre: ids are unique inside a centre only."""
    known = {
        (center, case): f"{center}/{patient}"
        for center, case, patient in zip(
            text(cases["center"]), text(cases["case_id"]), text(cases["patient_id"]), strict=True
        )
    }
    pairs = list(zip(rows["center"], rows["case_id"], strict=True))
    if unknown := [pair for pair in pairs if pair not in known]:
        center, case = unknown[0]
        raise ValueError(
            f"segmentations: case {case} of centre {center} is not among the cases ({len(unknown)} such rows); "
            "score cases of the case table only"
        )
    return np.array([known[pair] for pair in pairs], dtype=np.str_)


def _rows(rows: pd.DataFrame, settings: Evaluation, seed: int) -> Iterator[Row]:
    for names, group in rows.groupby([*_GROUP, "center", "region"], sort=True):
        named = dict(zip([*_GROUP, "center", "region"], names, strict=True))
        for metric in METRICS:
            known = group[group[metric].notna()]
            cells = _mean_and_interval(known, metric, named, settings, seed) if len(known) else {"n": 0}
            lost = len(group) - len(known)
            notes = [] if len(known) else [not_estimable("no case has this metric")]
            if lost and len(known):
                notes.append(f"{lost} more without this metric")
            if cells.pop("alone", False):
                notes.append("one patient: no interval")
            yield named | {"metric": metric, "note": join_notes(notes)} | cells


def _mean_and_interval(known: pd.DataFrame, metric: str, named: Row, settings: Evaluation, seed: int) -> Row:
    values: Floats = known[metric].to_numpy(dtype=np.float64)
    found: Row = {"mean": float(values.mean()), "median": float(np.median(values)), "n": len(values)}
    patients = known["patient"].to_numpy(dtype=np.str_)
    if len(set(patients)) < 2:
        return found | {"alone": True}
    names = [DRAWN_AS.get(name, name) for name in (str(named[key]) for key in ("scenario", "role", "center", "region"))]
    generator = named_generator(seed, "bootstrap segmentations", *names)
    weights = resample_weights(patients, np.zeros(len(values), dtype=np.int64), settings.resamples, generator)[:, 1:]
    low, high, _ = percentile_interval((values @ weights) / weights.sum(axis=0), settings.confidence)
    return found | {"ci_low": low, "ci_high": high}
