"""Distance of a case from a fold's training cases in the deep features of its network.

Mahalanobis' distance from the training cases' mean, as Lee et al. (NeurIPS 2018) take it for images of other kinds
than the training's, by a covariance that is shrunk (Ledoit and Wolf, J Multivar Anal 88:365, 2004), as there are often
fewer cases than features.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf

Array = NDArray[np.float64]

_IMAGE_FEATURE = re.compile(r"z\d+")
_FEWEST = 10


def deep_vectors(table: pd.DataFrame) -> pd.DataFrame:
    """Deep features of one fold, a row a case and a column a task and feature.

    Args:
        table: rows of `DEEP_FEATURES`. Features of clinical data are left out: an age is not what an image looks like.
    """
    features = [name for name in table if _IMAGE_FEATURE.fullmatch(str(name))]
    wide = table.pivot_table(index="case_id", columns="task", values=features, aggfunc="first", dropna=False)
    wide = wide.swaplevel(axis=1)
    wide.columns = wide.columns.map(" ".join)
    found: pd.DataFrame = wide.dropna(axis=1, how="all").dropna(axis=0)
    return found


@dataclass(frozen=True)
class DeepSpread:
    """Deep features of a fold's training cases, as one normal distribution.

    Attributes:
        columns: features, of those that are not the same in all training cases, and each that is equal in several
            tasks once.
        mean: (features,).
        whitening: (features, features), which makes the training cases' covariance the identity.
    """

    columns: tuple[str, ...]
    mean: Array
    whitening: Array

    @classmethod
    def of(cls, vectors: pd.DataFrame) -> DeepSpread | None:
        """The spread of training cases; `None` of fewer than ten, or of features that never differ."""
        if len(vectors) < _FEWEST:
            return None
        values = vectors.to_numpy(float)
        _, first = np.unique(values, axis=1, return_index=True)
        kept = [place for place in sorted(first) if values[:, place].std() > 0]
        if not kept:
            return None
        values = values[:, kept]
        scale = values.std(axis=0)  # features of unlike sizes would make one shrinkage wrong for most
        covariance = LedoitWolf().fit((values - values.mean(axis=0)) / scale).covariance_
        whitening = np.linalg.inv(np.linalg.cholesky(covariance)) / scale
        return cls(tuple(str(vectors.columns[place]) for place in kept), values.mean(axis=0), whitening)

    def distances(self, vectors: pd.DataFrame) -> Array:
        """Mahalanobis' distance of cases (n,), over the root of the number of features: about 1 for training cases."""
        apart = vectors[list(self.columns)].to_numpy(float) - self.mean
        found: Array = np.linalg.norm(apart @ self.whitening.T, axis=1) / np.sqrt(len(self.columns))
        return found
