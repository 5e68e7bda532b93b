"""Settings of the phases of a recipe, and the plan that puts them in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gliomanet.labels.joint_decoding import Combinations
from gliomanet.models.ratio_maps import kept_ratios
from gliomanet.training.data.augmentation import CROP_SHIFT, Augmentation
from gliomanet.training.data.tumour_cutmix import NO_CUTMIX, TumourCutmix
from gliomanet.training.losses.distillation import NO_DISTILLATION, Distillation
from gliomanet.training.recipes.optimisation import Optimisation, optimisation_of

if TYPE_CHECKING:
    from gliomanet.config.image_model import ImageModel
    from gliomanet.training.recipes.phase import Phase


@dataclass(frozen=True)
class PhaseSettings:
    """Settings of a phase, beside the network and the data.

    `joint_likelihood_weight` is the weight of the loss of that name, over the `combinations` of classes that are
    possible. `ratio_maps` are the places of each last channel's two modalities, `shift`
    the augmentation's.
    """

    tasks: tuple[str, ...]
    optimisation: Optimisation
    augmentation: bool
    seed: int
    modality_dropout: float = 0.0
    ratio_maps: tuple[tuple[int, int], ...] = ()
    shift: float = Augmentation.shift
    cutmix: TumourCutmix = NO_CUTMIX
    clinical_dropout: float = 0.0
    distillation: Distillation = NO_DISTILLATION
    joint_likelihood_weight: float = 0.0
    combinations: Combinations | None = None


def common_settings(model: ImageModel, tasks: Sequence[str], seed: int) -> dict[str, Any]:
    """The fields of `PhaseSettings`, which every recipe takes from a model's settings alike."""
    return {
        "tasks": tuple(tasks),
        "optimisation": optimisation_of(model),
        "augmentation": model.augmentation,
        "seed": seed,
        "modality_dropout": model.modality_dropout,
        "shift": CROP_SHIFT if model.crop == "tumour" else Augmentation.shift,
        "ratio_maps": tuple(kept_ratios(model.modalities, model.ratio_maps)),
        "clinical_dropout": model.clinical_dropout,
        "distillation": Distillation(
            model.distillation_weight, model.distillation_temperature, model.contrastive_weight
        ),
    }


@dataclass(frozen=True)
class Plan:
    """A recipe for one network: its phases in their order, with the epochs of each, and their settings."""

    settings: PhaseSettings
    phases: tuple[tuple[type[Phase], int], ...]
