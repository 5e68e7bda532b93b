"""The images of a case beside the protocol that is recommended for brain tumours.

Source: the consensus protocol of clinical trials (BTIP), Ellingson et al., Neuro-Oncology 17:1188 (2015),
10.1093/neuonc/nov095: isotropic 3D T1 before and after contrast, T2, FLAIR, and diffusion.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gliomanet.modalities import MODALITIES
from gliomanet.patient.statements.statement import Statement, state

if TYPE_CHECKING:
    from gliomanet.patient.result import InputFile

ISOTROPIC = ("t1", "t1c")
"""Modalities that the protocol asks for as isotropic 3D images."""

MOST_STRETCH = 1.5
"""Longest over shortest side of a voxel that still counts as isotropic: what a resampled 3D image may have."""


def beside_protocol(inputs: Sequence[InputFile]) -> tuple[Statement, ...]:
    """Sequences that lack, or that are not as the protocol asks for them."""
    sizes = {one.image: one.voxel_mm for one in inputs}
    missing = tuple(name for name in MODALITIES if name not in sizes)
    said = [state("protocol.missing", modalities=missing) if missing else state("protocol.given")]
    for name in ISOTROPIC:
        size = sizes.get(name)
        if size is not None and max(size) > MOST_STRETCH * min(size):
            told = " × ".join(f"{mm:.3g}" for mm in size)
            said.append(state("protocol.not_isotropic", modality=name, size=told))
    return (*said, state("protocol.diffusion"))
