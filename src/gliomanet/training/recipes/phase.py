"""A phase of training, as a Lightning module around one network: what the phases of all recipes share.

Unknown labels are masked. Every label of a drawn case counts, and each class of a task has the same weight in a batch,
so the balance of the draw is kept for all tasks at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

import lightning
import torch
from torch import Tensor, nn

from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.acceleration import statistics_kept
from gliomanet.networks.image_network import AnyOutputs
from gliomanet.networks.outputs import TaskOutputs
from gliomanet.seeds import derive_seed
from gliomanet.training.data.batches import Batch
from gliomanet.training.distributed.collectives import Parts, collected, own_draw, part, share_sums
from gliomanet.training.losses.distillation import SubsetDistillation
from gliomanet.training.losses.joint_likelihood import joint_likelihood
from gliomanet.training.losses.losses import batch_weights
from gliomanet.training.recipes.epoch_metrics import EpochMetrics, mean_of_steps
from gliomanet.training.recipes.not_finite import NotFiniteError
from gliomanet.training.recipes.optimisation import Optimisation, next_epoch
from gliomanet.training.recipes.shown_batch import in_numbers, shown
from gliomanet.training.recipes.weight_average import WeightAverage


class Phase(lightning.LightningModule):
    """Optimiser, draws per (seed, phase, epoch, step), metrics and the end of an epoch.

    Args:
        network: trained in place; only its parameters that require gradients are.
        recipe: settings.
        epochs: of the phase, from its first to its last.
        first_epoch: the epoch that Lightning's epoch 0 is, in a job that goes on.
        state: what `state` gave after the epoch before, in a job that goes on.
        on_epoch: called at the end of an epoch with its number and metrics (name → value); writes the checkpoint.
        parts: parts that a batch goes through the network in, one after another, where memory does not hold it whole.
            Their gradients add up to those of the batch: every loss is a sum over cases that knows the whole batch's
            counts (`collectives`). What differs is batch norm, which sees a part at a time, and what is drawn for
            dropout and prompts.
    """

    name: ClassVar[str]
    DISTILLS: ClassVar[bool] = False
    """True where its outputs have the tasks' logits and deep features, so that it can distil for missing modalities."""

    def __init__(
        self,
        network: Any,
        recipe: Any,
        *,
        epochs: int = 1,
        first_epoch: int = 0,
        state: Mapping[str, Any] | None = None,
        on_epoch: Callable[[Phase, int, dict[str, float]], None] = lambda *_: None,
        parts: int = 1,
    ) -> None:
        super().__init__()
        self.parts, self.automatic_optimization = parts, parts == 1
        self._terms: dict[str, Tensor] = {}
        self.network, self.recipe, self.first_epoch, self.on_epoch = network, recipe, first_epoch, on_epoch
        self.epochs, self._restored = epochs, state
        self.average: WeightAverage | None = None
        self._averaged = ExitStack()
        self._metrics = EpochMetrics()
        self._at: tuple[int, tuple[str, ...]] = (0, ())
        self.distiller: SubsetDistillation | None = None
        if self.DISTILLS and recipe.distillation.wanted:
            seed = derive_seed(recipe.seed, "adaptation", self.name)
            self.distiller = SubsetDistillation(recipe.tasks, network.deep_feature_size, recipe.distillation, seed)

    @staticmethod
    def optimisation_in(recipe: Any) -> Optimisation:
        """Settings of the phase's optimiser."""
        found: Optimisation = recipe.optimisation
        return found

    @property
    def optimisation(self) -> Optimisation:
        """Settings of its optimiser."""
        return self.optimisation_in(self.recipe)

    @property
    def epoch(self) -> int:
        """Epochs of this phase that are done, in this process and in earlier ones."""
        return self.first_epoch + self.current_epoch

    def draw(self, purpose: str, step: int) -> int:
        """The seed of a draw in a step of this epoch, for the cases of this process."""
        return derive_seed(self.recipe.seed, purpose, self.name, self.epoch, step, *own_draw())

    def term(self, name: str, value: Tensor) -> Tensor:
        """A term of the loss, as it is; kept by its name for the message where the loss is not finite."""
        self._terms[name] = value.detach()
        return value

    # -- what a phase is

    def begin(self) -> None:
        """Bring the network into the state that the phase trains it in; called before the first epoch."""
        self.network.train()

    def loss(self, batch: Batch, step: int | None) -> Tensor:
        """The phase's loss of a batch; `step` decides the draws, `None` means validation: nothing is drawn."""
        raise NotImplementedError

    def examine(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """A validation batch's loss, and task → (B, K), larger for a likelier class, for the tasks that it learns."""
        raise NotImplementedError

    def companions(self) -> dict[str, nn.Module]:
        """Modules that are learnt with the network and are no part of it, by name."""
        return {} if self.distiller is None else {"distillation": self.distiller}

    def with_clinical(self, outputs: AnyOutputs, batch: Batch) -> AnyOutputs:
        """The outputs of the images, with those of the clinical data where the model takes any."""
        if batch.clinical is None:
            return outputs
        given: AnyOutputs = self.network.with_clinical(outputs, batch.clinical)
        return given

    def with_distillation(self, loss: Tensor, outputs: TaskOutputs, batch: Batch) -> Tensor:
        """The labels' loss, plus the distillation from whole to reduced cases where the batch has both."""
        if self.distiller is None or batch.views == 1:
            return loss
        added: Tensor
        added, metrics = self.distiller(outputs.logits, outputs.features)
        self._metrics.distillation.append(metrics)
        return loss + self.term("distillation", added)

    def joint_term(self, logits: Mapping[str, Tensor], batch: Batch, step: int | None) -> Tensor:
        """The weighted joint likelihood of the logits that predict: a scalar, 0 where it is not asked for."""
        if self.recipe.combinations is None:
            return batch.image.new_zeros(())
        labels = {task: batch.labels[:, column] for column, task in enumerate(self.recipe.tasks)}
        if batch.mixed is not None:  # two tumours are no one diagnosis
            labels = {task: torch.where(batch.mixed.share > 0, MISSING, label) for task, label in labels.items()}
        weights = {task: batch_weights(label, logits[task].shape[1]) for task, label in labels.items()}
        term = self.term(
            "joint likelihood", joint_likelihood(logits, labels, self.recipe.combinations, class_weights=weights)
        )
        if step is not None:
            self._metrics.joint.append(term.detach())
        return self.recipe.joint_likelihood_weight * term  # type: ignore[no-any-return]

    def progress(self) -> float:
        """The epoch's mean training loss, which the learning rate follows."""
        return mean_of_steps(self._metrics.losses)

    def metrics(self) -> dict[str, float]:
        """Further metrics of the epoch."""
        return {}

    # -- Lightning's hooks

    def configure_optimizers(self) -> torch.optim.Optimizer:
        trained = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        groups: list[dict[str, Any]] = [{"params": trained}]
        beside = [parameter for module in self.companions().values() for parameter in module.parameters()]
        if beside:
            groups.append({"params": beside, "weight_decay": 0.0})
        self.optimizer = self.optimisation.optimizer_of(groups)
        self.scheduler = self.optimisation.scheduler_of(self.optimizer, self.epochs)
        if self.optimisation.ema_decay:
            self.average = WeightAverage(self.network, self.optimisation.ema_decay)
        if self._restored:
            if self.average:
                self.average.load(self._restored["average"])
            self.optimizer.load_state_dict(self._restored["optimizer"])
            self.scheduler.load_state_dict(self._restored["scheduler"])
            for name, module in self.companions().items():
                module.load_state_dict(self._restored[name])
        return self.optimizer

    def state(self) -> dict[str, Any]:
        """State beside the network that a resumed job needs."""
        beside = {name: module.state_dict() for name, module in self.companions().items()}
        average = {"average": self.average.state()} if self.average else {}
        return {"optimizer": self.optimizer.state_dict(), "scheduler": self.scheduler.state_dict(), **average, **beside}

    def on_train_epoch_start(self) -> None:
        self._metrics = type(self._metrics)()

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        batch = in_numbers(batch)
        if not self.trainer.training:
            return batch
        batch = shown(batch, self.recipe, self.draw, distils=self.distiller is not None)
        if batch.mixed is not None:
            self._metrics.pasted.append((batch.mixed.share > 0).float().mean())
        return batch

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor | None:
        if self.parts == 1:
            return self._checked_loss(batch)
        optimizer: Any = self.optimizers()
        optimizer.zero_grad()
        in_turn = batch.parts(self.parts)
        sums = self._sums_of(in_turn)
        for number, cases in enumerate(in_turn):
            with part(sums, number):
                loss = self._checked_loss(cases)
            self.manual_backward(loss / self.parts)
        optimizer.step()
        return None

    def _checked_loss(self, batch: Batch) -> Tensor:
        # Every step, not every epoch: a data loader draws from the same generator, in a job's first epoch before any
        # hook and in later ones after it, so that a resumed job would draw other dropout.
        torch.manual_seed(self.draw("dropout", batch.step))
        self._terms = {}
        self._at = batch.step, batch.case_ids
        loss = self.loss(batch, batch.step)
        self._check_finite("loss", loss)
        self._metrics.losses.append(loss.detach())
        return loss

    @torch.no_grad()
    def _sums_of(self, in_turn: Sequence[Batch]) -> Parts:
        """The sums over all parts of a batch, for which each goes through the loss; leaves the phase as it was."""
        sums, metrics = Parts(len(in_turn)), self._metrics
        self._metrics = type(metrics)()
        with statistics_kept(self.network):
            for number, cases in enumerate(in_turn):
                with collected(sums, number):
                    self.loss(cases, cases.step)
        self._metrics = metrics
        # Autocast would take the weights that it has converted just now, which know of no gradient.
        torch.clear_autocast_cache()
        share_sums(sums)
        return sums

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Stop before gradients that are not finite reach the weights, and shorten those that are too long."""
        found = {name: weight.grad for name, weight in self.named_parameters() if weight.grad is not None}
        norm = torch.nn.utils.get_total_norm(list(found.values()))
        if not norm.isfinite():
            for name, gradient in found.items():
                self._check_finite(f"gradient of {name}", gradient)
        if self.optimisation.gradient_clip is not None:
            torch.nn.utils.clip_grads_with_norm_(self.parameters(), self.optimisation.gradient_clip, norm)

    def on_train_batch_end(self, *_: Any) -> None:
        if self.average:
            self.average.update()

    def on_validation_start(self) -> None:
        if self.average:  # what is looked at is what would be kept
            self._averaged.enter_context(self.average.given())

    def on_validation_end(self) -> None:
        self._averaged.close()

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        self._terms = {}
        self._at = batch.step, batch.case_ids
        loss, scores = self.examine(batch)
        self._check_finite("validation loss", loss)
        self._metrics.validation_losses.append(loss.detach() * len(batch.labels))
        self._metrics.scores.append({task: s.float().cpu() for task, s in scores.items()})
        self._metrics.labels.append(batch.labels.cpu())

    def check_weights(self) -> None:
        """Stop where a weight, or a running statistic of batch norm, is not finite.

        Raises:
            NotFiniteError: one is not.
        """
        statistics = ((n, b) for n, b in self.named_buffers() if n.endswith(("running_mean", "running_var")))
        for name, value in (*self.named_parameters(), *statistics):
            self._check_finite(f"weight {name}", value)

    def _check_finite(self, what: str, value: Tensor) -> None:
        if torch.isfinite(value).all():
            return
        worst = float(value.detach()[~torch.isfinite(value)].flatten()[0])
        terms = {name: float(term) for name, term in self._terms.items()}
        raise NotFiniteError(what, worst, self.name, self.epoch + 1, self._at[0] + 1, terms, self._at[1])

    def on_train_epoch_end(self) -> None:
        rate = {"train/learning_rate": self.optimizer.param_groups[0]["lr"]}
        next_epoch(self.scheduler, self.progress())
        if self.average and self.epoch + 1 == self.epochs:
            self.average.give()
        metrics = self._metrics.of_training() | rate | self.metrics() | self._metrics.of_distillation()
        self.on_epoch(self, self.epoch, metrics | self._metrics.of_validation(self.recipe.tasks))
