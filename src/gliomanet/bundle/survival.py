"""Reference survival in a bundle: Kaplan–Meier curves of groups of the study's patients, never of one patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from gliomanet.bundle.read import Bundle


SURVIVAL = "survival.json"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AtYears(_Part):
    """Share alive after some years."""

    years: int
    survival: float = Field(description="Kaplan–Meier's estimate, 0 to 1.")
    low: float
    high: float


class CurvePoint(_Part):
    """A curve at a whole month."""

    month: int = Field(description="Of 30.44 days.")
    survival: float
    low: float
    high: float
    at_risk: int = Field(description="Patients still observed.")


class SurvivalGroup(_Part):
    """Survival of a group of patients."""

    center: str = Field(description="Centre of the patients; `pooled`: all centres that tell of survival.")
    group: str = Field(description="IDH status, or integrated type with its grade, by the study's labels.")
    age_band: str = Field(description="Years of age, the upper end in it; `all`: any.")
    resection: str = Field(description="Extent of resection; `all`: any.")
    label: str = Field(description="Further label and its value; `all`: any.")
    n: int = Field(description="Patients; groups of fewer than ten are told nowhere.")
    deaths: int = Field(description="Deaths among them: the events.")
    median_months: float | None = Field(description="Empty: too few events, or not reached; see `note`.")
    median_low: float | None
    median_high: float | None = Field(description="Empty: not reached.")
    followup_months: float | None = Field(description="Median follow-up; empty: not estimable.")
    at_years: tuple[AtYears, ...]
    curve: tuple[CurvePoint, ...] = Field(description="At whole months, as long as five patients are observed.")
    note: str


class BundledSurvival(_Part):
    """All groups of a study.

    Attributes:
        confidence: of every interval.
        groups: of each centre, and of all together where there are several.
    """

    confidence: float
    groups: tuple[SurvivalGroup, ...]


def survival_in(bundle: Bundle) -> BundledSurvival | None:
    """The reference curves of a bundle; `None` where its study knew of no survival."""
    if SURVIVAL not in bundle.description.files:
        return None
    return BundledSurvival.model_validate(bundle.json(SURVIVAL))
