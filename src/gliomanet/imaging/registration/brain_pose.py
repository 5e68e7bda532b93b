"""Pose of the atlas' brain in a head that may be turned, shifted or cropped: a search that needs no good start.

A gradient descent from the heads' centres fails where a head is bowed by 15 degrees or the neck is long: the brain-only
atlas then settles between brain and face. So poses are compared by how alike image and atlas are in and just around
the atlas' brain, first on a grid of bows and shifts, then by steps along each parameter that are halved.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from gliomanet.imaging.foreground import Mask, within
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.registration.similarity import normalized_mutual_information
from gliomanet.imaging.volume import Array, Matrix, Volume, resample

_SEARCH_MM = 6.0
_RING_MM = 9.0
_BOWS = (-24.0, -12.0, 0.0, 12.0, 24.0)  # degrees about the axis from ear to ear
_UP = (-36.0, -24.0, -12.0, 0.0, 12.0, 24.0, 36.0)  # mm
_FORWARD = (-24.0, -12.0, 0.0, 12.0, 24.0)  # mm
_STARTS = 3
_FIRST_STEP = 6.0  # degrees, and mm
_HALVINGS = 3
_MOST_ROUNDS = 12


def brain_pose(image: Volume, start: Matrix) -> Matrix:
    """The rotation and shift under which image and atlas are most alike in and around the atlas' brain.

    No scale: the atlas shrunk into the white matter, or grown to the scalp, can look more alike than where it belongs.

    Args:
        image: modality with or without skull.
        start: (4, 4), image RAS mm → atlas RAS mm; the search begins around it.

    Returns:
        (4, 4), image RAS mm → atlas RAS mm.
    """
    search = _Search(image, start)
    grid = [np.array([bow, 0, 0, 0, forward, up]) for bow, forward, up in product(_BOWS, _FORWARD, _UP)]
    ranked = sorted(range(len(grid)), key=lambda i: -search.alike(grid[i]))
    climbed = [search.climb(grid[i]) for i in ranked[:_STARTS]]
    return search.matrix(max(climbed, key=search.alike))


class _Search:
    """Likeness of an image and the atlas for poses: bow, roll, turn (degrees), x, y, z (mm)."""

    def __init__(self, image: Volume, start: Matrix) -> None:
        template, mask = atlas(_SEARCH_MM)
        pad = int(np.ceil(_RING_MM / _SEARCH_MM))
        affine = template.grid.affine.copy()
        affine[:3, 3] -= affine[:3, :3] @ np.full(3, pad)
        self._template = Volume.of(np.pad(template.array, pad), affine)
        brain = np.pad(mask.array, pad) > 0
        self._near: Mask = within(brain, self._template.grid.spacing, _RING_MM)
        self._centre = affine[:3, :3] @ np.argwhere(brain).mean(axis=0) + affine[:3, 3]
        grid = image.grid.isotropic(_SEARCH_MM)
        self._image = Volume(resample(image, grid), grid)
        self._start = start
        self._known: dict[tuple[float, ...], float] = {}

    def matrix(self, pose: Array) -> Matrix:
        bow, roll, turn = np.radians(pose[:3])
        rotation = _about(0, bow) @ _about(1, roll) @ _about(2, turn)
        moved = np.eye(4)
        moved[:3, :3] = rotation
        moved[:3, 3] = self._centre - rotation @ self._centre + pose[3:6]
        matrix: Matrix = moved @ self._start
        return matrix

    def alike(self, pose: Array) -> float:
        key = tuple(float(value) for value in pose)
        if key not in self._known:
            seen = resample(self._image, self._template.grid, np.linalg.inv(self.matrix(pose)))
            self._known[key] = normalized_mutual_information(self._template.array, seen, self._near)
        return self._known[key]

    def climb(self, pose: Array) -> Array:
        """Steps along one parameter at a time for as long as any makes the images more alike, then half of them."""
        for halving in range(_HALVINGS):
            for _ in range(_MOST_ROUNDS):
                before = self.alike(pose)
                for axis, sign in product(range(len(pose)), (-1, 1)):
                    tried = pose.copy()
                    tried[axis] += sign * _FIRST_STEP / 2**halving
                    if self.alike(tried) > self.alike(pose):
                        pose = tried
                if self.alike(pose) <= before:
                    break
        return pose


def _about(axis: int, angle: float) -> Matrix:
    """A rotation by an angle in radians about an axis, (3, 3)."""
    first, second = (other for other in range(3) if other != axis)
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix
