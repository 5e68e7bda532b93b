"""Losses of labels that may be unknown: an unknown one is masked out, never filled with a class.

Where several processes train together, a mean is one over the cases of all: see `collectives.divisor`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from gliomanet.labels.vocabulary import MISSING
from gliomanet.networks.outputs import Regions
from gliomanet.training.distributed.collectives import divisor, sum_over_processes


def masked_cross_entropy(
    logits: Tensor,
    targets: Tensor,
    *,
    class_weights: Tensor | None = None,
    shares: Tensor | None = None,
) -> Tensor:
    """Cross-entropy over the cases whose label is known.

    Σ w_class[target] · −log softmax(logits)[target] / number of known cases. The divisor is the count and not the
    weights' sum, so that in a batch of one class, or of one case, a weight still weighs. With `shares`, each term
    counts by its share, and so does each case in the number, which is 1 at least.

    Args:
        logits: (B, K).
        targets: int64 (B,): class indices, or `MISSING` (-1).
        class_weights: (K,), see `class_weights`.
        shares: (B,) in [0, 1], of labels that are one of two of a case.

    Returns:
        A scalar in float32. With no label known: exactly 0, with a graph whose gradients are 0.

    Raises:
        ValueError: the shapes do not fit each other.
    """
    _check_shapes(logits, targets, class_weights)
    losses = F.cross_entropy(logits.float(), targets, weight=class_weights, ignore_index=MISSING, reduction="none")
    known = targets != MISSING
    if shares is None:
        return losses.sum() / divisor(known.sum())
    return (losses * shares).sum() / divisor((known * shares).sum())


def cosface(
    cosines: Tensor,
    targets: Tensor,
    *,
    scale: float,
    margin: float,
    class_weights: Tensor | None = None,
    shares: Tensor | None = None,
) -> Tensor:
    """Large-margin cosine loss: cross-entropy of scale · (cos θ_k − margin · [k = target]).

    Predictions use the plain cosines. Source: Wang et al. 2018, CosFace (arXiv:1801.09414), equation 4.

    Args:
        cosines: (B, K), in [-1, 1].
        targets: int64 (B,): class indices, or `MISSING` (-1).
        scale: s > 0; CMTLNet's is 64.
        margin: m ≥ 0; CMTLNet's is 0.5.
        class_weights: as in `masked_cross_entropy`, and so are masking, the mean, and errors.
        shares: as in `masked_cross_entropy`.
    """
    _check_shapes(cosines, targets, class_weights)
    # the index of an unknown target is clamped to a valid one: its row is masked below
    margins = margin * F.one_hot(targets.clamp(min=0), cosines.shape[1])
    logits = scale * (cosines.float() - margins)
    return masked_cross_entropy(logits, targets, class_weights=class_weights, shares=shares)


def soft_dice(logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
    """Soft Dice loss: the mean over the known cases of Σ_regions 1 − (2 Σ p·g + 1) / (Σ p + Σ g + 1).

    p is the sigmoid of the logits, g the target, sums run over voxels; the 1 makes a region that a case does not have
    a loss that falls to 0 with p. Source: Milletari et al. 2016, V-Net (arXiv:1606.04797), without their squares.

    Args:
        logits: (B, R, D, H, W).
        targets: of 0 and 1, of the same shape.
        known: bool (B,), cases whose targets are known; the others are masked out.

    Returns:
        A scalar in float32. With no case known: exactly 0, with a graph whose gradients are 0.

    Raises:
        ValueError: the shapes do not fit each other.
    """
    for name, tensor, shape in (("targets", targets, logits.shape), ("known", known, logits.shape[:1])):
        if tensor.shape != shape:
            raise ValueError(
                f"{name} has shape {tuple(tensor.shape)}; logits of {tuple(logits.shape)} need {tuple(shape)}"
            )
    p, g = torch.sigmoid(logits.float()).flatten(2), targets.float().flatten(2)
    dice = (2 * (p * g).sum(dim=2) + 1) / (p.sum(dim=2) + g.sum(dim=2) + 1)  # (B, R)
    losses = torch.where(known, (1 - dice).sum(dim=1), 0.0)
    return losses.sum() / divisor(known.sum())


def region_targets(codes: Tensor, regions: Regions) -> tuple[Tensor, Tensor]:
    """Targets of a segmentation's channels, and the cases in which they are known.

    A case without a mask is not known. Nor, where the regions are several, is one whose mask has no other code than 1:
    this is how a mask of the whole tumour is kept, whose parts nobody outlined.

    Args:
        codes: (B, 1, D, H, W) codes of the tumour masks, 0 where there is no tumour.
        regions: for each channel its codes.

    Returns:
        bool (B, R, D, H, W) and bool (B,).
    """
    targets = torch.cat([torch.isin(codes, codes.new_tensor(region)) for region in regions], dim=1)
    return targets, (codes > (1 if len(regions) > 1 else 0)).flatten(1).any(dim=1)


def class_weights(counts: Sequence[int] | Tensor) -> Tensor:
    """Balanced weights: n / (classes that occur · n_k), whose mean over the counted cases is 1.

    Args:
        counts: cases of each class, (K,). Less than one case, which shares of labels make, is weighed as one.

    Returns:
        float32 (K,); 0 for a class without cases, which no loss asks for.

    Raises:
        ValueError: a count is negative, or every one is 0.
    """
    n = torch.as_tensor(counts, dtype=torch.float32)
    if n.ndim != 1 or (n < 0).any() or n.sum() == 0:
        raise ValueError(
            f"class counts are {n.tolist()}; they must be one number a class, none negative and not all 0: "
            "a task that no training case has a label for cannot be weighted, nor learnt"
        )
    occurs = n > 0
    return torch.where(occurs, n.sum() / (occurs.sum() * n.clamp(min=1)), 0.0)


def _check_shapes(logits: Tensor, targets: Tensor, class_weights: Tensor | None) -> None:
    n, k = logits.shape
    for name, tensor, shape in (("targets", targets, (n,)), ("class_weights", class_weights, (k,))):
        if tensor is not None and tensor.shape != shape:
            raise ValueError(f"{name} has shape {tuple(tensor.shape)}; logits of {(n, k)} need {shape}")


def batch_weights(targets: Tensor, n_classes: int, shares: Tensor | None = None) -> Tensor | None:
    """Weights that give the classes met in a batch, whole, an equal say; `None` where no target is known.

    The draw holds one case of every class of *its* task; as labels of other tasks those cases are as unbalanced as
    the disease is. With `shares` (B,), a label counts by its share, and a class of less than one case as one: a small
    share of a tumour is not made to speak for its whole class.
    """
    known = targets != MISSING
    met = F.one_hot(targets[known], n_classes)
    counts = sum_over_processes((met if shares is None else met * shares[known, None]).sum(dim=0))
    return class_weights(counts) if bool(counts.any()) else None
