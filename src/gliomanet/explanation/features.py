"""Radiomic tables as one matrix, and the cases and centres that belong to a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.models.tabular_inputs import log_shape
from gliomanet.models.void_features import void_features
from gliomanet.tables.feature_names import MASK, SHAPE, VOLUMES, parts_of

Floats = NDArray[np.float64]
Key = tuple[str, str]
"""(region, feature)"""


@dataclass(frozen=True)
class Radiomics:
    """One row per case, one column per (region, feature), both sorted; NaN = missing."""

    case_id: pd.Index
    keys: tuple[Key, ...]
    values: Floats

    @classmethod
    def of(cls, table: pd.DataFrame) -> Radiomics:
        """Spread a table of case × region over regions; features that a region never has are left out.

        Raises:
            ValueError: a case has a region twice, or a feature is not a number.
        """
        twice = table.duplicated(["case_id", "region"])
        if twice.any():
            first = table[twice].iloc[0]
            raise ValueError(f"radiomics: region {first['region']} of case {first['case_id']} stands there twice")
        features = sorted(set(table.columns) - {"case_id", "region", "center"})
        index = pd.Index(sorted(table["case_id"].astype(str).unique()))
        keys: list[Key] = []
        columns: list[Floats] = []
        for region, rows in table.groupby(table["region"].astype(str), sort=True):
            at = index.get_indexer(pd.Index(rows["case_id"].astype(str)))
            for feature in features:
                column = np.full(len(index), np.nan)
                try:
                    column[at] = rows[feature].to_numpy(dtype=np.float64, na_value=np.nan)
                except (TypeError, ValueError):
                    raise ValueError(
                        f"radiomics: feature {feature} of region {region} holds what is no number"
                    ) from None
                column[~np.isfinite(column)] = np.nan
                if np.isfinite(column).any():
                    keys.append((str(region), feature))
                    columns.append(column)
        return cls(index, tuple(keys), np.stack(columns, axis=1) if columns else np.empty((len(index), 0)))

    def rows(self, case_ids: NDArray[np.str_]) -> Floats:
        """The features of some cases (cases, features); a case that the table lacks is all missing."""
        at = self.case_id.get_indexer(pd.Index(case_ids))
        return np.where((at >= 0)[:, None], self.values[at], np.nan) if len(self.case_id) else np.empty((len(at), 0))

    def column(self, key: Key) -> Floats:
        """One feature of every case (cases,).

        Raises:
            ValueError: the table has no such feature in the region.
        """
        if key not in self.keys:
            raise ValueError(f"radiomics: no feature {key[1]!r} in region {key[0]!r}")
        return np.asarray(self.values[:, self.keys.index(key)])

    def column_of_input(self, name: str) -> int | None:
        """Column that a model's input is: `<region>_<feature>`, or the feature alone where there is one region.

        Returns:
            The column; None for an input that is no radiomic feature of the table, such as the age.
        """
        fitting = (i for i, (region, feature) in enumerate(self.keys) if name in (feature, f"{region}_{feature}"))
        return next(fitting, None)

    def carrying(self, case_ids: NDArray[np.str_]) -> Radiomics:
        """The features without those that carry nothing in some cases, see `models.void_features`."""
        names = [f"{region}_{feature}" for region, feature in self.keys]
        void = void_features(pd.DataFrame(self.rows(case_ids), columns=names))
        kept = [i for i, name in enumerate(names) if name not in void]
        return Radiomics(self.case_id, tuple(self.keys[i] for i in kept), self.values[:, kept])

    def volume(self, region: str) -> int | None:
        """Column of a region's volume: the first of `VOLUMES`, of the mask before a modality's."""
        found = [i for i, (where, name) in enumerate(self.keys) if where == region and is_volume(name)]
        names = {i: parts_of(self.keys[i][1]) for i in found}
        return min(found, key=lambda i: (VOLUMES.index(names[i].name), names[i].modality != MASK, i), default=None)


def with_log_shape(radiomics: pd.DataFrame) -> pd.DataFrame:
    """The table with the shape on scales that suit a linear model, which models with the input `shape` read.

    Args:
        radiomics: case_id, region and features.
    """
    return radiomics.assign(**log_shape(radiomics.drop(columns=["case_id", "region", "center"], errors="ignore")))


def is_volume(feature: str) -> bool:
    """True for the tumour's volume, by whatever way it was measured."""
    name = parts_of(feature)
    return name.family == SHAPE and name.name in VOLUMES


def modality_of(feature: str) -> str:
    """The modality that a feature is measured in, `mask` for shape, "" where its name has no known parts."""
    return parts_of(feature).measured_in


def centers_of(splits: pd.DataFrame, scenario: str) -> Mapping[str, NDArray[np.str_]]:
    """Centre → its labelled cases in a scenario: the training centres first, then the external ones, each sorted.

    Raises:
        ValueError: the splits know no such scenario.
    """
    rows = splits[splits["scenario"].astype(str) == scenario]
    if rows.empty:
        known = ", ".join(sorted(splits["scenario"].astype(str).unique()))
        raise ValueError(f"splits: no scenario {scenario!r}; scenarios: {known}")
    result: dict[str, NDArray[np.str_]] = {}
    for parts in (["train", "validation"], ["external"]):
        inside = rows[rows["part"].isin(parts)]
        for center, members in inside.groupby(inside["center"].astype(str), sort=True):
            result.setdefault(str(center), np.unique(members["case_id"].astype(str).to_numpy(dtype=np.str_)))
    return result
