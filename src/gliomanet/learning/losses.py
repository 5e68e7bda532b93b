"""Losses of labels that may be unknown: an unknown one is masked out, never filled with a class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from gliomanet.labels import MISSING


def masked_cross_entropy(
    logits: Tensor,
    targets: Tensor,
    *,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Cross-entropy over the cases whose label is known.

    Σ w_class[target] · −log softmax(logits)[target] / number of known cases. The divisor is the count and not the
    weights' sum, so that in a batch of one class, or of one case, a weight still weighs.

    Args:
        logits: (B, K).
        targets: int64 (B,): class indices, or `MISSING` (-1).
        class_weights: (K,), see `class_weights`.

    Returns:
        A scalar in float32. With no label known: exactly 0, with a graph whose gradients are 0.

    Raises:
        ValueError: the shapes do not fit each other.
    """
    _check_shapes(logits, targets, class_weights)
    losses = F.cross_entropy(logits.float(), targets, weight=class_weights, ignore_index=MISSING, reduction="none")
    return losses.sum() / (targets != MISSING).sum().clamp(min=1)


def cosface(
    cosines: Tensor,
    targets: Tensor,
    *,
    scale: float,
    margin: float,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Large-margin cosine loss: cross-entropy of scale · (cos θ_k − margin · [k = target]).

    Predictions use the plain cosines. Source: Wang et al. 2018, CosFace (arXiv:1801.09414), equation 4.

    Args:
        cosines: (B, K), in [-1, 1].
        targets: int64 (B,): class indices, or `MISSING` (-1).
        scale: s > 0; CMTLNet's is 64.
        margin: m ≥ 0; CMTLNet's is 0.5.
        class_weights: as in `masked_cross_entropy`, and so are masking, the mean, and errors.
    """
    _check_shapes(cosines, targets, class_weights)
    # the index of an unknown target is clamped to a valid one: its row is masked below
    margins = margin * F.one_hot(targets.clamp(min=0), cosines.shape[1])
    return masked_cross_entropy(scale * (cosines.float() - margins), targets, class_weights=class_weights)


def class_weights(counts: Sequence[int] | Tensor) -> Tensor:
    """Balanced weights: n / (classes that occur · n_k), whose mean over the counted cases is 1.

    Args:
        counts: cases of each class, (K,).

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
