"""Updates of a phase's weights: the optimiser, its learning rate over the epochs, clipped gradients.

No schedule looks at validation cases, and none ends a phase early: a fold chooses nothing that it is then reported on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch.optim import Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    LRScheduler,
    PolynomialLR,
    ReduceLROnPlateau,
)

if TYPE_CHECKING:
    from gliomanet.config.image_model import ImageModel, OptimizerName, Schedule

POLYNOMIAL_POWER = 0.9
"""Of MTTU-Net and GMMAS: the rate is (1 − e / E)^.9 of the first in epoch e of E, counted from 0."""


@dataclass(frozen=True)
class Optimisation:
    """Settings of the optimiser of a phase.

    Attributes:
        learning_rate: of the first epoch.
        weight_decay: of the network's weights; what is learnt beside the network has none.
        optimizer: `adam`, `amsgrad` (arXiv:1904.09237), or `adamw` (arXiv:1711.05101).
        schedule: of the learning rate over the phase's epochs.
        plateau_factor: for the schedule `plateau`: the rate is multiplied by it,
        plateau_patience: after more than so many epochs without a lower training loss,
        plateau_floor: down to this.
        gradient_clip: largest norm of all gradients together; longer ones are shortened to it. `None`: none are.
        ema_decay: of the moving average of the weights, see `WeightAverage`; 0: none.
    """

    learning_rate: float
    weight_decay: float = 0.0
    optimizer: OptimizerName = "adam"
    schedule: Schedule = "plateau"
    plateau_factor: float = 0.7
    plateau_patience: int = 8
    plateau_floor: float = 1e-6
    gradient_clip: float | None = None
    ema_decay: float = 0.0

    def optimizer_of(self, groups: Sequence[dict[str, Any]]) -> Optimizer:
        """The optimiser of groups of parameters."""
        rate, decay = self.learning_rate, self.weight_decay
        if self.optimizer == "adamw":
            return AdamW(groups, lr=rate, weight_decay=decay)
        return Adam(groups, lr=rate, weight_decay=decay, amsgrad=self.optimizer == "amsgrad")

    def scheduler_of(self, optimizer: Optimizer, epochs: int) -> LRScheduler:
        """The schedule of a phase of so many epochs."""
        match self.schedule:
            case "plateau":
                return ReduceLROnPlateau(
                    optimizer,
                    factor=self.plateau_factor,
                    patience=self.plateau_patience,
                    min_lr=self.plateau_floor,
                    eps=0.0,  # torch's own, 1e-8, would never lower a small rate
                )
            case "polynomial":
                return PolynomialLR(optimizer, total_iters=epochs, power=POLYNOMIAL_POWER)
            case "cosine":
                return CosineAnnealingLR(optimizer, T_max=epochs)
            case "constant":
                return ConstantLR(optimizer, factor=1.0)


def optimisation_of(model: ImageModel) -> Optimisation:
    """A model's settings of its optimiser."""
    return Optimisation(
        learning_rate=model.learning_rate,
        weight_decay=model.weight_decay,
        optimizer=model.optimizer,
        schedule=model.schedule,
        plateau_factor=model.plateau_factor,
        plateau_patience=model.plateau_patience,
        plateau_floor=model.plateau_floor,
        gradient_clip=model.gradient_clip,
        ema_decay=model.ema_decay,
    )


def next_epoch(scheduler: LRScheduler, training_loss: float) -> None:
    """Set the learning rate of the next epoch, after one of this training loss."""
    if isinstance(scheduler, ReduceLROnPlateau):
        scheduler.step(training_loss)
    else:
        scheduler.step()
