"""Metrics of the answering model in centres that it had not seen, beside the study's reference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from gliomanet.bundle.read import Bundle


EXTERNAL = "external.json"


class ExternalMetric(BaseModel):
    """One metric of one model in one centre outside of training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    center: str = Field(description="External centre; `pooled`: all of them.")
    task: str
    metric: str = Field(description="As in the study's table of metrics.")
    model: str
    reference: bool = Field(description="True of the study's reference model, such as age alone.")
    value: float | None = Field(description="Empty: not estimable, see `note`.")
    low: float | None = Field(description="Lower end of its interval.")
    high: float | None = Field(description="Upper end.")
    n: int = Field(description="Cases.")
    n_positive: int | None = Field(description="Positive ones among them, of two classes.")
    note: str


def external_in(bundle: Bundle) -> tuple[ExternalMetric, ...]:
    """The metrics that a bundle holds; none where the study tested on no external centre."""
    if EXTERNAL not in bundle.description.files:
        return ()
    return tuple(ExternalMetric.model_validate(row) for row in bundle.json(EXTERNAL)["metrics"])


def external_values(metrics: Iterable[ExternalMetric]) -> dict[str, object]:
    """The content of the file."""
    return {"metrics": [one.model_dump(mode="json") for one in metrics]}
