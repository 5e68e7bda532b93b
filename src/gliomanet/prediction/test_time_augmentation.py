"""Test-time flips: a case as it is and mirrored, and the mean of what the network says of each.

Axes 2, 3 and 4 of a batch are the atlas's x (left-right), y and z. Training flips left-right only
(`training/data/augmentation.py`): `left_right` shows a network what it has seen before, `all` (GMMAS's inference) also
heads upside down and back to front.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gliomanet.config.types import Flips

FLIPPED_AXES: Mapping[Flips, tuple[tuple[int, ...], ...]] = {
    "none": ((),),
    "left_right": ((), (2,)),
    "all": ((), (2,), (3,), (4,), (2, 3), (2, 4), (3, 4), (2, 3, 4)),
}
"""For every pass the axes that are flipped; the first pass sees the case as it is."""
