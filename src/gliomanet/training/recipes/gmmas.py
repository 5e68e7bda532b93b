"""GMMAS's phases of training (Liu et al. 2025).

`head`: the head net alone learns where the tumour is. `tasks`: it is frozen, and all the rest learns from the crops
that it finds. Without the first phase the head net learns with the rest, and its coarse segmentation counts as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from gliomanet.networks.gmmas import GMMAS
from gliomanet.networks.outputs import Outputs
from gliomanet.training.data.batches import Batch
from gliomanet.training.losses.losses import region_targets, soft_dice
from gliomanet.training.recipes.multitask import MultitaskPhase, Recipe, multitask_recipe
from gliomanet.training.recipes.phase import Phase, Plan, brain_masked

if TYPE_CHECKING:
    from gliomanet.config.models import GmmasModel


class HeadPhase(Phase):
    """The head net alone."""

    name = "head"
    network: GMMAS
    recipe: Recipe

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
    """Every task and both segmentations: the fine one, and the head net's coarse one, which places the crop."""

    def segmentation_loss(self, outputs: Outputs, targets: Tensor, known: Tensor) -> Tensor:
        assert outputs.coarse is not None
        fine = super().segmentation_loss(outputs, targets, known)
        return fine + soft_dice(outputs.coarse, *coarse_targets(targets, known))


def coarse_targets(targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Targets on the head net's grid: (B, R, D, H, W) → (B, R, D/2, H/2, W/2), where half of the voxels are or more."""
    return F.avg_pool3d(targets.to(torch.float32), kernel_size=2) >= 0.5, known


def plan(model: GmmasModel, tasks: Sequence[str], seed: int) -> Plan:
    """The head net first, where the model's settings say so, then all the rest."""
    recipe = multitask_recipe(model, tasks, seed)
    if model.pretraining_epochs:
        return Plan(recipe, ((HeadPhase, model.pretraining_epochs), (FrozenHeadPhase, model.epochs)))
    return Plan(recipe, ((WholePhase, model.epochs),))
