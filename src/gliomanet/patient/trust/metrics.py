"""Metrics of the look of a preprocessed case: each metric's name, its words, and the side on which it is bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

from gliomanet.modalities import MODALITIES
from gliomanet.patient.statements.statement import Statement, state


@dataclass(frozen=True)
class LookMetric:
    """A number of a preprocessed case.

    Attributes:
        code: of the statement that says what it is, below `look.`.
        bad: the side on which a value is unlike the training cases.
        least_spread: a deviation that means nothing, in the metric's own unit: no spread counts as less.
        low: code of what a person should think of below the training cases' range, below `think_of.`,
        high: and above it.
        modalities: those whose images it is measured in; empty: the brain's outline and place alone.
        names: what the statement is about.
    """

    code: str
    bad: Literal["low", "high", "both"]
    least_spread: float
    low: str = ""
    high: str = ""
    modalities: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def says(self) -> Statement:
        """The metric in words."""
        return state(f"look.{self.code}", **self.names)


SIDES = ("left", "right", "back", "front", "bottom", "top")
"""Ends of the axes of the atlas, RAS+: low and high of each."""

_PLACE = {
    "brain_ml": LookMetric("brain_ml", "both", 15.0, "small_brain", "large_brain"),
    "head_size": LookMetric("head_size", "both", 0.01, "small_head", "large_head"),
    "head_stretch": LookMetric("head_stretch", "high", 0.01, high="stretched"),
    "atlas_covered": LookMetric("atlas_covered", "low", 0.003, "part_missing"),
    **{f"covered_{side}": LookMetric("covered", "low", 0.01, "part_missing", names={"side": side}) for side in SIDES},
    "beyond_atlas": LookMetric("beyond_atlas", "high", 0.003, high="off_atlas"),
}


def _of_modality(name: str) -> dict[str, LookMetric]:
    def metric(
        code: str, bad: Literal["low", "high", "both"], least_spread: float, low: str = "", high: str = ""
    ) -> LookMetric:
        return LookMetric(code, bad, least_spread, low, high, (name,), {"one": name})

    return {
        f"shown_{name}": metric("shown", "low", 0.005, "not_shown"),
        f"explained_{name}": metric("explained", "low", 0.01, "no_head"),
        f"fluid_{name}": metric("fluid", "both", 0.05, "other_contrast", "other_contrast"),
        f"grey_{name}": metric("grey", "both", 0.05, "other_contrast", "other_contrast"),
        f"detail_{name}": metric("detail", "both", 0.03, "blurred", "noisy"),
        f"ripple_{name}": metric("ripple", "high", 0.03, high="motion"),
        f"uneven_{name}": metric("uneven", "high", 0.01, high="bias"),
        f"flat_{name}": metric("flat", "high", 0.003, high="lost_slices"),
    }


def _of_pair(code: str, one: str, other: str, bad: Literal["low", "high"], least_spread: float) -> LookMetric:
    bad_code = {"alike": "two_patients", "cavity": "cavity"}[code]
    low, high = (bad_code, "") if bad == "low" else ("", bad_code)
    return LookMetric(code, bad, least_spread, low, high, (one, other), {"one": one, "other": other})


_PAIRS = {
    f"alike_{one}_{other}": _of_pair("alike", one, other, "low", 0.02) for one, other in combinations(MODALITIES, 2)
}
_CAVITIES = {f"cavity_{one}_flair": _of_pair("cavity", one, "flair", "high", 0.05) for one in ("t1", "t2")}

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
