"""The true signal of the four modalities, before any scanner: tissue, tumour, and the head around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomanet.modalities import MODALITIES
from gliomanet.phantom.anatomy import SPACING_MM, Anatomy
from gliomanet.phantom.tumour import CORE, ENHANCING, OEDEMA, Tumour

if TYPE_CHECKING:
    from gliomanet.phantom.appearance import Appearance

Array = NDArray[np.float32]

TISSUE: dict[str, dict[str, float]] = {
    "t1": {"csf": 0.28, "gm": 0.72, "wm": 1.0},
    "t1c": {"csf": 0.28, "gm": 0.76, "wm": 1.0},
    "t2": {"csf": 2.5, "gm": 1.4, "wm": 1.0},
    "flair": {"csf": 0.3, "gm": 1.25, "wm": 1.0},
}
"""Signal of healthy tissue, white matter = 1."""

LESION: dict[str, dict[str, float]] = {
    "t1": {"oedema": 0.76, "core": 0.62, "necrosis": 0.42, "calcified": 0.35},
    "t1c": {"oedema": 0.78, "core": 0.64, "necrosis": 0.42, "calcified": 0.38},
    "t2": {"oedema": 1.95, "necrosis": 2.25, "calcified": 0.45},
    "flair": {"oedema": 1.75, "core": 1.75, "necrosis": 0.95, "calcified": 0.55},
}
"""Signal of the compartments; the T2 of the viable core and what enhancement adds are the patient's own."""

_LESION_SPREAD = 0.1  # of the compartments' signal between patients, as a share of it

MISMATCHED_FLAIR = 0.8
"""FLAIR of a core at full T2-FLAIR mismatch."""

HEAD: dict[str, dict[str, float]] = {
    "t1": {"csf": 0.28, "bone": 0.1, "marrow": 0.6, "fat": 1.5, "muscle": 0.6, "eye": 0.25},
    "t1c": {"csf": 0.35, "bone": 0.1, "marrow": 0.65, "fat": 1.5, "muscle": 0.75, "eye": 0.25},
    "t2": {"csf": 2.5, "bone": 0.1, "marrow": 0.5, "fat": 1.3, "muscle": 0.55, "eye": 2.5},
    "flair": {"csf": 0.3, "bone": 0.1, "marrow": 0.5, "fat": 1.2, "muscle": 0.6, "eye": 0.35},
}
"""Signal outside the brain of a head that is not stripped."""


def true_signals(
    anatomy: Anatomy, tumour: Tumour, appearance: Appearance, flair_mark: float, rng: np.random.Generator
) -> dict[str, Array]:
    """Noise-free signal by modality, arrays (x, y, z) on the patient's 2 mm grid, white matter about 1.

    Args:
        anatomy: the patient's tissue; the head is painted where the anatomy carries one.
        tumour: its compartments.
        appearance: its measurable parameters.
        flair_mark: added to FLAIR inside the tumour mask (a centre's shortcut; 0 for none).
        rng: the source of the patient's own tissue signals.
    """
    layers = _layers(tumour, appearance, fading=rng.uniform(0.15, 0.65))
    texture = 1 + 0.06 * tumour.texture
    signals = {}
    for modality in MODALITIES:
        healthy = {name: value * (1 + 0.04 * rng.standard_normal()) for name, value in TISSUE[modality].items()}
        signal = healthy["csf"] * anatomy.csf + healthy["gm"] * anatomy.gm + healthy["wm"] * anatomy.wm
        box = signal[tumour.window]  # a view: what is painted here is painted in the whole
        for name, level in _levels(modality, appearance, rng).items():
            grain = 1 if name == "calcified" else texture
            box += layers[name] * (level * grain * anatomy.brain[tumour.window] - box)
        if modality == "flair" and flair_mark:
            box += np.float32(flair_mark) * (tumour.codes > 0)
        if anatomy.head is not None:
            signal += (1 - anatomy.brain) * _outside_brain(modality, anatomy)
        signals[modality] = signal.astype(np.float32)
    return signals


def _levels(modality: str, appearance: Appearance, rng: np.random.Generator) -> dict[str, float]:
    """The compartments' signal in this patient, in the order in which one is painted over the other."""
    own = {name: value * (1 + _LESION_SPREAD * rng.standard_normal()) for name, value in LESION[modality].items()}
    core = own.get("core", appearance.t2_core)
    if modality == "flair":
        core += appearance.mismatch * (MISMATCHED_FLAIR - core)
    levels = {"oedema": own["oedema"], "core": core, "necrosis": own["necrosis"], "calcified": own["calcified"]}
    if modality == "t1c":
        levels["enhancing"] = core + appearance.enhancement
        levels["calcified"] = levels.pop("calcified")  # the last to be painted
    return levels


def _layers(tumour: Tumour, appearance: Appearance, fading: float) -> dict[str, Array]:
    """Soft membership of the compartments; the borders towards the brain are as blurred as the patient's margin."""
    margin = appearance.margin_mm / SPACING_MM

    def soften(mask: NDArray[np.bool_], sigma: float) -> Array:
        return np.asarray(ndimage.gaussian_filter(mask.astype(np.float32), sigma), dtype=np.float32)

    # Oedema fades outwards, towards the tissue it lies in.
    fades = 1 - np.float32(fading) * tumour.fading * (tumour.codes == OEDEMA)
    return {
        "oedema": soften(tumour.codes > 0, margin) * fades,
        "core": soften((tumour.codes == CORE) | (tumour.codes == ENHANCING), margin),
        "necrosis": soften(tumour.necrosis, 0.5),
        "enhancing": soften(tumour.codes == ENHANCING, 0.45),
        "calcified": soften(tumour.calcified, 0.4),
    }


def _outside_brain(modality: str, anatomy: Anatomy) -> Array:
    """CSF, bone with its marrow, then soft tissue under a layer of fat; 0 in air."""
    assert anatomy.head is not None
    assert anatomy.brain_distance is not None
    assert anatomy.eyes is not None
    level, depth = HEAD[modality], anatomy.brain_distance
    signal = np.where(anatomy.head > -5, np.float32(level["fat"]), np.float32(level["muscle"]))
    signal = np.where(anatomy.eyes < 0, np.float32(level["eye"]), signal)
    signal = np.where(depth < 7.5, np.float32(level["bone"]), signal)
    signal = np.where((depth > 4) & (depth < 6), np.float32(level["marrow"]), signal)
    signal = np.where(depth < 2.2, np.float32(level["csf"]), signal)
    edge = np.clip(-anatomy.head / np.float32(SPACING_MM), 0, 1)
    return np.asarray(signal * edge, dtype=np.float32)
