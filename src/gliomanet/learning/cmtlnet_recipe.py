"""CMTLNet's two phases of training (Chen et al. 2025), as Lightning modules around one network.

`common` learns tumour perception and the features that the tasks share, from region prompts; `unique` freezes them
and learns each task's own features and the fusion. Unknown labels are masked. Every label of a drawn case counts, and
each class of a term has the same weight in a batch, so the balance of the draw is kept for all tasks at once.

Validation figures are events to look at. They decide nothing: the learning rate follows the training loss, and the
last epoch is kept, because a choice on the fold that is then reported would flatter it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import lightning
import numpy as np
import torch
from sklearn.metrics import matthews_corrcoef
from torch import Tensor
from torch.optim.lr_scheduler import ReduceLROnPlateau

from gliomanet.labels import MISSING
from gliomanet.learning.augmentation import augment
from gliomanet.learning.image_data import Batch
from gliomanet.learning.losses import class_weights, cosface, masked_cross_entropy
from gliomanet.learning.region_prompts import (
    NON_TUMOUR_PROMPTS,
    TUMOUR_PROMPTS,
    non_tumour_samples,
    tumour_samples,
)
from gliomanet.networks.cmtlnet import CMTLNet
from gliomanet.seeds import derive_seed

PhaseName = Literal["common", "unique"]

PLATEAU_FACTOR = 0.5
PLATEAU_PATIENCE = 5
"""The learning rate is halved after so many epochs without a lower training loss (the paper gives no figures)."""


@dataclass(frozen=True)
class Recipe:
    """What a phase needs to know beside the network and the data."""

    tasks: tuple[str, ...]
    learning_rate: float
    weight_decay: float
    scale: float
    margin: float
    augmentation: bool
    seed: int


@dataclass
class EpochFigures:
    """Sums of one epoch's steps; reset at every epoch's start."""

    losses: list[Tensor] = field(default_factory=list)
    validation_losses: list[Tensor] = field(default_factory=list)
    scores: list[dict[str, Tensor]] = field(default_factory=list)
    labels: list[Tensor] = field(default_factory=list)


class Phase(lightning.LightningModule):
    """What the two phases share: optimiser, draws per (seed, phase, epoch, step), figures and the end of an epoch.

    Args:
        network: trained in place; only its parameters that require gradients are.
        recipe: settings.
        first_epoch: the epoch that Lightning's epoch 0 is, in a job that goes on.
        optimizers: state of optimiser and scheduler after the epoch before, in a job that goes on.
        on_epoch: called at the end of an epoch with its number and figures (name → value); writes the checkpoint.
    """

    name: PhaseName

    def __init__(
        self,
        network: CMTLNet,
        recipe: Recipe,
        *,
        first_epoch: int = 0,
        optimizers: Mapping[str, Any] | None = None,
        on_epoch: Callable[[Phase, int, dict[str, float]], None] = lambda *_: None,
    ) -> None:
        super().__init__()
        self.network, self.recipe, self.first_epoch, self.on_epoch = network, recipe, first_epoch, on_epoch
        self._restored = optimizers
        self._figures = EpochFigures()

    @property
    def epoch(self) -> int:
        """Epochs of this phase that are done, in this process and in earlier ones."""
        return self.first_epoch + self.current_epoch

    # -- what a phase is

    def loss(self, batch: Batch, step: int | None) -> Tensor:
        """The phase's loss of a batch; `step` decides the draws, `None` means validation: nothing is drawn."""
        raise NotImplementedError

    def scores(self, x: Tensor, available: Tensor) -> dict[str, Tensor]:
        """Task → (B, K), larger for a likelier class: what the validation MCC is computed from."""
        raise NotImplementedError

    # -- Lightning's hooks

    def configure_optimizers(self) -> torch.optim.Optimizer:
        trained = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.Adam(trained, lr=self.recipe.learning_rate, weight_decay=self.recipe.weight_decay)
        self.scheduler = ReduceLROnPlateau(self.optimizer, factor=PLATEAU_FACTOR, patience=PLATEAU_PATIENCE)
        if self._restored:
            self.optimizer.load_state_dict(self._restored["optimizer"])
            self.scheduler.load_state_dict(self._restored["scheduler"])
        return self.optimizer

    def optimizer_states(self) -> dict[str, Any]:
        return {"optimizer": self.optimizer.state_dict(), "scheduler": self.scheduler.state_dict()}

    def on_train_epoch_start(self) -> None:
        self._figures = EpochFigures()

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        image, masks = batch.image.float(), batch.masks.float()
        if self.trainer.training and self.recipe.augmentation:
            seed = derive_seed(self.recipe.seed, "augmentation", self.name, self.epoch, batch.step)
            image, masks = augment(image, masks, seed)
        return batch._replace(image=image, masks=masks)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        # Every step, not every epoch: a data loader draws from the same generator, in a job's first epoch before any
        # hook and in later ones after it, so that a resumed job would draw other dropout.
        torch.manual_seed(derive_seed(self.recipe.seed, "dropout", self.name, self.epoch, batch.step))
        loss = self.loss(batch, batch.step)
        if not torch.isfinite(loss):
            raise FloatingPointError(
                f"phase {self.name}, epoch {self.epoch}, step {batch.step}: the loss is {loss.item()}; "
                "lower learning_rate, or set precision to 32"
            )
        self._figures.losses.append(loss.detach())
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        self._figures.validation_losses.append(self.loss(batch, None).detach() * len(batch.labels))
        scores = self.scores(inference_prompt(batch), batch.available)
        self._figures.scores.append({task: s.float().cpu() for task, s in scores.items()})
        self._figures.labels.append(batch.labels.cpu())

    def on_train_epoch_end(self) -> None:
        loss = float(torch.stack(self._figures.losses).double().mean())
        self.scheduler.step(loss)
        figures = {"train/loss": loss, "train/learning_rate": self.optimizer.param_groups[0]["lr"]}
        self.on_epoch(self, self.epoch, figures | self._validation_figures())

    def _validation_figures(self) -> dict[str, float]:
        if not self._figures.labels:
            return {}
        labels = torch.cat(self._figures.labels).numpy()
        figures = {"validation/loss": float(torch.stack(self._figures.validation_losses).double().sum() / len(labels))}
        for column, task in enumerate(self.recipe.tasks):
            truth = labels[:, column]
            known = truth != MISSING
            if len(np.unique(truth[known])) > 1:
                predicted = torch.cat([scores[task] for scores in self._figures.scores]).argmax(dim=1).numpy()
                figures[f"validation/mcc/{task}"] = float(matthews_corrcoef(truth[known], predicted[known]))
        return figures

    def _margin_loss(self, cosines: Tensor, targets: Tensor) -> Tensor:
        weights = batch_weights(targets, cosines.shape[1])
        return cosface(cosines, targets, scale=self.recipe.scale, margin=self.recipe.margin, class_weights=weights)


class CommonPhase(Phase):
    """Tumour perception, and for every task a joint term {non-tumour, classes} and a term within the tumour samples."""

    name = "common"

    def loss(self, batch: Batch, step: int | None) -> Tensor:
        image, brain, tumour = batch.image, batch.masks[:, :1], batch.masks[:, 1:]
        has_tumour = tumour.flatten(1).any(dim=1)
        choices = torch.zeros(2, len(image), dtype=torch.int64)
        if step is not None:
            draws = torch.Generator().manual_seed(derive_seed(self.recipe.seed, "prompts", self.epoch, step))
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
        loss = masked_cross_entropy(outputs.tumour, is_tumour)
        for column, task in enumerate(self.recipe.tasks):
            labels = batch.labels[:, column]
            joint = torch.where(labels == MISSING, MISSING, labels + 1)  # class 0 of the joint heads is non-tumour
            loss = loss + self._margin_loss(outputs.joint[task], torch.cat([joint, non_tumour]))
            loss = loss + self._margin_loss(outputs.within[task][: len(x)], labels)
        return loss

    def scores(self, x: Tensor, available: Tensor) -> dict[str, Tensor]:
        return self.network.common_outputs(x, available).within


class UniquePhase(Phase):
    """For every task a margin term on its unique features and cross-entropy on the fused ones; tumour samples only."""

    name = "unique"

    def loss(self, batch: Batch, step: int | None) -> Tensor:
        if step is None:
            x = inference_prompt(batch)
        else:
            draws = torch.Generator().manual_seed(derive_seed(self.recipe.seed, "unique prompts", self.epoch, step))
            choice = torch.randint(TUMOUR_PROMPTS, (len(batch.image),), generator=draws).to(batch.image.device)
            x = tumour_samples(batch.image, batch.masks[:, :1], batch.masks[:, 1:], choice)
        outputs = self.network.unique_outputs(x, batch.available)
        loss = x.new_zeros(())
        for column, task in enumerate(self.recipe.tasks):
            labels = batch.labels[:, column]
            logits = outputs.logits[task]
            loss = loss + self._margin_loss(outputs.unique[task], labels)
            loss = loss + masked_cross_entropy(logits, labels, class_weights=batch_weights(labels, logits.shape[1]))
        return loss

    def scores(self, x: Tensor, available: Tensor) -> dict[str, Tensor]:
        return self.network.unique_outputs(x, available).logits


PHASES: dict[PhaseName, type[Phase]] = {"common": CommonPhase, "unique": UniquePhase}
"""In their order."""


def batch_weights(targets: Tensor, n_classes: int) -> Tensor | None:
    """Weights that give the classes met in a batch an equal say; `None` where no target is known.

    The draw holds one case of every class of *its* task; as labels of other tasks those cases are as unbalanced as
    the disease is.
    """
    counts = torch.nn.functional.one_hot(targets[targets != MISSING], n_classes).sum(dim=0)
    return class_weights(counts) if bool(counts.any()) else None


def inference_prompt(batch: Batch) -> Tensor:
    """[X·B, B], as prediction gives it."""
    brain = batch.masks[:, :1]
    return torch.cat([batch.image * brain, brain.to(batch.image.dtype)], dim=1)
