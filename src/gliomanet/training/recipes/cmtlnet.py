"""CMTLNet's two phases of training (Chen et al. 2025).

`common` learns tumour perception and the features that the tasks share, from region prompts; `unique` freezes them
and learns each task's own features and the fusion, from the one prompt that inference gives: no mask of a tumour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gliomanet.labels.vocabulary import MISSING
from gliomanet.networks.cmtlnet import CMTLNet
from gliomanet.seeds import derive_seed
from gliomanet.training.data.batches import Batch
from gliomanet.training.distributed.collectives import own_draw
from gliomanet.training.losses.losses import batch_weights, cosface, masked_cross_entropy
from gliomanet.training.recipes.phase import Phase
from gliomanet.training.recipes.phase_settings import PhaseSettings, Plan, common_settings
from gliomanet.training.recipes.shown_batch import brain_masked

if TYPE_CHECKING:
    from gliomanet.config.image_models import CmtlnetModel


@dataclass(frozen=True, kw_only=True)
class Recipe(PhaseSettings):
    """With the scale and the margin of CosFace."""

    scale: float
    margin: float


class CmtlnetPhase(Phase):
    """Base of its two phases."""

    network: CMTLNet
    recipe: Recipe

    def scores(self, batch: Batch) -> dict[str, Tensor]:
        """Task → (B, K), larger for a likelier class: what the validation MCC is computed from."""
        raise NotImplementedError

    def examine(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        return self.loss(batch, None), self.scores(batch)

    def _margin_loss(self, cosines: Tensor, targets: Tensor, shares: Tensor | None) -> Tensor:
        weights, given = batch_weights(targets, cosines.shape[1], shares), self.recipe
        return cosface(cosines, targets, scale=given.scale, margin=given.margin, class_weights=weights, shares=shares)


class CommonPhase(CmtlnetPhase):
    """Tumour perception, and for every task a joint term {non-tumour, classes} and a term within the tumour samples."""

    name = "common"

    def loss(self, batch: Batch, step: int | None) -> Tensor:
        image, brain, tumour = batch.image, batch.masks[:, :1], tumour_mask(batch)
        has_tumour = tumour.flatten(1).any(dim=1)
        choices = torch.zeros(2, len(image), dtype=torch.int64)
        if step is not None:
            seed = derive_seed(self.recipe.seed, "prompts", self.epoch, step, *own_draw())
            draws = torch.Generator().manual_seed(seed)
            choices[0] = torch.randint(TUMOUR_PROMPTS, (len(image),), generator=draws)
            choices[1] = torch.randint(NON_TUMOUR_PROMPTS, (len(image),), generator=draws)
        choices = choices.to(image.device)
        x = tumour_samples(image, brain, tumour, choices[0])
        rest = non_tumour_samples(image[has_tumour], brain[has_tumour], tumour[has_tumour], choices[1][has_tumour])
        outputs = self.network.common_outputs(
            torch.cat([x, rest]), torch.cat([batch.available, batch.available[has_tumour]])
        )
        non_tumour = torch.zeros(len(rest), dtype=torch.int64, device=image.device)
        is_tumour = torch.cat([torch.ones(len(x), dtype=torch.int64, device=image.device), non_tumour])
        loss = self.term("tumour", self._margin_loss(outputs.tumour, is_tumour, None))
        for column, task in enumerate(self.recipe.tasks):
            rows, labels, shares = batch.targets(column)
            joint = torch.where(labels == MISSING, MISSING, labels + 1)  # class 0 of the joint heads is non-tumour
            cosines, tumours = outputs.joint[task], outputs.within[task][: len(x)]
            both = torch.cat([cosines[: len(x)][rows], cosines[len(x) :]])
            counted = None if shares is None else torch.cat([shares, shares.new_ones(len(rest))])
            loss = loss + self.term(
                f"{task} and tumour", self._margin_loss(both, torch.cat([joint, non_tumour]), counted)
            )
            loss = loss + self.term(task, self._margin_loss(tumours[rows], labels, shares))
        return loss

    def scores(self, batch: Batch) -> dict[str, Tensor]:
        return self.network.common_outputs(inference_prompt(batch), batch.available).within


class UniquePhase(CmtlnetPhase):
    """For every task a margin term on its unique features and cross-entropy on the fused ones, from [X·B, B] alone.

    The joint likelihood, where it is asked for, is that of the fused answers, which are the ones that predict.
    """

    name = "unique"
    DISTILLS = True

    def begin(self) -> None:
        self.network.freeze_common()
        super().begin()

    def loss(self, batch: Batch, step: int | None) -> Tensor:
        images = self.network.unique_outputs(inference_prompt(batch), batch.available)
        outputs = self.with_clinical(images, batch)
        loss = self.joint_term(outputs.logits, batch, step)
        for column, task in enumerate(self.recipe.tasks):
            rows, labels, shares = batch.targets(column)
            logits = outputs.logits[task][rows]
            weights = batch_weights(labels, logits.shape[1], shares)
            unique = self._margin_loss(outputs.unique[task][rows], labels, shares)
            loss = loss + self.term(f"{task}, unique", unique)
            loss = loss + self.term(task, masked_cross_entropy(logits, labels, class_weights=weights, shares=shares))
        return self.with_distillation(loss, images, batch)

    def scores(self, batch: Batch) -> dict[str, Tensor]:
        images = self.network.unique_outputs(inference_prompt(batch), batch.available)
        return self.with_clinical(images, batch).logits


def plan(model: CmtlnetModel, tasks: Sequence[str], seed: int) -> Plan:
    """Common features first, then what is each task's own."""
    recipe = Recipe(**common_settings(model, tasks, seed), scale=model.scale, margin=model.margin)
    return Plan(recipe, ((CommonPhase, model.common_epochs), (UniquePhase, model.unique_epochs)))


def inference_prompt(batch: Batch) -> Tensor:
    """[X·B, B], as prediction gives it."""
    return torch.cat([brain_masked(batch), batch.masks[:, :1].to(batch.image.dtype)], dim=1)


def tumour_mask(batch: Batch) -> Tensor:
    """(B, 1, D, H, W) of 0 and 1: the tumour, whatever its part."""
    return (batch.masks[:, 1:] > 0).to(batch.masks.dtype)


TUMOUR_PROMPTS = 3


NON_TUMOUR_PROMPTS = 2


def tumour_samples(image: Tensor, brain: Tensor, tumour: Tensor, choice: Tensor) -> Tensor:
    """[X·B, B] (choice 0), [X·B, M] (1) or [X·M, B] (2) for each case.

    Args:
        image: (B, M, D, H, W).
        brain: (B, 1, D, H, W) of 0 and 1.
        tumour: likewise.
        choice: int (B,). A case whose tumour mask is empty is given choice 0, whatever was drawn.

    Returns:
        (B, M + 1, D, H, W).
    """
    drawn = torch.where(tumour.flatten(1).any(dim=1), choice, 0)[:, None, None, None, None]
    region = torch.where(drawn == 2, tumour, brain)
    mask = torch.where(drawn == 1, tumour, brain)
    return torch.cat([image * region, mask.to(image.dtype)], dim=1)


def non_tumour_samples(image: Tensor, brain: Tensor, tumour: Tensor, choice: Tensor) -> Tensor:
    """[X·(B−M), B] (choice 0) or [X·B, B−M] (1) for each case; shapes as `tumour_samples`, no mask may be empty."""
    rest = brain * (1 - tumour)
    drawn = choice[:, None, None, None, None]
    region = torch.where(drawn == 0, rest, brain)
    mask = torch.where(drawn == 0, brain, rest)
    return torch.cat([image * region, mask.to(image.dtype)], dim=1)
