"""Distributions of features among a study's cases, by class and centre: what a patient's values are held beside.

Quantiles, never cases: a group of fewer than `FEWEST` patients has its number and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Shares of the group whose values are at most the quantile."""

FEWEST = 5
"""Patients of a group of which quantiles are told."""

POOLED = "pooled"
"""Stands in the place of a centre for all of them together."""


@dataclass(frozen=True)
class Group:
    """Patients of one class of a task, of one centre or of all."""

    task: str
    label: str
    center: str


@dataclass(frozen=True)
class References:
    """Quantiles of features in groups of patients.

    Attributes:
        features: names, as `radiomics.table.wide_features` has them, ratios among them.
        groups: in the order of the second axis.
        quantiles: (features, groups, shares), NaN where a group is too small.
        n: (features, groups) patients whose value is known.
        biomarkers: task → features that the study kept as biomarkers.
    """

    features: tuple[str, ...]
    groups: tuple[Group, ...]
    quantiles: NDArray[np.float32]
    n: NDArray[np.int32]
    biomarkers: Mapping[str, tuple[str, ...]]

    @classmethod
    def measure(
        cls, features: pd.DataFrame, classes: Mapping[str, pd.Series], biomarkers: Mapping[str, tuple[str, ...]]
    ) -> References:
        """The distributions of cases.

        Args:
            features: a row a case: `center`, then numbers.
            classes: task → each case's class, "" where it is not known.
            biomarkers: task → features that were kept.
        """
        names = [str(column) for column in features.columns if column != "center"]
        values = features[names].to_numpy(float)
        centers = features["center"].to_numpy(str)
        groups, quantiles, counts = [], [], []
        for task, labels in classes.items():
            own = labels.to_numpy(str)
            for label in sorted(set(own) - {""}):
                for center in (POOLED, *sorted(set(centers))):
                    inside = (own == label) & ((centers == center) | (center == POOLED))
                    groups.append(Group(task, label, center))
                    n = np.isfinite(values[inside]).sum(axis=0)
                    found = np.full((len(SHARES), len(names)), np.nan)
                    told = n >= FEWEST
                    found[:, told] = np.nanquantile(values[inside][:, told], SHARES, axis=0)
                    quantiles.append(found.T)
                    counts.append(n)
        shape = (len(names), 0)
        stacked = np.stack(quantiles, axis=1) if quantiles else np.empty((*shape, len(SHARES)))
        n_stacked = np.stack(counts, axis=1) if counts else np.empty(shape)
        return cls(
            tuple(names), tuple(groups), stacked.astype(np.float32), n_stacked.astype(np.int32), dict(biomarkers)
        )

    @classmethod
    def of(cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> References:
        """The references that `parts` gave."""
        groups = tuple(Group(**group) for group in values["groups"])
        kept = {task: tuple(names) for task, names in values["biomarkers"].items()}
        return cls(tuple(values["features"]), groups, arrays["quantiles"], arrays["n"], kept)

    def parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Values for JSON, and arrays."""
        values = {
            "shares": list(SHARES),
            "fewest": FEWEST,
            "features": list(self.features),
            "groups": [vars(group) for group in self.groups],
            "biomarkers": {task: list(names) for task, names in self.biomarkers.items()},
        }
        return values, {"quantiles": self.quantiles, "n": self.n}

    def shown(self) -> tuple[str, ...]:
        """The features that a result shows: kept biomarkers and ratios between contrasts."""
        kept = {name for names in self.biomarkers.values() for name in names}
        return tuple(name for name in self.features if name in kept or "_logratio_" in name)

    def beside(self, feature: str) -> Iterator[tuple[Group, int, list[float] | None]]:
        """Each group's number of patients and quantiles of a feature; `None` where the group is too small."""
        place = self.features.index(feature)
        for number, group in enumerate(self.groups):
            quantiles = self.quantiles[place, number]
            told = None if np.isnan(quantiles).any() else [float(value) for value in quantiles]
            yield group, int(self.n[place, number]), told
