"""Evidence of a preprocessed case for its pictures: the images before, between and after the steps, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gliomanet.imaging.volume import Matrix, Volume


@dataclass(frozen=True)
class Evidence:
    """One case as the steps saw it. Arrays are (x, y, z), matrices (4, 4) in RAS mm.

    Attributes:
        case_id: the case.
        center: its centre.
        reference: the modality that the others were registered to.
        raw: modality → image as read, axes nearest to RAS+, background 0.
        corrected: modality → image after N4, native grid; the same objects as in `raw` where N4 is off.
        from_reference: modality → reference RAS mm → that modality's RAS mm; the identity for the reference.
        brain_mask: uint8, on the reference's grid.
        to_atlas: reference RAS mm → atlas RAS mm.
        tumour: the mask's codes as uint8 and the modality whose grid they lie on; None where there is no mask.
        on_atlas: file stem → final image: the modalities, `brain_mask`, and `tumour_mask` where there is one.
        metrics: the `qc` metrics of `preprocess.json`.
        flags: sentences on what a person should look at.
    """

    case_id: str
    center: str
    reference: str
    raw: Mapping[str, Volume]
    corrected: Mapping[str, Volume]
    from_reference: Mapping[str, Matrix]
    brain_mask: Volume
    to_atlas: Matrix
    tumour: tuple[Volume, str] | None
    on_atlas: Mapping[str, Volume]
    metrics: Mapping[str, Any]
    flags: tuple[str, ...]
