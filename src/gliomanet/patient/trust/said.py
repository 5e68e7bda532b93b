"""The part of a result that says when not to trust it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gliomanet.patient.statements.statement import Statement

DistanceOf = Literal["look", "deep features", "radiomic features"]
Verdict = Literal["usable", "look first", "do not use", "not judged"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Check(_Part):
    """A metric of the case's look beside the training cases'."""

    metric: str
    says: Statement = Field(description="The metric in words.")
    value: float
    usual_low: float = Field(description="Of the training cases 5 % are below,")
    usual_high: float = Field(description="and 5 % above.")
    deviation: float = Field(
        description="Deviation from the training cases' median in standard deviations of that side; 0 on a good side."
    )
    alarm_at: float = Field(description="The deviation from which the look alarms, one for all metrics.")
    alarm: bool


class Distance(_Part):
    """A distance of the case from the training cases, calibrated on cases that the fold did not learn from."""

    of: DistanceOf
    model: str = Field("", description="The model whose features they are.")
    distance: float = Field(
        description="Folds' mean. Of the look the largest deviation; of features Mahalanobis' distance, over "
        "the root of their number."
    )
    p: float = Field(description="Share of good cases that are as far: cross-conformal.")
    held_out: int = Field(description="Held-out cases that it is calibrated on; the smallest p is 1 / (1 + these).")
    alarm_at: float = Field(description="The p from which it alarms: its share of false alarms.")
    over_alarm: float = Field(description="The distance over that of alarm; from 2 on: do not use.")
    alarm: bool
    counts: bool = Field(description="False where the verdict does not rest on it; the notes say why.")


class Trust(_Part):
    """The reasons not to trust a result."""

    verdict: Verdict = Field(
        description="`usable`: no check alarmed, which does not say that the answer is right; `look first`; `do not "
        "use`; `not judged`: the bundle knows no training cases to hold this one beside."
    )
    reasons: tuple[Statement, ...] = Field(
        description="The reasons in words, the worst first; the warnings begin with them."
    )
    false_alarms: float | None = Field(
        description="Share of good cases like the training's own that would alarm by mistake, over all distances."
    )
    distances: tuple[Distance, ...]
    checks: tuple[Check, ...]
    notes: tuple[Statement, ...] = Field(description="What was not checked, and why.")
