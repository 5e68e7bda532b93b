"""Metrics of the look of a preprocessed case: each metric's name, its words, and the side on which it is bad."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from gliomanet.modalities import MODALITIES


@dataclass(frozen=True)
class LookMetric:
    """A number of a preprocessed case.

    Attributes:
        says: what it is, in words that end before "is".
        bad: the side on which a value is unlike the training cases.
        least_spread: a deviation that means nothing, in the metric's own unit: no spread counts as less.
        low: what a person should think of below the training cases' range,
        high: and above it.
        modalities: those whose images it is measured in; empty: the brain's outline and place alone.
    """

    says: str
    bad: Literal["low", "high", "both"]
    least_spread: float
    low: str = ""
    high: str = ""
    modalities: tuple[str, ...] = ()


SIDES = ("left", "right", "back", "front", "bottom", "top")
"""Ends of the axes of the atlas, RAS+: low and high of each."""

_PART = "a part of the head is missing, or the brain was not outlined well"
_PLACE = {
    "brain_ml": LookMetric(
        "volume of the brain in ml",
        "both",
        15.0,
        "a child's or an animal's head, a part of the head that is missing, or voxel sizes that are wrong",
        "more than a brain was outlined, or voxel sizes are wrong",
    ),
    "head_size": LookMetric(
        "size of the head over the atlas's, along an axis on average",
        "both",
        0.01,
        "a child's or an animal's head, or voxel sizes that are wrong",
        "voxel sizes are wrong, or this is no head",
    ),
    "head_stretch": LookMetric(
        "stretch of the head between its axes, over the atlas's",
        "high",
        0.01,
        high="voxel sizes are wrong, a part of the head is missing, or this is no head",
    ),
    "atlas_covered": LookMetric("share of the atlas's brain that the brain covers", "low", 0.003, _PART),
    **{
        f"covered_{side}": LookMetric(
            f"share of the atlas's brain that the brain covers at its {side} end", "low", 0.01, _PART
        )
        for side in SIDES
    },
    "beyond_atlas": LookMetric(
        "share of the brain that lies beyond the atlas's",
        "high",
        0.003,
        high="more than a brain was outlined, or the head does not lie on the atlas",
    ),
}


def _of_modality(name: str) -> dict[str, LookMetric]:
    one = (name,)
    return {
        f"shown_{name}": LookMetric(
            f"share of the brain that {name} shows",
            "low",
            0.005,
            "a part of the head is missing from the image",
            modalities=one,
        ),
        f"explained_{name}": LookMetric(
            f"share of {name}'s variance that the atlas's tissues explain",
            "low",
            0.01,
            "this is no head, noise, not on the atlas, or much of the brain is changed",
            modalities=one,
        ),
        f"fluid_{name}": LookMetric(
            f"brightness of fluid less that of white matter in {name}",
            "both",
            0.05,
            "another contrast or modality than its name, or another scale such as a CT's",
            "another contrast or modality than its name, or another scale such as a CT's",
            one,
        ),
        f"grey_{name}": LookMetric(
            f"brightness of grey less that of white matter in {name}",
            "both",
            0.05,
            "another contrast or modality than its name, or another scale such as a CT's",
            "another contrast or modality than its name, or another scale such as a CT's",
            one,
        ),
        f"detail_{name}": LookMetric(
            f"fine detail in {name} (logarithm)",
            "both",
            0.03,
            "a blurred image",
            "noise, motion, or a pattern over the image",
            one,
        ),
        f"ripple_{name}": LookMetric(
            f"fine detail of {name} along one axis over the others (logarithm)",
            "high",
            0.03,
            high="motion (ghosts along one axis), or slices that do not fit each other",
            modalities=one,
        ),
        f"uneven_{name}": LookMetric(
            f"share of {name}'s variance that only its place explains",
            "high",
            0.01,
            high="a strong bias field, or a large change on one side",
            modalities=one,
        ),
        f"flat_{name}": LookMetric(
            f"share of the brain without any variation in {name}",
            "high",
            0.003,
            high="slices that were filled or lost, or values that were cut off",
            modalities=one,
        ),
    }


_PAIRS = {
    f"alike_{one}_{other}": LookMetric(
        f"likeness of {one} and {other} in what is this head's own",
        "low",
        0.02,
        "the two images may not be of one patient or not lie on each other",
        modalities=(one, other),
    )
    for one, other in combinations(MODALITIES, 2)
}
_CAVITIES = {
    f"cavity_{one}_flair": LookMetric(
        f"largest space of fluid away from the atlas's by {one} and flair, log10(1 + ml)",
        "high",
        0.05,
        high="a cavity after surgery, a large cyst or necrosis, or wide ventricles",
        modalities=(one, "flair"),
    )
    for one in ("t1", "t2")
}

METRICS: dict[str, LookMetric] = {
    **_PLACE,
    **{key: metric for name in MODALITIES for key, metric in _of_modality(name).items()},
    **_PAIRS,
    **_CAVITIES,
}
"""Metrics of the look, in their order."""


def metrics_of(modalities: tuple[str, ...]) -> tuple[str, ...]:
    """The metrics that can be measured in these modalities."""
    return tuple(name for name, metric in METRICS.items() if set(metric.modalities) <= set(modalities))
