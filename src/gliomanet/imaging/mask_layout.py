"""Layout of a tumour's parts in its mask: whether they lie in one another as the declared codes say.

Oedema surrounds core and enhancing tumour, so that it lies bare on the tumour's outside. Read in a convention that
exchanges it with one of them, or after labels were interpolated (between 4 and 0, and between 2 and 0, lie voxels of
1), the oedema is wrapped up by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomanet.imaging.volume import Volume
from gliomanet.mask_conventions import NAMED, STORED, MaskConvention

MOST_IN_RIM = 0.25
LEAST_BARE_OEDEMA = 0.45
"""Bounds of a layout that contradicts its codes: beyond both, core and enhancing tumour wrap up the oedema.

Four expert masks of BraTS and TCGA and 500 phantoms, most of them with some of either part at the rim: oedema is bare
by .56 or more in every one. With core and oedema exchanged it is bare by .08 or less in the experts' masks, and by less
than .42 in 49 of 50 phantoms; interpolated linearly by .41 or less, and by .49 where that made slices of 4 mm, too.
"""

THIN_RIM = 0.3
"""Share of the core's rim under which another part lies at once: above it, labels look interpolated.

Interpolated expert masks .44 to .75; with exchanged codes .10 or less (phantoms with thin oedema .41 or less).
"""

_LEAST_SHARE, _LEAST_VOXELS = 0.03, 50
_FAR_COARSER = 2.0


@dataclass(frozen=True)
class TumourLayout:
    """Places of the oedema and of the parts inside it. Shares are of voxel faces, along the axes of fine voxels.

    Attributes:
        judged: the mask holds enough of both to say something.
        inner_in_rim: of the tumour's outer faces, those of core and enhancing tumour.
        bare_oedema: of the oedema's surface, what is the tumour's outside.
        thin: of the core's outer faces, those under which another part begins after one voxel.
    """

    judged: bool
    inner_in_rim: float = 0.0
    bare_oedema: float = 1.0
    thin: float = 0.0

    @property
    def contradicts(self) -> bool:
        """True where the others wrap up the oedema."""
        return self.judged and self.inner_in_rim >= MOST_IN_RIM and self.bare_oedema <= LEAST_BARE_OEDEMA

    @property
    def looks_interpolated(self) -> bool:
        """True where it is a shell of one voxel's core that does."""
        return self.contradicts and self.thin >= THIN_RIM

    def __str__(self) -> str:
        """The shares with what is allowed."""
        return (
            f"{self.bare_oedema:.0%} of the oedema's surface lies on the tumour's outside (allowed: at least "
            f"{LEAST_BARE_OEDEMA:.0%}), and {self.inner_in_rim:.0%} of that outside are core or enhancing (allowed: "
            f"less than {MOST_IN_RIM:.0%}): they wrap up the oedema"
        )


def tumour_layout(mask: Volume, convention: MaskConvention) -> TumourLayout:
    """The layout of a tumour whose mask is read in some convention; not judged where that tells no parts.

    A tumour without oedema, or of oedema alone, is not judged. Faces are counted along axes
    whose voxels are no more than twice the finest, and which are not cut by single slices (a mask drawn on every third
    slice has both neighbours empty).

    Args:
        mask: codes as they came.
        convention: the meaning that is tried.
    """
    if not convention.tells_parts:
        return TumourLayout(judged=False)
    found = _box(mask.array)
    codes = np.array(convention.stored, np.uint8)[found]
    # Seen as a part of the core: else every code that is said to be a cavity would lay bare the oedema round it.
    codes[np.isin(found, convention.codes.get("cavity", ()))] = STORED["core"]
    core, oedema = codes == STORED["core"], codes == STORED["oedema"]
    tumour = int((codes > 0).sum())
    if min(tumour - int(oedema.sum()), int(oedema.sum())) < max(_LEAST_VOXELS, _LEAST_SHARE * tumour):
        return TumourLayout(judged=False)
    rim = core_rim = thin = oedema_faces = oedema_bare = 0
    for outer, inner in _neighbours(codes, mask.grid.spacing):
        is_rim = (codes > 0) & (outer == 0)
        of_core = is_rim & core
        rim += int(is_rim.sum())
        core_rim += int(of_core.sum())
        thin += int((of_core & (inner > 0) & (inner != STORED["core"])).sum())
        oedema_faces += int((oedema & (outer != STORED["oedema"])).sum())
        oedema_bare += int((oedema & is_rim).sum())
    return TumourLayout(
        judged=True,
        inner_in_rim=1 - oedema_bare / max(rim, 1),
        bare_oedema=oedema_bare / max(oedema_faces, 1),
        thin=thin / max(core_rim, 1),
    )


def better_conventions(mask: Volume, convention: MaskConvention) -> list[str]:
    """The named conventions that have all codes of a mask, and whose reading fits its layout.

    Args:
        mask: codes as they came.
        convention: the one that is left out, with those of the same meaning.
    """
    codes = {int(code) for code in np.unique(mask.array)} - {0}
    return [
        name
        for name, other in NAMED.items()
        if other.tells_parts
        and other.codes != convention.codes
        and codes <= other.part_of.keys()
        and not tumour_layout(mask, other).contradicts
    ]


def _box(array: NDArray[np.number]) -> NDArray[np.uint8]:
    """The box round what is not 0, with a margin of one voxel of 0."""
    places = [np.flatnonzero(array.any(axis=tuple(other for other in range(3) if other != axis))) for axis in range(3)]
    if not all(place.size for place in places):
        return np.zeros((3, 3, 3), np.uint8)
    x, y, z = (slice(int(place[0]), int(place[-1]) + 1) for place in places)
    return np.pad(array[x, y, z], 1).astype(np.uint8)


def _neighbours(
    codes: NDArray[np.uint8], spacing: tuple[float, ...]
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Each voxel's outer and inner neighbour, both ways along each axis that counts."""
    tumour = codes > 0
    fine = [axis for axis in range(3) if spacing[axis] <= _FAR_COARSER * min(spacing)]
    cut = [
        axis for axis in fine if ((np.roll(codes, 1, axis) == 0) | (np.roll(codes, -1, axis) == 0))[tumour].mean() > 0.5
    ]
    for axis in [axis for axis in fine if axis not in cut] or fine:
        for step in (1, -1):
            yield np.roll(codes, step, axis), np.roll(codes, -step, axis)
