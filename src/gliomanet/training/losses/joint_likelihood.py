"""The likelihood of what is known of a case under the WHO classification: a further loss beside the tasks' own."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from gliomanet.labels.joint_decoding import Combinations
from gliomanet.labels.vocabulary import MISSING
from gliomanet.training.distributed.collectives import divisor


def joint_likelihood(
    logits: Mapping[str, Tensor],
    labels: Mapping[str, Tensor],
    combinations: Combinations,
    *,
    class_weights: Mapping[str, Tensor | None] | None = None,
) -> Tensor:
    """−log of the probability that the tasks together give to the diagnoses which fit the known labels.

    p(combination) = softmax over the possible combinations of Σ_t log softmax(logits_t)[its class], which is
    `joint_decoding`'s distribution. Unknown labels are summed over, so that a known IDH trains 1p/19q what it can.
    A case without a known label, or whose labels no diagnosis fits (an astrocytoma of an old table with a co-deletion),
    is masked out.

    It is the likelihood of what decoding makes of the logits. Combinations that no diagnosis fits are ruled out before,
    so they cost nothing here, and the tasks taken one by one may contradict each other more often than without: a model
    that learns by it is to be read decoded.

    Alone it would follow the commonest diagnosis, so cases weigh what their classes weigh in the tasks' own losses:
    the mean of their known labels' class weights. The divisor is the number of cases that count.

    Args:
        logits: task → (B, K).
        labels: task → int64 (B,): class indices, or `MISSING` (-1).
        combinations: of these tasks; further tasks in `logits` and `labels` have no part.
        class_weights: task → (K,), or `None` for weights of 1; see `losses.class_weights`.

    Returns:
        A scalar in float32. With no case that counts: exactly 0, with a graph whose gradients are 0.
    """
    table = torch.tensor(combinations.classes, device=logits[combinations.tasks[0]].device)  # (C, T)
    scores, fits, weight, known = [], [], [], []
    for column, task in enumerate(combinations.tasks):
        label, classes = labels[task], table[:, column]
        is_known = label != MISSING
        weights = (class_weights or {}).get(task)
        scores.append(F.log_softmax(logits[task].float(), dim=1).index_select(1, classes))
        fits.append((label[:, None] == classes) | ~is_known[:, None])
        weight.append(torch.where(is_known, 1.0 if weights is None else weights[label.clamp(min=0)], 0.0))
        known.append(is_known)
    score, fit = torch.stack(scores).sum(dim=0), torch.stack(fits).all(dim=0)  # (B, C)
    labels_known = torch.stack(known).sum(dim=0)
    counts = (labels_known > 0) & fit.any(dim=1)
    # A masked case fits everything: a row of −inf would turn its gradient into NaN, masked or not.
    fitting = score.masked_fill(~(fit | ~counts[:, None]), -torch.inf)
    losses = torch.logsumexp(score, dim=1) - torch.logsumexp(fitting, dim=1)
    case_weight = torch.stack(weight).sum(dim=0) / labels_known.clamp(min=1)
    return torch.where(counts, case_weight * losses, 0.0).sum() / divisor(counts.sum())
