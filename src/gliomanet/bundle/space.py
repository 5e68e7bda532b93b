"""The space of a bundle's images: the atlas that is installed, told by its digest."""

from __future__ import annotations

import hashlib

import numpy as np

from gliomanet.imaging.registration.atlas import atlas


def atlas_digest(spacing_mm: float) -> str:
    """SHA-256 of the atlas on a grid: its shape, affine and voxels, rounded to 1e-4 of its range."""
    image, mask = atlas(spacing_mm)
    digest = hashlib.sha256(f"{image.grid.shape} {np.round(image.grid.affine, 4).tolist()}".encode())
    digest.update(np.rint(image.array * 1e4).astype(np.int32).tobytes() + mask.array.tobytes())
    return digest.hexdigest()
