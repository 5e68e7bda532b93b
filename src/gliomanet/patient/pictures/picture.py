"""A picture's place in a result: its file, and what a reader must know to read it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Picture(BaseModel):
    """One plane, in radiological convention: the patient's right at the left."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(description="Beside `result.json`.")
    space: Literal["scanner", "atlas"] = Field(description="Grid of the modality's own file, or the atlas.")
    modality: str
    plane: Literal["axial", "coronal", "sagittal"]
    slice: int = Field(description="From 1, counted from below, from the back, or from the patient's left.")
    slices: int
    position_mm: float = Field(description="Of the slice along its axis, in the file's own space.")
    outlined: tuple[str, ...] = Field(description="Parts of the tumour whose outline is drawn; none: no tumour there.")
    width: int = Field(description="In pixels.")
    height: int
