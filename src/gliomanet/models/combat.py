"""ComBat: radiomic features of several centres brought to one location and scale.

Sources: Johnson et al., Biostatistics 8:118 (2007), 10.1093/biostatistics/kxj037; Fortin et al., NeuroImage 167:104
(2018), 10.1016/j.neuroimage.2017.11.024. The fit is `neuroCombat`'s. What it fits is applied here: its own
`neuroCombatFromTraining` turns one-element arrays to numbers, which numpy has ceased to do.

No label is kept as a covariate, since a case to be predicted has none. So where centres differ in their share of a
class, ComBat takes a part of that class's effect for the centre's.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from neuroCombat import neuroCombat
from numpy.typing import NDArray

FEWEST_CASES = 2
"""A centre's variance needs two cases."""

FEWEST_FEATURES = 2
"""The centres' priors are the spread over features."""


@dataclass(frozen=True)
class Combat:
    """Parameters of ComBat, learnt from training cases: a centre's row harmonises a feature's value there.

    With pooled mean α and deviation σ of a feature, and the centre's shift γ and factor δ of it in units of σ, a value
    x becomes α + σ ((x − α) / σ − γ) / √δ.

    Attributes:
        columns: The features that are harmonised (F); others, and the age, are passed as they are.
        centers: The centres that the fit has seen (C).
        mean: (F,) α.
        deviation: (F,) σ.
        shift: (C, F) γ.
        factor: (C, F) δ, of the variance.
    """

    columns: tuple[str, ...]
    centers: tuple[str, ...]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    shift: NDArray[np.float64]
    factor: NDArray[np.float64]

    @classmethod
    def fit(cls, table: pd.DataFrame, centers: Sequence[str]) -> Combat:
        """The fit on training cases.

        A missing value counts as the median of its centre's cases, or of all where the centre has none.

        Args:
            table: Training cases × radiomic features, NaN = missing. Features that are constant or without any value
                are not harmonised.
            centers: The cases' centres.

        Raises:
            ValueError: a single centre, a centre of a single case, or fewer than two features.
        """
        names, counts = np.unique(np.asarray(centers, dtype=str), return_counts=True)
        listed = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True)) or "none"
        if len(names) < 2:
            raise ValueError(f"ComBat needs training cases of at least two centres, found: {listed}")
        if counts.min() < FEWEST_CASES:
            raise ValueError(f"ComBat needs at least {FEWEST_CASES} training cases of every centre, found: {listed}")
        finite = table.astype(float).replace([np.inf, -np.inf], np.nan).reset_index(drop=True)
        spread = finite.max() - finite.min()
        kept = finite.loc[:, spread > 1e-9 * finite.abs().max()]  # a constant's spread is some rounding error
        if kept.shape[1] < FEWEST_FEATURES:
            raise ValueError(
                f"ComBat needs at least {FEWEST_FEATURES} radiomic features that differ between training cases, "
                f"found: {', '.join(map(str, kept.columns)) or 'none'}"
            )
        batch = pd.Series(np.asarray(centers, dtype=str))
        filled = kept.fillna(kept.groupby(batch).transform("median")).fillna(kept.median())
        # neuroCombat tells each of its steps on standard output, and divides 0 by 0 where a shift is exactly 0.
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(divide="ignore", invalid="ignore"):
            fitted = neuroCombat(filled.to_numpy().T, pd.DataFrame({"center": batch}), "center")["estimates"]
        return cls(
            tuple(str(column) for column in kept.columns),
            tuple(str(name) for name in fitted["batches"]),
            np.asarray(fitted["stand.mean"], dtype=np.float64)[:, 0],
            np.sqrt(np.asarray(fitted["var.pooled"], dtype=np.float64))[:, 0],
            np.asarray(fitted["gamma.star"], dtype=np.float64),
            np.asarray(fitted["delta.star"], dtype=np.float64),
        )

    def transform(self, table: pd.DataFrame, centers: Sequence[str]) -> pd.DataFrame:
        """The cases' features, harmonised where the fit has seen their centre.

        Cases of other centres keep their values: they are put on the pooled scale of the training cases by the model's
        own standardisation alone. Missing values stay missing, for the model to fill in.

        Args:
            table: Cases × features.
            centers: The cases' centres.
        """
        columns = [column for column in self.columns if column in table.columns]
        place = [self.columns.index(column) for column in columns]
        mean, deviation = self.mean[place], self.deviation[place]
        values = table[columns].to_numpy(float, copy=True)
        at = np.asarray(centers, dtype=str)
        for number, name in enumerate(self.centers):
            rows = at == name
            shift, factor = self.shift[number, place], self.factor[number, place]
            values[rows] = mean + deviation * ((values[rows] - mean) / deviation - shift) / np.sqrt(factor)
        result = table.copy()
        result[columns] = values
        return result

    def unseen(self, centers: Sequence[str]) -> list[str]:
        """Those of the centres that the fit has not seen, sorted."""
        return sorted(set(map(str, centers)) - set(self.centers))

    def note(self) -> str:
        """A note for readers of the results, in two sentences."""
        return (
            f"Radiomic features were harmonised by ComBat, fitted on the training cases of {', '.join(self.centers)}. "
            "Cases of other centres cannot be harmonised by it: their features were passed unchanged."
        )
