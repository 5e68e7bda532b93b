"""Doubts about what modalities are called: how each is met."""

from collections.abc import Iterator

import numpy as np

from gliomanet.imaging.modality_check.appearance import Appearance
from gliomanet.imaging.modality_check.doubts import copy_doubt, doubts_of, swap_doubt
from gliomanet.imaging.modality_check.naming import misnamed
from gliomanet.imaging.registration.head_pose import Fit
from gliomanet.imaging.volume import Volume

FILES = {name: f"P-7/{name}.nii.gz" for name in ("t1", "t1c", "t2", "flair")}
VALUES = np.zeros(1, np.float32)
T1 = Appearance((-0.5, -0.5), (0.2, 0.2), VALUES)
T2 = Appearance((0.6, 0.7), (-0.2, -0.2), VALUES)
FLAIR = Appearance((-0.4, -0.4), (-0.02, -0.01), VALUES)

MISNAMED = {
    "t2 and flair swapped": {"t2": FLAIR, "flair": T2},
    "t1 and flair swapped": {"t1": FLAIR, "flair": T1},
    "t1c is a t2": {"t1c": T2},
    "t2 is none": {"t2": FLAIR},
}


def told() -> Iterator[tuple[str, str]]:
    """Name and text of every doubt."""
    noise = Volume.of(np.random.default_rng(0).random((9, 9, 9)).astype(np.float32), np.eye(4))
    equal = doubts_of({"t1": noise, "t1c": noise}, dict.fromkeys(("t1", "t1c"), Fit(np.eye(4), 0.0)), FILES)
    found = {"equal": equal[0], "scaled": copy_doubt("t1", "t1c", FILES, 0.99995, 1)}
    found["near copy"] = copy_doubt("t1", "t1c", FILES, 0.9, 0.97)
    copies = [("t1", "flair"), ("t2", "flair")]  # no values here to compare
    for name, seen in MISNAMED.items():
        found[name] = swap_doubt(misnamed(seen, copies), FILES)
    for name, doubt in found.items():
        yield f"doubt, {name}", f"{doubt.severity}, {doubt.rule}, {doubt.image}: {doubt.found}; {doubt.action}"
