"""Cases that preprocessing fails at: settings, what is changed in a good case, and the rule that its record names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gliomanet.config.preprocessing import Preprocessing
from tests.imaging.conftest import IN_ATLAS_SPACE, MODALITIES, STRIPPED, Head, tumour_of, turned

Changes = Callable[[dict[str, np.ndarray], Head], dict[str, Any]]
SUPPLIED = STRIPPED.model_copy(update={"brain_extraction": "supplied"})


@dataclass(frozen=True)
class Failing:
    """One case: arguments of `write_case`, made of the good case's modalities and its brain.

    Attributes:
        rule: rule of the problem.
        image: the modality or mask that it is about; "" for the whole case.
        changes: what is changed.
        settings: of preprocessing.
    """

    rule: str
    image: str
    changes: Changes = field(default=lambda modalities, brain: {})
    settings: Preprocessing = STRIPPED


def _codes_of_no_edition(modalities: dict[str, np.ndarray], brain: Head) -> dict[str, Any]:
    codes = np.zeros(modalities["t1"].shape, np.uint8)
    codes[20:25, 20:25, 20:25] = 9
    return {"arrays": {"tumour_mask": codes}}


def _ball_for_a_brain(modalities: dict[str, np.ndarray], brain: Head) -> dict[str, Any]:
    ball = np.zeros(brain[1].shape, np.uint8)
    ball[15:25, 15:25, 15:25] = 1
    return {"arrays": {"brain_mask": ball}}


def _something_around_the_brain(modalities: dict[str, np.ndarray], brain: Head) -> dict[str, Any]:
    t1 = modalities["t1"]
    return {"arrays": {"t1": t1 + np.random.default_rng(0).random(t1.shape).astype(np.float32) + 1}}


def _too_little_left(modalities: dict[str, np.ndarray], brain: Head) -> dict[str, Any]:
    return {
        "arrays": {m: np.where(np.indices(a.shape)[0] < 14, a, 0).astype(np.float32) for m, a in modalities.items()}
    }


def _nothing_alike(modalities: dict[str, np.ndarray], brain: Head) -> dict[str, Any]:
    shape = modalities["t1"].shape
    noise = np.random.default_rng(1).permutation(np.linspace(1, 2, modalities["t1"].size)).astype(np.float32)
    return {"arrays": {"t1": noise.reshape(shape), "brain_mask": brain[1].astype(np.uint8)}}


def _elsewhere(modalities: dict[str, np.ndarray], brain: Head) -> dict[str, Any]:
    affine = turned(0, [60, 0, 0]) @ brain[0].grid.affine
    return {"affines": dict.fromkeys((*modalities, "tumour_mask"), affine)}


FAILING: dict[str, Failing] = {
    "no modality": Failing("no_modality", "", lambda modalities, brain: {"absent": MODALITIES}),
    "voxels that are no numbers": Failing(
        "not_finite", "t1", lambda modalities, brain: {"arrays": {"t1": np.where(brain[1], np.nan, modalities["t1"])}}
    ),
    "a series in one file": Failing(
        "not_three_dimensional",
        "t1",
        lambda modalities, brain: {"arrays": {"t1": np.stack([modalities["t1"]] * 3, -1)}},
    ),
    "tumour codes of no edition": Failing("unknown_mask_codes", "tumour_mask", _codes_of_no_edition),
    "tumour codes of BraTS 2023": Failing(
        "unknown_mask_codes",
        "tumour_mask",
        lambda modalities, brain: {"arrays": {"tumour_mask": np.where(tumour_of(brain) == 4, 3, tumour_of(brain))}},
    ),
    "tumour mask on another grid": Failing(
        "mask_on_a_foreign_grid",
        "tumour_mask",
        lambda modalities, brain: {"arrays": {"tumour_mask": brain[1][:-1].astype(np.uint8)}},
    ),
    "brain mask on another grid": Failing(
        "mask_on_a_foreign_grid",
        "brain_mask",
        lambda modalities, brain: {"arrays": {"brain_mask": brain[1][:-1].astype(np.uint8)}},
        SUPPLIED,
    ),
    "no brain mask": Failing("no_brain_mask", "", settings=SUPPLIED),
    "brain mask of no brain": Failing("no_brain_found", "", _ball_for_a_brain, SUPPLIED),
    "declared stripped with something around": Failing("stripped_but_is_not", "t1", _something_around_the_brain),
    "declared stripped with too little left": Failing("stripped_but_is_not", "t1", _too_little_left),
    "declared aligned on two grids": Failing(
        "grids_differ", "t1", lambda modalities, brain: {"arrays": {"t1": modalities["t1"][:, :, :-1]}}
    ),
    "declared aligned and shifted": Failing(
        "declared_aligned_but_not",
        "t1",
        lambda modalities, brain: {"arrays": {"t1": np.roll(modalities["t1"], 2, axis=1)}},
    ),
    "declared aligned and nothing alike": Failing("declared_aligned_but_not", "t1", _nothing_alike, SUPPLIED),
    "declared in atlas space and elsewhere": Failing("not_in_atlas_space", "t1c", _elsewhere, IN_ATLAS_SPACE),
}
