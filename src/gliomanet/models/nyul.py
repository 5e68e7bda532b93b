"""A common histogram of a modality, and the mapping of an image's intensities to it.

Source: Nyúl and Udupa, IEEE Transactions on Medical Imaging 19:143 (2000), 10.1109/42.836373: percentiles as
landmarks, a line between each two. The numbers are those of `intensity_normalization.NyulNormalizer`, which is not
called: it keeps its landmarks in files, and gives NaN where an image's first or last two landmarks are one value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (1.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 99.0)
RANGE = (-2.33, 2.33)
"""The common scale at the outer percentiles: a standard normal's, so that networks see what a z-score gives."""


@dataclass(frozen=True)
class CommonHistogram:
    """Common scale of one modality, to which every image's brain is mapped.

    Attributes:
        percentiles: in per cent, rising.
        values: the common scale at each.
    """

    percentiles: tuple[float, ...]
    values: tuple[float, ...]

    @classmethod
    def of_image(cls, intensities: NDArray[np.floating[Any]]) -> CommonHistogram:
        """One image's landmarks, its outer two put to the ends of the scale.

        Args:
            intensities: Inside the brain, (voxels,).

        Raises:
            ValueError: no intensity, or outer landmarks that are equal.
        """
        marks, (low, high) = landmarks(intensities), RANGE
        return cls(PERCENTILES, tuple((low + (marks - marks[0]) / (marks[-1] - marks[0]) * (high - low)).tolist()))

    @classmethod
    def mean(cls, histograms: Sequence[CommonHistogram]) -> CommonHistogram:
        """The common histogram of images: the mean of each one's (see `of_image`); at least one is needed."""
        return cls(PERCENTILES, tuple(np.mean([histogram.values for histogram in histograms], axis=0).tolist()))

    def map(self, intensities: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """One image's intensities inside the brain, (voxels,), on the common scale.

        Beyond the outer landmarks the outer lines go on.

        Raises:
            ValueError: fewer than two intensities, whose histogram cannot be mapped.
        """
        marks = landmarks(intensities, self.percentiles)
        # Landmarks that are one value (many equal voxels) are one point, at the mean of their places on the scale.
        points, which = np.unique(marks, return_inverse=True)
        places = np.bincount(which, weights=self.values) / np.bincount(which)
        line = np.clip(np.searchsorted(points, intensities, side="right") - 1, 0, len(points) - 2)
        slope = np.diff(places) / np.diff(points)
        mapped = places[line] + slope[line] * (intensities.astype(np.float64) - points[line])
        return np.asarray(mapped, dtype=np.float32)


def landmarks(
    intensities: NDArray[np.floating[Any]], percentiles: tuple[float, ...] = PERCENTILES
) -> NDArray[np.float64]:
    """Percentiles of intensities, (voxels,) → (percentiles,).

    Raises:
        ValueError: no intensity, or the outer percentiles are equal: there is no histogram to map.
    """
    if not intensities.size:
        raise ValueError("no voxel inside the brain")
    marks = np.percentile(intensities.astype(np.float64), percentiles)
    if not marks[-1] > marks[0]:
        raise ValueError(
            f"intensities inside the brain are {marks[0]:g} at both percentile {percentiles[0]:g} and "
            f"percentile {percentiles[-1]:g}"
        )
    return np.asarray(marks, dtype=np.float64)
