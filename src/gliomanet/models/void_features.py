"""Features that carry nothing: empty, constant, texture that says nothing of an image, or another feature once more.

Decided on training cases alone, without a look at labels. Models, explanation and the audit ask the same function.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.tables.feature_names import FIRST_ORDER, MASK, SHAPE, FeatureName, parts_of

Why = Literal["empty", "constant", "one grey level", "mask alone", "duplicate"]

SAME = 1e-9
"""Largest 1 − |r| of two columns that are one: beyond that, they differ by more than how they were written down."""

FEWEST_CASES = 5
"""Fewer cases make columns equal by chance."""

ONE_LEVEL_SHARE = 0.5
"""From this share of cases with a single grey level, the texture of an image is void."""

_CONSTANT = 1e-9
"""A constant column's deviation is some rounding error, as a share of its largest value."""

_OF_ONE_LEVEL = {
    (FIRST_ORDER, "Entropy"): 0.0,
    (FIRST_ORDER, "Uniformity"): 1.0,
    ("glcm", "JointEntropy"): 0.0,
    ("glcm", "JointEnergy"): 1.0,
    ("glrlm", "GrayLevelVariance"): 0.0,
    ("glszm", "GrayLevelVariance"): 0.0,
    ("gldm", "GrayLevelVariance"): 0.0,
}
"""Values that these features have where every voxel is of one grey level, and nowhere else."""

_MULTIPLES = (
    frozenset({"Energy", "TotalEnergy"}),  # times the volume of a voxel, which is that of the study's grid
    frozenset({"JointAverage", "SumAverage"}),  # twice, as the matrix is symmetric
)
"""pyradiomics' features of one image that are multiples of each other by definition: no sign of a fault, and kept."""


@dataclass(frozen=True)
class Void:
    """The reason why a feature carries nothing.

    Attributes:
        why: the reason.
        twin: of a duplicate, the feature that is kept in its place.
    """

    why: Why
    twin: str = ""

    def __str__(self) -> str:
        return f"the same as {self.twin}" if self.twin else self.why


def void_features(table: pd.DataFrame, apart: Sequence[str] = ()) -> dict[str, Void]:
    """The columns of a table that carry nothing, with the reason.

    Of columns that are each other's multiple, the one with the fewest missing values is kept, of the mask before those
    of a modality, shape before the rest, names with known parts before others, then the first by name.

    Args:
        table: training cases × features, floats, NaN = missing.
        apart: columns that are no feature (the age), and never duplicates of one.
    """
    filled = table.fillna(table.median())
    deviation = filled.std(ddof=0)
    void: dict[str, Void] = {}
    for column, spread, most in zip(table.columns, deviation, filled.abs().max(), strict=True):
        if not np.isfinite(most):
            void[str(column)] = Void("empty")
        elif not spread > _CONSTANT * most:
            void[str(column)] = Void("constant")
    features = [str(column) for column in table.columns if column not in apart]
    names = {column: parts_of(column) for column in features}
    flat = one_level_images(table[features])
    for column, name in names.items():
        if _image_of(name) in flat and (name.is_texture or (name.family, name.name) in _OF_ONE_LEVEL):
            void[column] = Void("one grey level")
    kept = [column for column in features if column not in void]
    for column, twin in duplicates(table[kept], names).items():
        if _is_of_mask(names[column], names[twin]):
            void[column] = void[twin] = Void("mask alone")
        elif column not in void:
            void[column] = Void("duplicate", twin)
    return {str(column): void[column] for column in table.columns if column in void}


Image = tuple[str, str, str]
"""Region, modality and filter of the image that a feature is measured in."""


def one_level_images(table: pd.DataFrame) -> dict[Image, float]:
    """Images whose voxels are all of one grey level → share of the cases; those of `ONE_LEVEL_SHARE` and more.

    Args:
        table: cases × features.
    """
    shares: dict[Image, float] = defaultdict(float)
    for column in table.columns:
        name = parts_of(str(column))
        value = _OF_ONE_LEVEL.get((name.family, name.name))
        known = table[column].dropna()
        if value is not None and len(known):
            share = float((known.sub(value).abs() < 1e-6).mean())
            shares[_image_of(name)] = max(shares[_image_of(name)], share)
    return {image: share for image, share in shares.items() if share >= ONE_LEVEL_SHARE}


def duplicates(table: pd.DataFrame, names: dict[str, FeatureName], least: float = 1 - SAME) -> dict[str, str]:
    """Columns that are another one but for a factor and an offset → that one, which is kept.

    Args:
        table: cases × features that are not constant.
        names: column → its parts.
        least: |r| from which two columns are one.
    """
    columns = [str(column) for column in table.columns]
    if len(table) < FEWEST_CASES or len(columns) < 2:
        return {}
    alike = np.abs(correlation(table.to_numpy(float))) >= least
    missing = table.isna().sum().to_numpy()
    order = sorted(range(len(columns)), key=lambda i: (missing[i], *_rank(names[columns[i]]), columns[i]))
    kept: list[int] = []
    twins: dict[str, str] = {}
    for i in order:
        twin = next((j for j in kept if alike[i, j] and not _by_definition(names[columns[i]], names[columns[j]])), None)
        if twin is None:
            kept.append(i)
        else:
            twins[columns[i]] = columns[twin]
    return twins


def correlation(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's r of each pair of columns over the cases that have both, (features, features); NaN of too few.

    Args:
        values: (cases, features), NaN = missing.
    """
    known = np.isfinite(values)
    centre = np.nanmedian(np.where(known, values, np.nan), axis=0)
    size = np.nanstd(np.where(known, values, np.nan), axis=0)
    x = np.where(known, (values - centre) / np.where(size > 0, size, 1.0), 0.0)
    here = known.astype(float)
    n = here.T @ here
    with np.errstate(invalid="ignore", divide="ignore"):
        total, square = x.T @ here, (x**2).T @ here
        mean = total / n
        covariance = (x.T @ x) / n - mean * mean.T
        variance = np.maximum(square / n - mean**2, 0.0)
        r = covariance / np.sqrt(variance * variance.T)
    return np.asarray(np.where(n >= FEWEST_CASES, r, np.nan))


def _by_definition(one: FeatureName, other: FeatureName) -> bool:
    same_image = (_image_of(one), one.family) == (_image_of(other), other.family)
    return same_image and frozenset({one.name, other.name}) in _MULTIPLES


def _is_of_mask(one: FeatureName, other: FeatureName) -> bool:
    """Texture that is the same in two contrasts: no grey level told in it, it is the mask's, whatever it is called."""
    same = (one.region, one.family, one.filter, one.name) == (other.region, other.family, other.filter, other.name)
    return one.is_texture and same and one.modality != other.modality


def _rank(name: FeatureName) -> tuple[bool, bool, bool]:
    """Of duplicates, what is measured once in the mask says most plainly what it is, then shape, then known names."""
    return name.modality != MASK, name.family != SHAPE, not name.family


def _image_of(name: FeatureName) -> Image:
    return name.region, name.modality, name.filter
