"""Sections on preprocessing to the atlas grid, and on decisions of quality control."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gliomanet.config.types import Modality, PathText, Section


class Preprocessing(Section):
    """The imaging steps; a centre may override any of these keys."""

    spacing_mm: float = Field(
        1.0, ge=0.5, le=8, description="Voxel size of the atlas grid that cases are resampled to."
    )
    reference: Modality = Field("t1c", description="Modality that the others are registered to.")
    bias_correction: bool = Field(True, description="N4 bias field correction of every modality.")
    coregistration: bool = Field(
        True, description="Rigid registration to the reference; off = declared aligned, and checked."
    )
    brain_extraction: Literal["builtin", "hd-bet", "synthstrip", "supplied", "none"] = Field(
        "builtin",
        description="`builtin`: needs no weights; `hd-bet`, `synthstrip`: the program, where it is installed; "
        "`supplied`: the case's brain_mask; `none`: declared stripped, and checked.",
    )
    atlas_registration: Literal["affine", "rigid", "none"] = Field(
        "affine", description="Registration to the MNI152 atlas; `none`: declared to lie in its space, and checked."
    )
    normalization: Literal["zscore", "whitestripe", "none"] = Field(
        "zscore",
        description="Intensities inside the brain: mean 0 and standard deviation 1 of the brain (`zscore`) or of the "
        "stripe round its white matter's peak (`whitestripe`: the stripe is narrow, so values run to some tens).",
    )
    missing_modality: Literal["refuse", "drop", "mark"] = Field(
        "mark", description="A missing modality ends the study, drops the case, or is marked absent."
    )


class Quality(Section):
    """Decisions on cases after quality control."""

    decisions: PathText | None = Field(
        None,
        description="A person's table of decisions: columns `center`, `case_id`, `decision` (`keep`, `review`, "
        "`exclude`), `reason`; cases that it does not name keep the pipeline's own.",
    )
    review: Literal["keep", "exclude"] = Field(
        "keep", description="Decision on cases flagged for review that no person has decided on."
    )
