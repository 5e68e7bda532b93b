"""Facts of an image file that its name and header tell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import numpy as np

from gliomanet.imaging.registration.ants import orthonormal
from gliomanet.imaging.volume import Matrix

_WITH_SKULL = re.compile(r"un[-_]?stripped|non[-_]?stripped|not[-_]?stripped|with[-_]?skull|whole[-_]?head", re.I)
_STRIPPED = re.compile(r"(?<![a-z])(brain|bet|((skull[-_]?)?stripped))(?![a-z])", re.I)


def claim_of_name(path: Path) -> Literal["with skull", "stripped", ""]:
    """The claim of a file's name, without its folders, on the skull; "" where it claims nothing."""
    if _WITH_SKULL.search(path.name):
        return "with skull"
    return "stripped" if _STRIPPED.search(path.name) else ""


def oblique_degrees(affine: Matrix) -> float:
    """The largest angle between an axis of the grid and the nearest axis of the scanner, in degrees."""
    nearest = np.abs(orthonormal(affine[:3, :3])).max(axis=0)
    return float(np.rad2deg(np.arccos(np.clip(nearest.min(), -1, 1))))
