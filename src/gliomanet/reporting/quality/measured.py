"""A centre as its quality pages show it: its table, and each metric's robust z, computed once for all of its cases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from gliomanet.imaging.quality.center_table import METRICS, MetricBounds, is_out_of_bounds, is_outlier, robust_z
from gliomanet.reporting.format import MINUS
from gliomanet.reporting.quality.captions import NAMES

Array = np.ndarray[Any, Any]

_PLACES = {
    "residual_shift_mm": 1,
    "brain_volume_ml": 0,
    "tumour_volume_ml": 1,
    "coverage": 2,
    "tumour_outside_brain": 2,
}


@dataclass(frozen=True)
class Measured:
    """One metric of all cases of a centre.

    Attributes:
        name: its column.
        figures, scores: value and robust z of each case, in the order of the table; NaN where a case has none.
    """

    name: str
    figures: Array
    scores: Array

    @property
    def bounds(self) -> MetricBounds:
        return METRICS[self.name]

    @cached_property
    def known(self) -> Array:
        return self.figures[~np.isnan(self.figures)]

    @cached_property
    def median(self) -> float:
        return float(np.median(self.known))

    @cached_property
    def compares(self) -> bool:
        """False where there are too few cases or most are equal, so that every robust z is 0."""
        return bool(np.nan_to_num(self.scores).any())

    @cached_property
    def tells(self) -> bool:
        """True where two cases differ as written, or one is out of bounds: else a picture would show rounding only."""
        written = {self.number(float(value)) for value in self.known}
        return len(written) > 1 or any(self.is_wrong(at) for at in range(len(self.figures)))

    def is_wrong(self, at: int) -> bool:
        """True where a case is beyond a fixed bound or the largest robust z."""
        return is_out_of_bounds(self.figures[at], self.bounds) or is_outlier(self.scores[at], self.bounds)

    def value(self, at: int) -> str:
        return self.number(float(self.figures[at]))

    def z(self, at: int) -> str:
        """A case's robust z as text; nothing where it tells nothing."""
        score = self.scores[at]
        return f"{score:+.1f}".replace("-", MINUS) if not np.isnan(score) and self.compares else ""

    def number(self, value: float) -> str:
        """A value of this metric as text; nothing for NaN."""
        return "" if np.isnan(value) else f"{value:,.{_PLACES.get(self.name, 3)}f}".replace("-", MINUS)


def measured(table: pd.DataFrame) -> list[Measured]:
    """The metrics that a case of a tidy table has."""
    columns = {name: table[name].to_numpy(dtype=float) for name in METRICS}
    return [Measured(name, values, robust_z(values)) for name, values in columns.items() if not np.isnan(values).all()]


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Metrics as floats, the rest as text without NaN, in the order of the case ids."""
    table = table.copy()
    for column in (*METRICS, "case_id", "center", "status", "flags", "reason", "decision", "decided_by"):
        if column not in table:
            table[column] = np.nan if column in METRICS else ""
    if "decision_reason" not in table:
        table["decision_reason"] = ""
    for column in table.columns:
        if column in METRICS:
            table[column] = pd.to_numeric(table[column], errors="coerce").astype(float)
        else:
            table[column] = table[column].astype(object).where(table[column].notna(), "").map(str)
    return table.sort_values("case_id", kind="stable").reset_index(drop=True)


def sentences(flags: str) -> list[str]:
    """Flags with the metrics' labels instead of the table's."""
    said = []
    for flag in (part.strip() for part in str(flags).split(";")):
        column, separator, rest = flag.partition(" ")
        said.append(f"{NAMES[column].partition(',')[0]}{separator}{rest}" if column in NAMES else flag)
    return [flag for flag in said if flag]
