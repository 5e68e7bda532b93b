"""GMMAS's phases of training (Liu et al. 2025).

`head`: the head net alone learns where the tumour is. `tasks`: all the rest learns from the crops that it finds, while
it learns on, its own Dice added, or is frozen. Without the first phase it learns with the rest from the beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from gliomanet.networks.gmmas import GMMAS
from gliomanet.networks.outputs import Outputs
from gliomanet.training.data.batches import Batch
from gliomanet.training.losses.losses import region_targets, soft_dice
from gliomanet.training.recipes.multitask import MultitaskPhase, Recipe, multitask_recipe
from gliomanet.training.recipes.optimisation import Optimisation
from gliomanet.training.recipes.phase import Phase
from gliomanet.training.recipes.phase_settings import Plan
from gliomanet.training.recipes.shown_batch import brain_masked

if TYPE_CHECKING:
    from gliomanet.config.image_models import GmmasModel


@dataclass(frozen=True, kw_only=True)
class HeadRecipe(Recipe):
    """With the optimiser of the phase in which the head net learns alone."""

    head: Optimisation


class HeadPhase(Phase):
    """The head net alone."""

    name = "head"
    network: GMMAS
    recipe: HeadRecipe

    @staticmethod
    def optimisation_in(recipe: HeadRecipe) -> Optimisation:
        return recipe.head

    def loss(self, batch: Batch, step: int | None) -> Tensor:
        coarse = self.network.coarse_outputs(brain_masked(batch), batch.available)
        targets = coarse_targets(*region_targets(batch.masks[:, 1:], self.network.REGIONS))
        return self.term("coarse segmentation", soft_dice(coarse, *targets))

    def examine(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        return self.loss(batch, None), {}


class FrozenHeadPhase(MultitaskPhase):
    """Every task and the segmentation, with the head net as it is."""

    def begin(self) -> None:
        network = self.network
        assert isinstance(network, GMMAS)
        network.freeze_head()
        super().begin()


class WholePhase(MultitaskPhase):
    """Every task and both segmentations: the fine one, and the head net's coarse one, which places the crop.

    The coarse one's loss is added to the weighted sum of the others, and has no learnt weight.
    """

    def further_loss(self, outputs: Outputs, batch: Batch) -> Tensor:
        if not self.recipe.segmentation:
            return super().further_loss(outputs, batch)
        assert outputs.coarse is not None
        return self.term("coarse segmentation", soft_dice(outputs.coarse, *coarse_targets(*self._targets(batch))))


def coarse_targets(targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Targets on the head net's grid: (B, R, D, H, W) → (B, R, D/2, H/2, W/2), where half of the voxels are or more."""
    return F.avg_pool3d(targets.to(torch.float32), kernel_size=2) >= 0.5, known


def plan(model: GmmasModel, tasks: Sequence[str], seed: int) -> Plan:
    """The head net first, where the model's settings say so, then all the rest."""
    shared = multitask_recipe(model, tasks, seed)
    alone = replace(
        shared.optimisation,
        learning_rate=model.pretraining_learning_rate,
        weight_decay=model.pretraining_weight_decay,
    )
    recipe = HeadRecipe(**vars(shared), head=alone)
    together: type[Phase] = FrozenHeadPhase if model.head_net == "frozen" else WholePhase
    if model.pretraining_epochs:
        return Plan(recipe, ((HeadPhase, model.pretraining_epochs), (together, model.epochs)))
    return Plan(recipe, ((together, model.epochs),))
