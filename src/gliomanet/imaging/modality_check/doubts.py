"""Doubts about a case's images: those that look like another modality than their name, and those that are one image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np

from gliomanet.imaging.modality_check.appearance import LEAST_EXPLAINED, appearance_of
from gliomanet.imaging.modality_check.copies import COPY, NOISY_COPY, SCALED_COPY, likeness
from gliomanet.imaging.modality_check.naming import Misnamed, misnamed
from gliomanet.imaging.registration.head_pose import Fit
from gliomanet.imaging.volume import Matrix, Volume

SWAP_ACTION = (
    "look at the images; where they are in one another's place, swap the cells of the case table or the patterns of "
    "the source"
)
COPY_ACTION = "name each modality's own file, or leave the cell empty"
COPIED_ACTION = f"a file was copied over another or named twice; {COPY_ACTION}"


@dataclass(frozen=True)
class Doubt:
    """One thing that a person should look at.

    Attributes:
        severity: `error` where the images are certainly one.
        rule: name of the check.
        image: the modality whose file is in doubt, the first of several.
        found: what was found, with values and files.
        action: what to do.
        looks: modality → modalities that its image looks like, of images with wrong names.
    """

    severity: Literal["error", "warning"]
    rule: str
    image: str
    found: str
    action: str
    looks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def doubts_of(
    images: Mapping[str, Volume],
    poses: Mapping[str, Fit],
    files: Mapping[str, str],
    *,
    between: Mapping[tuple[str, str], Matrix] | None = None,
) -> list[Doubt]:
    """The reasons to doubt that a case's images are the modalities that they are called.

    Args:
        images: modality → image as read.
        poses: modality → RAS mm of the atlas → RAS mm of that image.
        files: modality → its file, for the text.
        between: (one, other) → RAS mm of one → RAS mm of the other; default: headers are believed.
    """
    copies = {
        (one, other): doubt
        for one, other in combinations(images, 2)
        if (doubt := _copy(one, other, images, poses, files, None if between is None else between[one, other]))
    }
    found = misnamed({name: appearance_of(image, poses[name]) for name, image in images.items()}, list(copies))
    return [*copies.values(), *([] if found is None else [swap_doubt(found, files)])]


def _copy(
    one: str,
    other: str,
    images: Mapping[str, Volume],
    poses: Mapping[str, Fit],
    files: Mapping[str, str],
    matrix: Matrix | None,
) -> Doubt | None:
    first, second = images[one], images[other]
    if first.array.shape == second.array.shape and np.array_equal(first.array, second.array):
        found = f"{other} and {one} ({files[one]}) hold the same voxels"
        return Doubt(
            "error",
            "same_voxels_twice_in_a_case",
            other,
            found,
            COPIED_ACTION,
        )
    pose = poses[one].matrix if poses[one].explained >= LEAST_EXPLAINED else None  # a copy is one of no head, too
    return copy_doubt(one, other, files, *likeness(first, second, pose, matrix))


def copy_doubt(one: str, other: str, files: Mapping[str, str], plain: float, detail: float) -> Doubt | None:
    """The doubt about two modalities of these correlations, see `likeness`; None where they are two scans."""
    pair = f"{other} and {one} ({files[one]})"
    if plain >= SCALED_COPY:
        found = f"{pair} hold the same voxels but for a gain and an offset (correlation {plain:.5f})"
        return Doubt("error", "same_voxels_twice_in_a_case", other, found, COPIED_ACTION)
    if plain >= NOISY_COPY:
        found = (
            f"{pair} hold the same voxels but for little noise (correlation {plain:.4f}; two scans stay below "
            f"{NOISY_COPY:g})"
        )
        action = f"look whether one is a copy of the other with other noise; {COPY_ACTION}"
        return Doubt("warning", "near_copy_in_a_case", other, found, action)
    if detail >= COPY:
        found = (
            f"{pair} are alike down to their noise (correlation of detail {detail:.3f}; two scans stay below {COPY:g})"
        )
        action = f"look whether one is a copy of the other that was smoothed, resampled or rescaled; {COPY_ACTION}"
        return Doubt("warning", "near_copy_in_a_case", other, found, action)
    return None


def swap_doubt(found: Misnamed, files: Mapping[str, str]) -> Doubt:
    """The doubt about images that do not look like their names, all in one."""
    looks = {name: " or ".join(like) for name, like in found.looks.items()}
    named = ", ".join(f"{name} ({files[name]}) looks like {like}" for name, like in looks.items())
    if not looks:
        named = f"{', '.join(f'{name} ({file})' for name, file in files.items())} do not look like their names"
    elif set(looks) == set(looks.values()):
        *others, last = looks
        named += f", so {', '.join(others)} and {last} seem to be in one another's place"
    return Doubt(
        "warning",
        "modality_unlike_its_name",
        next(iter(looks or files)),
        f"{named}: {', '.join(found.why)}",
        SWAP_ACTION,
        looks=found.looks,
    )
