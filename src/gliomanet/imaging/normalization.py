"""Intensities inside the brain on a common scale: z-score, or WhiteStripe by the package `intensity-normalization`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gliomanet.imaging.foreground import Mask
from gliomanet.imaging.intensities import without_strays
from gliomanet.imaging.volume import Array, Float

LEAST_STD = 1e-6
STRIPE_VOXELS = 100_000
"""Voxels that the stripe is sought among: the package's density estimate takes a second for ten times as many."""

_TISSUE_CURVE = {"t1": "t1", "t1c": "t1", "t2": "t2", "flair": "flair"}


@dataclass(frozen=True)
class Normalized:
    """A modality's intensities (float32, 0 outside the brain), and how they came about.

    Attributes:
        array: the intensities.
        flag: what a person should look at, or `None`.
        offset: of the scale, in the intensities that came; array · `scale` + `offset` gives them back.
        scale: its unit.
    """

    array: Float
    flag: str | None = None
    offset: float = 0.0
    scale: float = 1.0


def normalize(array: Array, inside: Mask, how: Literal["zscore", "whitestripe", "none"], modality: str) -> Normalized:
    """Intensities inside the brain on the scale asked for, 0 outside.

    Args:
        array: intensities (x, y, z).
        inside: the brain's voxels that the modality covers, (x, y, z); at least one.
        how: `zscore`: mean 0 and standard deviation 1 of the brain; `whitestripe`: of its normal-appearing white
            matter; `none`: as they are.
        modality: t1, t1c, t2 or flair: WhiteStripe looks for white matter at the last peak of the histogram on T1 and
            T1c, at the largest on T2 and FLAIR.

    Returns:
        The intensities. Where no stripe is found, they are z-scored and `flag` says so. Voxels far beyond all others
        (`intensities.MOST_SPANS`) are brought to the others' extremes first, so that no few of them rule the scale.

    Source of WhiteStripe: Shinohara et al., NeuroImage: Clinical 6:9 (2014), 10.1016/j.nicl.2014.08.008.
    """
    values = array[inside].astype(np.float64)
    flag = None
    offset, scale = 0.0, 1.0
    if how != "none":
        values, strays = without_strays(values)
        if strays:
            flag = f"{modality}: {strays} voxels of the brain far beyond all others, brought to their extremes"
    if how == "whitestripe":
        stripe = _white_stripe(values, modality)
        if isinstance(stripe, str):
            found_none = f"{modality}: WhiteStripe found no white matter ({stripe}); z-scored instead"
            flag = f"{flag}; {found_none}" if flag else found_none
            how = "zscore"
        else:
            offset, scale = stripe[0], max(stripe[1], LEAST_STD)
            values = (values - offset) / scale
    if how == "zscore":
        offset = float(values.mean())
        values -= offset
        scale = max(float(values.std()), LEAST_STD)
        values /= scale
    normalized = np.zeros(array.shape, np.float32)
    normalized[inside] = values
    return Normalized(normalized, flag, offset, scale)


def _white_stripe(values: Array, modality: str) -> tuple[float, float] | str:
    """Mean and standard deviation of the white stripe, or why there is none."""
    # Imported here: it brings scikit-learn along, which z-scores need not wait for.
    from intensity_normalization import WhiteStripeNormalizer
    from intensity_normalization.adapters.images import NumpyImageAdapter
    from intensity_normalization.domain.exceptions import NormalizationError
    from intensity_normalization.domain.models import Modality

    chosen = values[:: max(1, values.size // STRIPE_VOXELS)]
    spread = float(chosen.std())
    if spread < LEAST_STD:
        return "the brain is constant"
    normalizer: Any = WhiteStripeNormalizer(modality=Modality(_TISSUE_CURVE[modality]))
    try:
        # The package keeps float32: a shift and a scale of our own keep its digits, and are taken back below.
        normalizer.fit(NumpyImageAdapter((chosen - chosen.mean()) / spread), NumpyImageAdapter(np.ones(chosen.shape)))
    except NormalizationError as error:
        return str(error)
    mean, std = float(normalizer.mean), float(normalizer.std)
    if not (np.isfinite(mean) and np.isfinite(std) and std > LEAST_STD):
        return f"its mean is {mean:g} and its standard deviation {std:g}"
    return mean * spread + float(chosen.mean()), std * spread
