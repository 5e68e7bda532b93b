"""A centre: its role, its source, its differences in preprocessing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from gliomanet.config.sources import Source
from gliomanet.config.types import Fraction, MaskConvention, PathText, Role, Section, each_once

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
    mask_codes: MaskConvention | None = Field(
        None,
        description="Meaning of the codes of its tumour masks: `brats` (BraTS 2017 to 2021: 1 core, 2 oedema, 4 enhancing), `brats-2023` (to 2025: 3 enhancing, 4 cavity), `brats-2013`, `nnunet` or `msd` (1 oedema, 2 core, 3 enhancing), `hd-glio` (1 oedema, 2 enhancing), `binary`, or a mapping `{core: [2], oedema: [1], enhancing: [3], cavity: [4]}` (`tumour`: parts not told). Default: the case table's column `mask_codes`, which importers of collections fill; else `brats`, any other code being an error.",
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
