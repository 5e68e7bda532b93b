"""ANTs, kept deterministic: rigid and affine registration, and N4, between `Volume`s.

Two equal ANTs calls give different voxels unless `ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS=1` is in the environment before
`ants` is imported and a seed is passed. So this is the one module that imports it, at first use.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np

from gliomanet.errors import RegistrationError
from gliomanet.imaging.foreground import foreground
from gliomanet.imaging.registration.similarity import normalized_mutual_information
from gliomanet.imaging.volume import Array, Float, Matrix, Volume, resample

_THREADS = "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"


_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def ants_module() -> ModuleType:
    """The `ants` package, imported with one ITK thread.

    Raises:
        RuntimeError: it was imported before, by somebody else, with threads: results would not be reproducible.
    """
    if os.environ.get(_THREADS) != "1":
        if "ants" in sys.modules:
            raise RuntimeError(
                f"ants was imported with {_THREADS}={os.environ.get(_THREADS)!r}, and then gives different voxels at "
                f"each run; set {_THREADS}=1 in the environment before anything imports ants"
            )
        os.environ[_THREADS] = "1"
    import ants

    return ants  # type: ignore[no-any-return]


def register(
    fixed: Volume,
    moving: Volume,
    kind: Literal["Rigid", "Similarity", "Affine"],
    *,
    seed: int,
    initial: Matrix | None = None,
    mask: Array | None = None,
    iterations: tuple[int, ...] = (60, 30, 10),
    shrink: tuple[int, ...] = (4, 2, 1),
    smoothing: tuple[float, ...] = (2, 1, 0),
    sampling_rate: float = 0.08,
) -> Matrix:
    """The transform under which `moving` fits `fixed`, by Mattes' mutual information.

    Args:
        fixed: the image whose grid stays.
        moving: the image that is moved.
        kind: degrees of freedom.
        seed: of the metric's sampling.
        initial: start, as the result; the images are never less alike at the end than there. Default: centres of mass
            put onto each other.
        mask: (x, y, z) on the fixed grid: where the metric looks.
        iterations: most steps at each level of the pyramid.
        shrink: the pyramid's factors, coarse to fine.
        smoothing: Gaussian sigma of each level, in voxels.
        sampling_rate: share of the voxels the metric samples.

    Returns:
        (4, 4): RAS mm of `fixed` → RAS mm of `moving`, which is what `resample` takes.

    Raises:
        RegistrationError: ANTs gave up, as it does where the images do not overlap.
    """
    ants = ants_module()
    with tempfile.TemporaryDirectory() as folder:
        start: Any = None
        if initial is not None:
            start = [str(Path(folder) / "initial.mat")]
            ants.write_transform(_to_itk(initial), start[0])
        try:
            found = ants.registration(
                fixed=_to_ants(fixed),
                moving=_to_ants(moving),
                type_of_transform=kind,
                initial_transform=start,
                mask=None if mask is None else _to_ants(Volume(mask.astype(np.float32), fixed.grid)),
                outprefix=str(Path(folder) / "found"),
                aff_random_sampling_rate=sampling_rate,
                aff_iterations=iterations,
                aff_shrink_factors=shrink,
                aff_smoothing_sigmas=smoothing,
                # A zero would mean "by the clock".
                random_seed=seed % (2**31 - 2) + 1,
            )
        except RuntimeError as error:
            raise RegistrationError(f"{kind.lower()} registration did not converge: {error}") from error
        matrix = np.eye(4)
        # Listed last applied first, as ANTs does; an affine stage folds its start into one file.
        for name in found["fwdtransforms"]:
            matrix = matrix @ transform_matrix(ants.read_transform(name))
    return matrix if initial is None else _more_alike(fixed, moving, mask, initial, matrix)


def _more_alike(fixed: Volume, moving: Volume, mask: Array | None, start: Matrix, found: Matrix) -> Matrix:
    """`found`, or `start` where ANTs' sampled metric led away from it: 3 of 70 phantoms were turned by 30 degrees."""
    inside = foreground(fixed) if mask is None else mask.astype(bool)
    alike = [
        normalized_mutual_information(fixed.array, resample(moving, fixed.grid, matrix), inside)
        for matrix in (start, found)
    ]
    return found if alike[1] >= alike[0] else start


def bias_field(volume: Volume, mask: Array, *, iterations: tuple[int, ...] = (20, 20, 20)) -> Float:
    """N4's multiplicative bias field of a coarse positive image, estimated inside `mask` (x, y, z); float32, same grid.

    Source: Tustison et al., IEEE TMI 29:1310 (2010), 10.1109/TMI.2010.2046908.
    """
    field = ants_module().n4_bias_field_correction(
        _to_ants(volume),
        mask=_to_ants(volume.with_array(mask.astype(np.float32))),
        shrink_factor=1,
        convergence={"iters": list(iterations), "tol": 1e-4},
        return_bias_field=True,
    )
    return np.ascontiguousarray(field.numpy(), dtype=np.float32)


def version() -> str:
    return str(ants_module().__version__)


def _to_ants(volume: Volume) -> Any:
    lps = _LPS @ volume.grid.affine
    return ants_module().from_numpy(
        np.ascontiguousarray(volume.array, dtype=np.float32),
        origin=[float(v) for v in lps[:3, 3]],
        spacing=[float(v) for v in volume.grid.spacing],
        direction=orthonormal(lps[:3, :3]),
    )


def orthonormal(matrix: Matrix) -> Matrix:
    """The rotation (or reflection) nearest to a (3, 3) matrix: headers round, and ITK wants exact axes."""
    left, _, right = np.linalg.svd(matrix / np.sqrt((matrix**2).sum(axis=0)))
    nearest: Matrix = left @ right
    return nearest


def transform_matrix(transform: Any) -> Matrix:
    parameters, centre = np.asarray(transform.parameters), np.asarray(transform.fixed_parameters)
    matrix = np.eye(4)
    matrix[:3, :3] = parameters[:9].reshape(3, 3)
    matrix[:3, 3] = parameters[9:] + centre - matrix[:3, :3] @ centre
    converted: Matrix = _LPS @ matrix @ _LPS
    return converted


def _to_itk(matrix: Matrix) -> Any:
    lps = _LPS @ matrix @ _LPS
    return ants_module().new_ants_transform(
        precision="float",
        dimension=3,
        transform_type="AffineTransform",
        parameters=[*lps[:3, :3].ravel().tolist(), *lps[:3, 3].tolist()],
        fixed_parameters=[0.0, 0.0, 0.0],
    )
