"""What an image file's name, header and reading error say, in the words of the audit's rules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import nibabel as nib
import numpy as np

from gliomanet.imaging.registration.ants import orthonormal
from gliomanet.imaging.volume import Matrix

RULES = {
    "does not exist": "missing_file",
    "cannot be read as NIfTI": "unreadable_file",
    "one 3-D volume is allowed": "not_three_dimensional",
    "voxels of type": "voxel_type",
    "voxels an axis are needed": "too_few_voxels",
    "NaN or infinite": "not_finite",
    "cannot be inverted": "affine_not_invertible",
    "has voxels of": "absurd_spacing",
    "not perpendicular": "skewed_axes",
    "in every voxel": "constant_image",
    "no voxel above its background": "no_signal",
    "a mask in the place of an image": "mask_in_place_of_image",
    "an image in the place of a mask": "image_in_place_of_mask",
    "lies on a grid of": "mask_on_a_foreign_grid",
    "holds the codes": "unknown_mask_codes",
}
"""Words of an error of preprocessing → the rule's name. Each is the wording of one check, which tests hold fast."""

_WITH_SKULL = re.compile(r"un[-_]?stripped|non[-_]?stripped|not[-_]?stripped|with[-_]?skull|whole[-_]?head", re.I)
_STRIPPED = re.compile(r"(?<![a-z])(brain|bet|((skull[-_]?)?stripped))(?![a-z])", re.I)


def verdict_of(message: str) -> tuple[str, str, str]:
    """An error of preprocessing as the audit states it: rule, what was found, what to do.

    A wording that is not in `RULES` is rule `unusable_file`.
    """
    rule = next((name for words, name in RULES.items() if words in message), "unusable_file")
    said = re.sub(r"^case [^:]*: ", "", message)
    found, mark, action = said.rpartition("; ")
    if not mark:
        found, mark, action = said.partition("? ")
        found += mark.strip()
    if not action:
        action = "correct the file, or leave the cell empty"
    return rule, found, action


def whose_name(path: Path) -> Literal["with skull", "stripped", ""]:
    """What a file's name, without its folders, claims of the skull; "" where it claims nothing."""
    if _WITH_SKULL.search(path.name):
        return "with skull"
    return "stripped" if _STRIPPED.search(path.name) else ""


def stored_type(path: Path) -> str:
    """The voxels' type in the file: `float64`, `int16`, …"""
    image: Any = nib.load(path)
    return str(image.get_data_dtype())


def oblique_degrees(affine: Matrix) -> float:
    """The largest angle between an axis of the grid and the nearest axis of the scanner, in degrees."""
    nearest = np.abs(orthonormal(affine[:3, :3])).max(axis=0)
    return float(np.rad2deg(np.arccos(np.clip(nearest.min(), -1, 1))))
