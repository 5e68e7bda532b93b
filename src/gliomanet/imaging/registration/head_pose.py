"""Pose of a head, in a fraction of a second: the rigid pose in which the atlas' tissues explain its image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from nilearn.datasets import load_mni152_gm_template, load_mni152_wm_template
from scipy import fft, ndimage
from scipy.spatial.transform import Rotation

from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.volume import Array, Float, Grid, Matrix, Volume, resample

_BACKGROUND_MM = 14.0
_SHELL_MM = 6.0
_LAYERS_MM = (15.0, 28.0)
_TOP_MM = 0.0
_COARSE_MM = 10.0
_COARSE_CELLS = 32
_TURN_STEP_DEGREES = 18.0
_TURN_DEGREES = 46.0
_CANDIDATES = 3
_ROUNDS = 6
_PLAUSIBLE = 0.36
_VOXEL_MM = 3.3
_DAMPING = 1e-3


@dataclass(frozen=True)
class Tissues:
    """The atlas as what may explain an image: `basis` (voxels of `inside`, classes) on `grid`.

    The classes are the shares of grey matter, white matter and cerebrospinal fluid, and a shell of `SHELL_MM` around
    the brain: empty in a stripped image, fluid and bone, dark on every modality, in one with skull.
    """

    grid: Grid
    inside: Array
    basis: Float


@dataclass(frozen=True)
class Fit:
    """A `matrix` (4, 4), RAS mm of the fixed grid → RAS mm of the image, and the share of variance explained there."""

    matrix: Matrix
    explained: float


@lru_cache(maxsize=2)
def head_tissues(spacing_mm: float) -> Tissues:
    """The atlas' grey matter, white matter and fluid, and layers around the brain: bone, and on top scalp and air.

    They explain a head with skull; of a stripped one all the layers are 0, which is as good. Shared: never written to.
    """
    room = int(np.ceil(_LAYERS_MM[-1] / spacing_mm))
    grid, gm, wm, brain = tissue_maps(spacing_mm, room)
    distance = ndimage.distance_transform_edt(~brain, sampling=spacing_mm)
    shell = max(_SHELL_MM, spacing_mm)
    classes = [gm, wm, np.clip(1 - gm - wm, 0, 1) * brain, ~brain & (distance <= shell)]
    top = grid.affine[2, 3] + spacing_mm * np.arange(grid.shape[2]) > _TOP_MM
    classes += [(distance > near) & (distance <= far) & top for near, far in pairwise((shell, *_LAYERS_MM))]
    basis = np.stack(classes, -1).astype(np.float32)
    inside = basis.sum(axis=-1) > 0.5
    return Tissues(grid, inside, basis[inside])


@lru_cache(maxsize=4)
def brain_tissues(spacing_mm: float, sigma_mm: float, depth_mm: float) -> Tissues:
    """Edges between the atlas' tissues, filtered as `edges` does, more than `depth_mm` inside the brain.

    What lies around the brain, or was cut off there, is not seen from this depth. Shared: never written to.
    """
    grid, gm, wm, brain = tissue_maps(spacing_mm, 0)
    deep = ndimage.distance_transform_edt(brain, sampling=spacing_mm) > depth_mm
    maps = (Volume(array, grid) for array in (gm, wm, np.clip(1 - gm - wm, 0, 1) * brain))
    basis = np.stack([blurred(one, sigma_mm).array - blurred(one, _BACKGROUND_MM).array for one in maps], -1)
    return Tissues(grid, deep, basis[deep].astype(np.float32))


def tissue_maps(spacing_mm: float, room: int) -> tuple[Grid, Float, Float, Array]:
    """The atlas' grid with `room` more voxels a side, and grey matter, white matter and brain on it."""
    _, mask = atlas(spacing_mm)
    affine = mask.grid.affine.copy()
    affine[:3, 3] -= room * spacing_mm
    brain = np.pad(mask.array > 0, room)
    x, y, z = brain.shape
    grid = Grid((x, y, z), affine)
    gm, wm = (
        resample(Volume.of(np.asarray(image.dataobj, dtype=np.float32), image.affine), grid) * brain
        for image in (load_mni152_gm_template(resolution=1), load_mni152_wm_template(resolution=1))
    )
    return grid, gm, wm, brain


def pooled(volume: Volume) -> Volume:
    """An image at voxels of about 3 mm, all that a pose needs, its brightest 1 % clipped."""
    return clipped(coarse(volume))


def clipped(image: Volume) -> Volume:
    """The image without its brightest 1 %."""
    positive = image.array[image.array > 0]
    return image.with_array(np.minimum(image.array, np.percentile(positive, 99))) if positive.size else image


def coarse(volume: Volume) -> Volume:
    """An image at voxels of about 3 mm.

    Small voxels become block means; thick slices are interpolated first, so that a scan is filtered alike whether or
    not somebody else has resampled it already.
    """
    array, affine = volume.array, volume.grid.affine.copy()
    for axis, spacing in enumerate(volume.grid.spacing):
        factor = max(1, int(_VOXEL_MM / spacing + 1e-3))
        count = array.shape[axis] // factor
        kept = np.moveaxis(array, axis, 0)[: count * factor]
        blocks = kept.reshape(count, factor, *kept.shape[1:]).mean(axis=1, dtype=np.float32) if factor > 1 else kept
        array = np.moveaxis(blocks, 0, axis)
        affine[:3, 3] += affine[:3, axis] * ((factor - 1) / 2)
        affine[:3, axis] *= factor
    means = Volume.of(np.ascontiguousarray(array, dtype=np.float32), affine)
    parts = [max(1, int(np.ceil(spacing / _VOXEL_MM - 1e-3))) for spacing in means.grid.spacing]
    if max(parts) == 1:
        return means
    x, y, z = ((n - 1) * part + 1 for n, part in zip(means.array.shape, parts, strict=True))
    finer = affine.copy()
    finer[:3, :3] = affine[:3, :3] / parts
    grid = Grid((x, y, z), finer)
    return Volume(resample(means, grid), grid)


def blurred(volume: Volume, sigma_mm: float) -> Volume:
    """The image as a Gaussian of `sigma_mm` would see it, whatever its voxel size: a voxel is a box blur already."""
    spacing = np.array(volume.grid.spacing)
    sigma = np.sqrt(np.maximum(sigma_mm**2 - spacing**2 / 12, 0)) / spacing
    array = ndimage.gaussian_filter(volume.array, np.where(sigma > 0.3, sigma, 0), truncate=3, mode="nearest")
    return volume.with_array(array)


def edges(image: Volume, sigma_mm: float) -> Volume:
    """Detail at the scale of `sigma_mm`: a band-pass over its own local strength, blind to gain and bias."""
    band = blurred(image, sigma_mm).array - blurred(image, _BACKGROUND_MM).array
    strength = blurred(image.with_array(band * band), _BACKGROUND_MM).array
    return image.with_array(band / np.sqrt(strength + 1e-3 * float(strength.max()) + 1e-12))


def find_pose(image: Volume) -> Fit:
    """Find the pose of the atlas in a head, with or without skull, of any modality.

    The figure of merit is the share of the image's variance that a linear combination of tissue classes explains: it
    knows no modality, gain or offset. First for the whole head: for every translation at once by Fourier transforms,
    and each of a ball of rotations up to `_TURN_DEGREES`, then by Gauss-Newton steps from the best of them. Last for
    the edges deep in the brain, where it does not matter whether the skull is still there.

    Args:
        image: the head, as `pooled` makes it.
    """
    soft, starts = blurred(image, 4.0), _starts(blurred(image, 5.0))
    found = Fit(starts[0], -1.0)
    # A right pose explains 0.4 and more, a wrong one next to nothing: most heads need the first few starts only.
    for number, first in enumerate((0, *range(0, len(starts), _CANDIDATES))):
        some = starts[first : first + _CANDIDATES]
        heads = [fit(soft, head_tissues(8.0), start, steps=12, stretch=True).matrix for start in some]
        if number > 0:
            # The skin fits, and the brain lies higher or lower in this head than in the atlas' imagined one.
            heads = [head @ _lifted(mm) for head in heads for mm in (-12.0, 0.0, 12.0)]
        found = max(found, refine_pose(image, heads), key=lambda one: one.explained)
        if found.explained >= _PLAUSIBLE:
            break
    return found


def _lifted(up_mm: float) -> Matrix:
    matrix = np.eye(4)
    matrix[2, 3] = up_mm
    return matrix


def judge_pose(image: Volume, matrix: Matrix) -> Fit:
    """A pose found by other means, with the share of variance that `find_pose` would say of it.

    Args:
        image: the head, as `pooled` makes it.
        matrix: (4, 4), RAS mm of the atlas → RAS mm of the image.
    """
    sharp, brain = edges(image, 4.0), brain_tissues(6.0, 4.0, 10.0)
    return Fit(matrix, _explained(_seen(sharp, brain, matrix)[0], brain.basis))


def refine_pose(image: Volume, starts: Sequence[Matrix]) -> Fit:
    """The last part of `find_pose`, from poses of which one is nearly right."""
    sharp, brain = edges(image, 4.0), brain_tissues(6.0, 4.0, 10.0)
    return max((fit(sharp, brain, start, steps=15, stretch=True) for start in starts), key=lambda one: one.explained)


def fit(image: Volume, fixed: Tissues, start: Matrix, *, steps: int, stretch: bool) -> Fit:
    """Gauss-Newton steps of the rigid pose in which `fixed.basis` explains most of the image's variance.

    Args:
        image: what is moved.
        fixed: the grid, and the columns that are to explain the image there.
        start: (4, 4), RAS mm of `fixed.grid` → RAS mm of the image.
        steps: the most steps; the search ends before where a step gains nothing.
        stretch: whether the axes may be scaled, too.
    """
    points = _points(fixed)
    current, values, gradient = start, *_seen(image, fixed, start)
    explained = _explained(values, fixed.basis)
    damping = _DAMPING
    for _ in range(steps):
        step = _step(values, gradient, fixed.basis, points, damping, stretch)
        tried = current @ _rigid(step, fixed.grid)
        seen = _seen(image, fixed, tried)
        gained = _explained(seen[0], fixed.basis) - explained
        if gained <= 0:
            if damping > 1:
                break
            damping *= 30
            continue
        current, explained, damping = tried, explained + gained, max(damping / 5, 1e-6)
        values, gradient = seen
        if gained < 1e-5:
            break
    return Fit(current, float(explained))


def _starts(image: Volume) -> list[Matrix]:
    """The most promising poses of an exhaustive search at `_COARSE_MM`."""
    shape, spectra, whitening, count = _spectra()
    template = head_tissues(_COARSE_MM)
    weights = np.maximum(image.array, 0)
    total = float(weights.sum())
    axes = [weights.sum(axis=tuple(a for a in range(3) if a != axis)) for axis in range(3)]
    mass = np.array([float((np.arange(len(line)) * line).sum()) for line in axes]) / max(total, 1e-12)
    centre = image.grid.affine[:3, :3] @ mass + image.grid.affine[:3, 3]
    cube = np.eye(4)
    cube[:3, :3] *= _COARSE_MM
    cube[:3, 3] = -_COARSE_MM * (_COARSE_CELLS - 1) / 2
    scored: list[tuple[float, Matrix]] = []
    for turn in _turns():
        pose = np.eye(4)
        pose[:3, :3] = turn
        pose[:3, 3] = centre
        pull = np.linalg.inv(image.grid.affine) @ pose @ cube
        seen = ndimage.affine_transform(
            image.array, pull[:3, :3], pull[:3, 3], output_shape=shape, output=np.float32, order=1
        )
        score = _explained_everywhere(seen, spectra, whitening, count)
        place = np.unravel_index(int(score.argmax()), shape)
        # The template's first voxel lies on voxel `place` of the cube (cyclically).
        corner = np.array([p - _COARSE_CELLS if p > _COARSE_CELLS // 2 else p for p in place])
        offset = cube[:3, 3] + _COARSE_MM * corner - template.grid.affine[:3, 3]
        start = np.eye(4)
        start[:3, :3] = turn
        start[:3, 3] = centre + turn @ offset
        scored.append((float(score[place]), start))
    scored.sort(key=lambda pair: -pair[0])
    return [start for _, start in scored[: _ROUNDS * _CANDIDATES]]


@lru_cache(maxsize=1)
def _turns() -> tuple[Matrix, ...]:
    steps = np.arange(-3, 4) * _TURN_STEP_DEGREES
    vectors = [np.array([x, y, z]) for x in steps for y in steps for z in steps]
    near = [vector for vector in vectors if np.linalg.norm(vector) <= _TURN_DEGREES]
    return tuple(Rotation.from_rotvec(np.deg2rad(vector)).as_matrix() for vector in near)


@lru_cache(maxsize=1)
def _spectra() -> tuple[tuple[int, int, int], Array, Array, int]:
    """Conjugate spectra of the tissue classes at `_COARSE_MM`, and what decorrelates them."""
    template = head_tissues(_COARSE_MM)
    shape = (_COARSE_CELLS, _COARSE_CELLS, _COARSE_CELLS)
    spectra = []
    for column in template.basis.T:
        box = np.zeros(shape, np.float32)
        x, y, z = template.grid.shape
        box[:x, :y, :z][template.inside] = column
        spectra.append(np.conj(fft.rfftn(box)))
    gram = template.basis.T.astype(np.float64) @ template.basis
    whitening = np.linalg.inv(np.linalg.cholesky(gram)).astype(np.float32)
    return shape, np.stack(spectra), whitening, int(template.inside.sum())


def _explained_everywhere(seen: Array, spectra: Array, whitening: Array, count: int) -> Array:
    """The share of variance explained with the template at each place of the cube (x, y, z)."""
    shape = seen.shape
    spectrum = fft.rfftn(seen)
    sums = np.stack([fft.irfftn(spectrum * one, s=shape) for one in spectra])
    squares = fft.irfftn(fft.rfftn(seen**2) * spectra.sum(axis=0), s=shape)
    mean_part = sums.sum(axis=0) ** 2 / count
    explained = (np.einsum("ij,jxyz->ixyz", whitening, sums) ** 2).sum(axis=0)
    variance = squares - mean_part
    floor = 0.1 * float(variance.max())
    score: Array = (explained - mean_part) / np.maximum(variance, floor)
    return score


def _seen(image: Volume, fixed: Tissues, matrix: Matrix) -> tuple[Array, Array]:
    """The image at the voxels of `fixed` (n,), and its gradient there in the fixed frame (n, 3), a mm."""
    pull = np.linalg.inv(image.grid.affine) @ matrix @ fixed.grid.affine
    box = ndimage.affine_transform(
        image.array, pull[:3, :3], pull[:3, 3], output_shape=fixed.grid.shape, output=np.float32, order=1
    )
    slopes = np.stack([np.gradient(box, step, axis=axis) for axis, step in enumerate(fixed.grid.spacing)], -1)
    return box[fixed.inside], slopes[fixed.inside]


def _explained(values: Array, basis: Array) -> float:
    centred = values - values.mean()
    total = float(centred @ centred)
    if total <= 0:
        return 0.0
    columns = basis - basis.mean(axis=0)
    right = columns.T.astype(np.float64) @ centred
    gram = columns.T.astype(np.float64) @ columns
    return float(right @ np.linalg.lstsq(gram, right, rcond=1e-6)[0]) / total


def _step(values: Array, gradient: Array, basis: Array, points: Array, damping: float, stretch: bool) -> Array:
    """Rotation vector and translation (6,) of the damped Gauss-Newton step, tissue intensities solved for jointly."""
    turning = np.cross(points, gradient)
    moves = [-turning, -gradient, *([-points * gradient] if stretch else [])]
    columns = np.concatenate([basis, *moves], axis=1).astype(np.float64)
    columns -= columns.mean(axis=0)
    normal = columns.T @ columns
    classes = basis.shape[1]
    ridge = np.full(columns.shape[1], damping)
    ridge[:classes] = 1e-9
    normal[np.diag_indices_from(normal)] += ridge * np.diag(normal) + 1e-12
    solution: Array = np.linalg.solve(normal, columns.T @ (values - values.mean()))[classes:]
    # Where the image is linear at all: no step goes beyond 10 degrees or 12 mm.
    step: Array = np.r_[
        _limited(solution[:3], np.deg2rad(10)), _limited(solution[3:6], 12.0), _limited(solution[6:], 0.1)
    ]
    return step


def _limited(vector: Array, most: float) -> Array:
    length = float(np.linalg.norm(vector))
    return vector * (most / length) if length > most else vector


def _rigid(step: Sequence[float] | Array, grid: Grid) -> Matrix:
    """A rotation about the grid's middle, and a translation, as a matrix."""
    middle = _middle(grid)
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(np.asarray(step[:3])).as_matrix()
    if len(step) > 6:
        matrix[:3, :3] = matrix[:3, :3] @ np.diag(np.exp(np.asarray(step[6:9])))
    matrix[:3, 3] = middle - matrix[:3, :3] @ middle + np.asarray(step[3:6])
    return matrix


def _middle(grid: Grid) -> Matrix:
    middle: Matrix = grid.affine[:3, :3] @ ((np.array(grid.shape) - 1) / 2) + grid.affine[:3, 3]
    return middle


def _points(fixed: Tissues) -> Array:
    """The voxels of `fixed` in mm from the grid's middle (n, 3)."""
    voxels = np.argwhere(fixed.inside) - (np.array(fixed.grid.shape) - 1) / 2
    placed: Array = (voxels @ fixed.grid.affine[:3, :3].T).astype(np.float32)
    return placed
