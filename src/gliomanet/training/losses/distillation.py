"""Learning to do without modalities: every case of a step is seen twice, whole and with modalities taken away.

Self-distillation: the pass of the whole case is the teacher of the pass of the reduced one, by the tasks' logits
(Hinton et al. 2015, arXiv:1503.02531) and by the direction of their deep features. Contrastive learning: the deep
features of either are to be predictable from the other's, without negative pairs (SimSiam, Chen & He 2021,
arXiv:2011.10566). Both need no label; Liu et al. 2025 (GMMAS) adapt to missing modalities by the two.

Whole and reduced cases go through the network as one batch, so that batch norm sees the mixture while training, as its
running statistics do, which prediction has for either. The labels' losses are means over that batch: half of each is
the whole cases', half the reduced ones'.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gliomanet.networks.blocks.heads import TaskHeads
from gliomanet.training.data.augmentation import drop_modalities
from gliomanet.training.data.batches import Batch, Mixed
from gliomanet.training.distributed.collectives import mean_of_cases, mean_over_processes

VIEWS = 2
BOTTLENECK = 4
"""The predictor's hidden layer is the deep feature's length divided by this, as in SimSiam."""


@dataclass(frozen=True)
class Distillation:
    """Weights of the two terms, 0 for none, and the temperature of the logits that are distilled."""

    distillation_weight: float = 0.0
    temperature: float = 1.0
    contrastive_weight: float = 0.0

    @property
    def wanted(self) -> bool:
        """True where there is anything to add to the labels' losses."""
        return self.distillation_weight > 0 or self.contrastive_weight > 0


NO_DISTILLATION = Distillation()
"""The labels' losses alone."""


def with_reduced_cases(batch: Batch, rate: float, seed: int, ratio_maps: Sequence[tuple[int, int]] = ()) -> Batch:
    """The batch's B cases, then the same cases again with modalities taken away: 2B cases.

    A case of one modality comes twice as it is; every other loses one at least, because it is there whole already.

    Args:
        batch: augmented, so that both views of a case have the same geometry and intensities.
        rate: the probability that a modality goes, in [0, 1).
        seed: what is drawn.
        ratio_maps: as in `drop_modalities`.
    """
    image, available = drop_modalities(batch.image, batch.available, rate, seed, one_goes=True, ratio_maps=ratio_maps)
    return batch._replace(
        image=torch.cat([batch.image, image]),
        masks=torch.cat([batch.masks] * VIEWS),
        available=torch.cat([batch.available, available]),
        labels=torch.cat([batch.labels] * VIEWS),
        mixed=batch.mixed and Mixed(*(torch.cat([each] * VIEWS) for each in batch.mixed)),
        clinical=None if batch.clinical is None else torch.cat([batch.clinical] * VIEWS),
        views=VIEWS,
    )


class SubsetDistillation(nn.Module):
    """The two terms, from a batch of `with_reduced_cases`; its parameters are the contrastive term's predictors.

    Args:
        tasks: names.
        features: F, length of the deep features.
        settings: weights and temperature.
        seed: of the predictors' first weights. Their own, because a job that goes on makes them again in another state
            of torch's generator.
    """

    def __init__(self, tasks: Sequence[str], features: int, settings: Distillation, seed: int) -> None:
        super().__init__()
        self.settings = settings
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.predictors = (
                TaskHeads(dict.fromkeys(tasks, features), feature_predictor) if settings.contrastive_weight else None
            )

    def forward(self, logits: Mapping[str, Tensor], features: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss to add to the labels' losses, and the metrics of the step.

        Args:
            logits: task → (2B, K), the whole cases first.
            features: task → deep features (2B, F).

        Returns:
            The weighted sum of the terms, each summed over the tasks as the labels' losses are; and, without gradients,
            metric → scalar: `loss/distillation`, `loss/contrast`, and `feature_std`, see `feature_spread`.
        """
        zero = next(iter(features.values())).new_zeros((), dtype=torch.float32)
        distilled, contrasted, spread = zero, zero, zero
        for task, z in features.items():
            whole, reduced = halves(z)
            spread = spread + feature_spread(whole.detach()) / len(features)
            if self.settings.distillation_weight:
                teacher, student = halves(logits[task])
                distilled = distilled + logit_distillation(teacher, student, self.settings.temperature)
                distilled = distilled + feature_distillation(whole, reduced)
            if self.predictors is not None:
                contrasted = contrasted + contrastive_loss(whole, reduced, *halves(self.predictors[task](z)))
        metrics = {"feature_std": spread}
        if self.settings.distillation_weight:
            metrics["loss/distillation"] = distilled.detach()
        if self.predictors is not None:
            metrics["loss/contrast"] = contrasted.detach()
        return self.settings.distillation_weight * distilled + self.settings.contrastive_weight * contrasted, metrics


def halves(values: Tensor) -> tuple[Tensor, Tensor]:
    """(2B, …) of a batch of both views → (B, …) of the whole cases and (B, …) of the reduced ones."""
    whole, reduced = values.chunk(VIEWS)
    return whole, reduced


def feature_predictor(features: int) -> nn.Sequential:
    """SimSiam's predictor, a bottleneck of two layers: (B, F) → (B, F).

    With layer norm instead of its batch norm, whose statistics of the handful of cases of a batch would be noise.
    """
    hidden = max(features // BOTTLENECK, 1)
    return nn.Sequential(
        nn.Linear(features, hidden, bias=False), nn.LayerNorm(hidden), nn.ReLU(), nn.Linear(hidden, features)
    )


def logit_distillation(teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    """T² · KL(softmax(teacher / T) ‖ softmax(student / T)), the mean over the cases; no gradient to the teacher.

    The T² keeps the gradients' size whatever the temperature. Source: Hinton et al. 2015, section 2.

    Args:
        teacher: logits (B, K).
        student: logits (B, K).
        temperature: T > 0.
    """
    wanted = F.log_softmax(teacher.detach().float() / temperature, dim=1)
    said = F.log_softmax(student.float() / temperature, dim=1)
    each = F.kl_div(said, wanted, reduction="none", log_target=True).sum(dim=1)
    return temperature**2 * mean_of_cases(each)


def feature_distillation(teacher: Tensor, student: Tensor) -> Tensor:
    """1 − cos(teacher, student) of deep features (B, F), the mean over the cases; no gradient to the teacher."""
    return mean_of_cases(1 - F.cosine_similarity(teacher.detach().float(), student.float(), dim=1))


def contrastive_loss(z1: Tensor, z2: Tensor, p1: Tensor, p2: Tensor) -> Tensor:
    """1 − ½·cos(p1, z2) − ½·cos(p2, z1), the mean over the cases; no gradient to either z as a target.

    SimSiam's symmetric loss (Chen & He 2021, equation 4), plus 1: so it falls to 0, not to −1.

    Args:
        z1: deep features of one view (B, F).
        z2: of the other view.
        p1: what the predictor makes of `z1`.
        p2: what it makes of `z2`.
    """
    one = F.cosine_similarity(p1.float(), z2.detach().float(), dim=1)
    other = F.cosine_similarity(p2.float(), z1.detach().float(), dim=1)
    return mean_of_cases(1 - (one + other) / 2)


def feature_spread(z: Tensor) -> Tensor:
    """√F · the standard deviation over the cases of the normalised features, the mean over their F components.

    0 where all cases have one direction: the collapse that SimSiam's authors watch for (their figure 2, where 1/√F is
    the value of features without any order; here that is 1).

    Args:
        z: (B, F).
    """
    directions = F.normalize(z.float(), dim=1).double()
    # One collective whose answer no other depends on: parts of a batch collect their sums in one pass.
    sums = torch.stack([torch.full_like(directions[0], len(z)), directions.sum(dim=0), directions.square().sum(dim=0)])
    cases, total, squares = mean_over_processes(sums)
    variance = (squares / cases - (total / cases).square()).clamp(min=0)
    spread: Tensor = variance.sqrt().mean().float() * math.sqrt(z.shape[1])
    return spread
