"""Distance of a case from a fold's training cases in the radiomic features that a model takes.

Mahalanobis' distance with a shrunk covariance, as of deep features: it sees one feature far away as well as many that
are a little off, such as those of another extractor. What a case lacks is put to the training median, as the models do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.modalities import MODALITIES
from gliomanet.models.tabular_inputs import CLINICAL, INPUTS, model_table
from gliomanet.patient.trust.deep import DeepSpread
from gliomanet.tables.feature_names import is_of_model, parts_of

Array = NDArray[np.float64]

_TAKEN = tuple(name for name in INPUTS if name not in (*CLINICAL, "members"))
_SHARES = (0.05, 0.5, 0.95)
_NORMAL_95 = 1.645


def feature_columns(columns: Sequence[str]) -> list[str]:
    """Those of a model's columns that are radiomic features: no age, no sex, no answer of a member."""
    return [name for name in columns if name not in CLINICAL and not is_of_model(name)]


def feature_vectors(features: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The features that models take, a row a case by its `case_id`, NaN where a case lacks one.

    Cases that have none are left out: no model on features says anything of them.

    Args:
        features: a row a case, as `radiomics.table.wide_features` gives them, ratios among them.
        columns: of the models.
    """
    table = model_table(features[["case_id"]], features, _TAKEN).reindex(columns=list(columns))
    table.index = pd.Index(features["case_id"].to_numpy(), name="case_id")
    return table.replace([np.inf, -np.inf], np.nan).dropna(how="all")


def modalities_lacking(vectors: pd.DataFrame) -> list[str]:
    """Modalities of which a case, the one row, has none of the features that are asked for."""
    known: dict[str, bool] = {}
    for name, value in vectors.iloc[0].items():
        for modality in parts_of(str(name)).measured_in.split("-"):
            known[modality] = known.get(modality, False) or bool(np.isfinite(value))
    return [name for name in MODALITIES if known.get(name) is False]


@dataclass(frozen=True)
class FeatureSpread:
    """Radiomic features of a fold's training cases.

    Attributes:
        normal: them as one normal distribution; its columns are those that differ between cases.
        quantiles: (columns, 3): the values that 5, 50 and 95 % of the cases do not exceed.
    """

    normal: DeepSpread
    quantiles: Array

    @classmethod
    def of(cls, vectors: pd.DataFrame) -> FeatureSpread | None:
        """The spread of training cases; `None` of fewer than ten, or of features that never differ."""
        measured = vectors.dropna(axis=1, how="all")
        normal = DeepSpread.of(measured.fillna(measured.median())) if measured.size else None
        if normal is None:
            return None
        quantiles = measured[list(normal.columns)].quantile(list(_SHARES)).to_numpy(float).T
        return cls(normal, np.ascontiguousarray(quantiles))

    def distances(self, vectors: pd.DataFrame) -> Array:
        """Mahalanobis' distance of cases (n,), over the root of the number of features: about 1 for training cases."""
        values = vectors.reindex(columns=list(self.normal.columns))
        median = pd.Series(self.quantiles[:, 1], index=values.columns)
        return self.normal.distances(values.fillna(median))

    def deviations(self, vectors: pd.DataFrame) -> Array:
        """Deviation of a case, the one row, from each median in standard deviations of that side, (columns,)."""
        value = vectors.reindex(columns=list(self.normal.columns)).to_numpy(float)[0]
        low, middle, high = self.quantiles.T
        side = np.where(value < middle, middle - low, high - middle) / _NORMAL_95
        found: Array = np.nan_to_num(np.abs(value - middle) / np.maximum(side, 1e-12))
        return found
