"""A centre: its role, its source, its differences in preprocessing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from gliomanet.config.sources import Source
from gliomanet.config.types import Fraction, PathText, Role, Section, each_once

Scan = Literal["baseline", "follow_up", "post_operative"]


class Center(Section):
    """One hospital or collection."""

    role: Role = Field(
        description="`train`: its labels train; `external`: opened by prediction only; `unlabelled`: its images train without labels."
    )
    source: Source = Field(description="Source of its cases.")
    preprocessing: dict[str, Any] = Field(default_factory=dict, description="Keys of `preprocessing` that differ here.")
    scans: Annotated[tuple[Scan, ...], Field(min_length=1), AfterValidator(each_once)] = Field(
        ("baseline",), description="Scans of its patients that enter the study; the others are listed, not used."
    )
    derive_1p19q: bool = Field(
        False,
        description="Fill unknown 1p/19q as intact where IDH is wildtype (WHO 2021); such labels are marked derived.",
    )
    reference_table: PathText | None = Field(
        None,
        description="Another table of the same cases (`case_id`, labels, age, `tumour_volume_ml`), to check the labels against.",
    )
    min_success_fraction: Fraction = Field(0.8, description="Share of the cases that must survive preprocessing.")
