"""Spread of the look among training cases, metric by metric, and the deviation of a case from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.patient.trust.metrics import METRICS

FEWEST = 10
"""Training cases of a fold from which a metric's spread is told."""

_NORMAL_95 = 1.645
"""The normal distribution's 95 % quantile: deviations are in its standard deviations."""


@dataclass(frozen=True)
class Spread:
    """Quantiles of the metrics among cases.

    Attributes:
        quantiles: metric → the values that 5, 50 and 95 % of the cases do not exceed.
    """

    quantiles: Mapping[str, tuple[float, float, float]]

    @classmethod
    def of(cls, looks: pd.DataFrame) -> Spread:
        """The spread of cases' looks: a row a case, a column a metric."""
        found = {}
        for name in METRICS:
            values = looks[name].dropna().to_numpy(float) if name in looks else np.empty(0)
            if len(values) >= FEWEST:
                low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
                found[name] = (float(low), float(middle), float(high))
        return cls(found)

    @classmethod
    def of_array(cls, names: Iterable[str], array: NDArray[np.float64]) -> Spread:
        """The spread that `array` made an array of; metrics that this version does not know are left out."""
        rows = zip(names, array, strict=True)
        return cls({name: (float(a), float(b), float(c)) for name, (a, b, c) in rows if name in METRICS})

    def array(self) -> NDArray[np.float64]:
        """Its numbers, (metrics, 3)."""
        return np.array(list(self.quantiles.values()), dtype=np.float64).reshape(-1, 3)

    def deviations(self, look: Mapping[str, float]) -> dict[str, float]:
        """Metric → deviation of a case in standard deviations of the side on which it lies; 0 on a good side."""
        found = {}
        for name, value in look.items():
            if name not in self.quantiles or not np.isfinite(value):
                continue
            low, middle, high = self.quantiles[name]
            metric = METRICS[name]
            if value < middle:
                size = (middle - value) / self._deviation(name, middle - low)
                found[name] = 0.0 if metric.bad == "high" else float(size)
            else:
                size = (value - middle) / self._deviation(name, high - middle)
                found[name] = 0.0 if metric.bad == "low" else float(size)
        return found

    @staticmethod
    def _deviation(name: str, to_quantile: float) -> float:
        return max(to_quantile / _NORMAL_95, METRICS[name].least_spread)


def farthest(deviations: Mapping[str, float], metrics: Iterable[str]) -> float:
    """The largest deviation among some metrics: one number for all, so that many metrics raise no false alarms."""
    return max((deviations[name] for name in metrics if name in deviations), default=0.0)
