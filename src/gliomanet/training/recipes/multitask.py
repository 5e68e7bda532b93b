"""All tasks of a network, and its segmentation where it has one, learnt in one phase: MTTU-Net, PS-Net, singletask.

A task's loss is the cross-entropy of the cases whose label is known, each class of a batch with an equal say. The
segmentation's is the soft Dice loss of the cases that have a tumour mask. Fixed weights or learnable uncertainties make
one loss of them. To it comes, where it is asked for, the likelihood of the labels together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from gliomanet.config.image_models import SEGMENTATION
from gliomanet.labels.vocabulary import MISSING
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.networks.outputs import Outputs
from gliomanet.training.data.batches import Batch
from gliomanet.training.distributed.collectives import mean_over_processes, sum_over_processes
from gliomanet.training.losses.losses import batch_weights, masked_cross_entropy, region_targets, soft_dice
from gliomanet.training.losses.weighting import Weighting, weighting_of
from gliomanet.training.recipes.epoch_metrics import EpochMetrics, mean_of_steps
from gliomanet.training.recipes.phase import Phase
from gliomanet.training.recipes.phase_settings import PhaseSettings, Plan, common_settings
from gliomanet.training.recipes.shown_batch import brain_masked

if TYPE_CHECKING:
    from gliomanet.config.image_models import MultitaskModel, SingletaskModel


@dataclass(frozen=True, kw_only=True)
class Recipe(PhaseSettings):
    """With the segmentation, and how the losses become one."""

    segmentation: bool = False
    weighting: Weighting = "fixed"
    task_weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the losses."""
        return (*self.tasks, SEGMENTATION) if self.segmentation else self.tasks


@dataclass
class TermMetrics(EpochMetrics):
    """Every step's losses before they are weighted, (T,) each, and whether the batch had a label of each."""

    terms: list[Tensor] = field(default_factory=list)
    known: list[Tensor] = field(default_factory=list)
    further: list[Tensor] = field(default_factory=list)
    """Every step's further loss."""
    dice: list[Tensor] = field(default_factory=list)
    """Of validation cases with a mask: (B, R)."""


class MultitaskPhase(Phase):
    """Every task and the segmentation at once."""

    name = "tasks"
    DISTILLS = True
    network: ImageNetwork
    recipe: Recipe
    _metrics: TermMetrics

    def __init__(self, network: nn.Module, recipe: Recipe, **settings: Any) -> None:
        super().__init__(network, recipe, **settings)
        self.weighting = weighting_of(recipe.weighting, recipe.terms, recipe.task_weights)
        self._metrics = TermMetrics()

    def companions(self) -> dict[str, nn.Module]:
        return {**super().companions(), "weighting": self.weighting}

    def loss(self, batch: Batch, step: int | None) -> Tensor:
        images = self.network(brain_masked(batch), batch.available)
        outputs = self.with_clinical(images, batch)
        losses, known = self.terms(batch, outputs)
        further = self.further_loss(outputs, batch)
        if step is not None:
            self._metrics.terms.append(losses.detach())
            self._metrics.known.append(known)
            self._metrics.further.append(further.detach())
        loss = self.weighting(losses, known) + further + self.joint_term(outputs.logits, batch, step)
        return self.with_distillation(loss, images, batch)

    def examine(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        outputs = self.with_clinical(self.network(brain_masked(batch), batch.available), batch)
        if outputs.segmentation is not None:
            self._metrics.dice.append(dice_scores(outputs.segmentation, *self._targets(batch)))
        loss = self.weighting(*self.terms(batch, outputs)) + self.further_loss(outputs, batch)
        return loss + self.joint_term(outputs.logits, batch, None), outputs.logits

    def further_loss(self, outputs: Outputs, batch: Batch) -> Tensor:
        """A loss that comes to the weighted sum of the terms as it is: a scalar, 0 here."""
        return batch.image.new_zeros(())

    def terms(self, batch: Batch, outputs: Outputs) -> tuple[Tensor, Tensor]:
        """The losses of the recipe's terms (T,), and whether the batch has a label of each, bool (T,)."""
        losses, known = [], []
        for column, task in enumerate(self.recipe.tasks):
            rows, labels, shares = batch.targets(column)
            logits = outputs.logits[task][rows]
            weights = batch_weights(labels, logits.shape[1], shares)
            loss = masked_cross_entropy(logits, labels, class_weights=weights, shares=shares)
            losses.append(self.term(task, loss))
            known.append((labels != MISSING).sum())
        if self.recipe.segmentation:
            targets, has_mask = self._targets(batch)
            assert outputs.segmentation is not None
            losses.append(self.term(SEGMENTATION, soft_dice(outputs.segmentation, targets, has_mask)))
            known.append(has_mask.sum())
        return torch.stack(losses), sum_over_processes(torch.stack(known)) > 0

    def progress(self) -> float:
        """The sum of the losses before they are weighted: learnt weights lower the weighted one by themselves.

        The weights of the joint likelihood and of the distillation are given, not learnt, so these count as they do in
        the loss.
        """
        joint = mean_of_steps(self._metrics.joint) if self._metrics.joint else 0.0
        adapted, given = self._metrics.of_distillation(), self.recipe.distillation
        return (
            sum(self._mean_terms().values())
            + mean_of_steps(self._metrics.further)
            + self.recipe.joint_likelihood_weight * joint
            + given.distillation_weight * adapted.get("train/loss/distillation", 0.0)
            + given.contrastive_weight * adapted.get("train/loss/contrast", 0.0)
        )

    def metrics(self) -> dict[str, float]:
        found = {f"train/loss/{term}": value for term, value in self._mean_terms().items()}
        found |= {f"train/weight/{term}": value for term, value in self.weighting.weights().items()}
        dice = torch.cat(self._metrics.dice) if self._metrics.dice else torch.empty(0)
        return found | ({"validation/dice": float(dice.double().mean())} if dice.numel() else {})

    def _mean_terms(self) -> dict[str, float]:
        """Term → its mean over the epoch's batches that had a label of it; without the terms that none had."""
        terms = mean_over_processes(torch.stack(self._metrics.terms).double())
        known = torch.stack(self._metrics.known)
        means = torch.where(known, terms, 0.0).sum(dim=0) / known.sum(dim=0)
        return {
            term: mean
            for term, mean, some in zip(self.recipe.terms, means.tolist(), known.any(dim=0).tolist(), strict=True)
            if some
        }

    def _targets(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return region_targets(batch.masks[:, 1:], self.network.REGIONS)


def dice_scores(logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
    """Dice of the voxels above one half, in the cases known: (N, R), on the CPU; 1 where both are empty."""
    found, wanted = (logits[known] > 0).flatten(2), targets[known].flatten(2)
    both = (found & wanted).sum(dim=2)
    size = found.sum(dim=2) + wanted.sum(dim=2)
    return torch.where(size > 0, 2 * both / size.clamp(min=1), 1.0).cpu()


def multitask_recipe(model: MultitaskModel, tasks: Sequence[str], seed: int) -> Recipe:
    """The settings of a model's phases."""
    return Recipe(
        **common_settings(model, tasks, seed),
        segmentation=model.segmentation,
        weighting=model.weighting,
        task_weights=model.task_weights,
    )


def plan(model: MultitaskModel, tasks: Sequence[str], seed: int) -> Plan:
    """The one phase."""
    return Plan(multitask_recipe(model, tasks, seed), ((MultitaskPhase, model.epochs),))


def singletask_plan(model: SingletaskModel, tasks: Sequence[str], seed: int) -> Plan:
    """The same phase, with one loss that counts as it is."""
    return Plan(Recipe(**common_settings(model, tasks, seed)), ((MultitaskPhase, model.epochs),))
