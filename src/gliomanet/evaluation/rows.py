"""The rows of the evaluation's tables: their names and their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from gliomanet.evaluation.subgroups import ALL
from gliomanet.modalities import MODALITIES, modality_subsets_of, subset_name
from gliomanet.stages import stage_order

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task
    from gliomanet.tables.columns import Schema

Row = dict[str, Any]

POOLED, STRATIFIED, SUMMARY, JOINT = "pooled", "stratified", "summary", "joint"
LEAVE_ONE_CENTER_OUT = "leave-one-center-out"
"""The scenario of the summary over held-out centres."""

DRAWN_AS = {LEAVE_ONE_CENTER_OUT: "leave-one-out"}
"""Names by which resamples are drawn, where they are not those of the tables: another word must move no interval."""

_KEYS = ("model", "stage", "scenario", "role", "task", "center", "subset", "modality", "metric")
_FIRST = {
    "subset": [ALL, *map(subset_name, modality_subsets_of(MODALITIES))],
    "modality": list(MODALITIES),
    "metric": ["mcc", "mcc_at_threshold", "auc"],
}
_LAST = {"center": [POOLED, STRATIFIED, SUMMARY]}


def ordered_table(rows: Iterable[Row], schema: Schema, tasks: Mapping[str, Task]) -> pd.DataFrame:
    """Rows in a stable, readable order: names sorted, the pool and the summary after the centres.

    Rows of one curve or matrix stay in the order in which they come.
    """
    columns = schema.names()
    keys = [key for key in _KEYS if key in columns]
    ordered = sorted(rows, key=lambda row: [_place(key, str(row[key]), tasks) for key in keys])
    return pd.DataFrame(ordered, columns=columns)


def _place(column: str, value: str, tasks: Mapping[str, Task]) -> tuple[float, str]:
    if column == "stage":
        return stage_order(value)
    first = [*tasks, JOINT] if column == "task" else _FIRST.get(column, [])
    last = _LAST.get(column, [])
    if value in first:
        return first.index(value), ""
    return len(first) + (last.index(value) + 1 if value in last else 0), value
