"""The check of a case's modalities in the course of its preprocessing."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from gliomanet.imaging.case import Case
from gliomanet.imaging.modality_check.doubts import doubts_of
from gliomanet.imaging.registration.head_pose import judge_pose, pooled


def flag_doubts(work: Case) -> None:
    """Flag modalities that look like another than their name, and copies of one image, once the atlas is fitted."""
    images = {name: modality.volume for name, modality in work.modalities.items()}
    from_atlas = np.linalg.inv(work.atlas_matrix)
    poses = {name: judge_pose(pooled(image), work.from_reference[name] @ from_atlas) for name, image in images.items()}
    between = {
        (one, other): work.from_reference[other] @ np.linalg.inv(work.from_reference[one])
        for one, other in permutations(images, 2)
    }
    files = {name: str(work.path(name)) for name in images}
    for doubt in doubts_of(images, poses, files, between=between):
        work.flag(doubt.found)
