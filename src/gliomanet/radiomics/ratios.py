"""Log ratios between the contrasts of one case, in which what the scanner does to all of them cancels."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from gliomanet.modalities import MODALITIES
from gliomanet.tables.feature_names import FIRST_ORDER, LOG_RATIO, parts_of

LEAST = 0.02
"""Values below it are put to it before the logarithm, in units of the intensities: percentiles and means may come close
to 0, and in normalised images below it."""

POSITIVE = frozenset(
    (
        *("mean", "median", "maximum", "max", "range", "variance", "var", "energy", "kurtosis"),
        *("10percentile", "p10", "90percentile", "p90", "interquartilerange", "iqr", "rootmeansquared", "rms"),
        *("meanabsolutedeviation", "mad", "robustmeanabsolutedeviation", "rmad"),
    )
)
"""First-order features that are positive in images of positive intensities, as pyradiomics and MIRP spell them, in
lower case. The kurtosis is pyradiomics', 3 for a normal distribution; an excess kurtosis (`kurt`) is not positive."""

SIGNED = frozenset(("skewness", "skew"))
"""Those without a unit that have a sign: of them the difference is taken, not the log ratio."""


def with_ratios(features: pd.DataFrame) -> pd.DataFrame:
    """The table, and after its columns the log ratios of every pair of its modalities.

    A ratio is missing where a case lacks one of the two. Only features of unfiltered images are compared.

    Args:
        features: rows case × region of `results/radiomics/`.

    Returns:
        With `<one>-<other>_logratio_<name>`: the natural logarithm of the feature in one contrast over that in the
        other, or their difference (`SIGNED`). Modalities in the order of `MODALITIES`, others after them by name.
    """
    images: dict[tuple[str, str], dict[str, str]] = {}
    for column in map(str, features.columns):
        name = parts_of(column)
        if name.family == FIRST_ORDER and not name.filter and name.name.lower() in POSITIVE | SIGNED:
            images.setdefault((name.region, name.modality), {})[name.name] = column
    derived = {}
    for one, other in combinations(sorted(images, key=_place), 2):
        if one[0] == other[0]:
            derived.update(_pair(features, one, images[one], other[1], images[other]))
    return pd.concat([features, pd.DataFrame(derived, index=features.index)], axis=1)


def says_nothing(features: pd.DataFrame, ratio: str) -> bool:
    """True of a log ratio whose two features were both put to `LEAST`: its 0 is no likeness of the contrasts.

    A ratio of 0 alone does not tell: equal features above `LEAST` have it, too.

    Args:
        features: of one case, in one row, those that the ratio was formed from among them.
        ratio: name of the feature; False of any that is no log ratio.

    Raises:
        KeyError: a feature that the ratio was formed from is not there.
    """
    parts = parts_of(ratio)
    if parts.family != LOG_RATIO or parts.name.lower() not in POSITIVE:
        return False
    images = parts.modality.split("-")
    of = ["_".join(filter(None, (parts.region, image, FIRST_ORDER, parts.name))) for image in images]
    return bool((features[of].to_numpy(float) <= LEAST).all())


def _pair(
    features: pd.DataFrame, image: tuple[str, str], ours: Mapping[str, str], other: str, theirs: Mapping[str, str]
) -> dict[str, pd.Series]:
    region, modality = image
    found = {}
    for name in sorted(ours.keys() & theirs.keys()):
        values = features[[ours[name], theirs[name]]].to_numpy(float)
        if name.lower() in POSITIVE:
            values = np.log(np.maximum(values, LEAST))  # which keeps what is missing
        column = "_".join(filter(None, (region, f"{modality}-{other}", LOG_RATIO, name)))
        found[column] = pd.Series(values[:, 0] - values[:, 1], index=features.index)
    return found


def _place(image: tuple[str, str]) -> tuple[str, int, str]:
    region, modality = image
    return region, MODALITIES.index(modality) if modality in MODALITIES else len(MODALITIES), modality
