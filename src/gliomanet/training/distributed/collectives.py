"""Collectives of the processes that train one network, one device each, beside the gradients.

Each takes its share of every batch, and the mean of their gradients moves the weights. That mean is the gradient of the
whole batch's loss where each process divides its sum over cases by the mean number of cases that count, not by its own.
A process that trains alone is told nothing: every function here gives back what it is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, distributed
from torch.utils.data import Sampler

from gliomanet.training.data.batches import BalancedBatches


def world_size() -> int:
    """Number of processes that train one network; 1 outside a process group."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Number of this process, from 0; process 0 writes checkpoints and results."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def own_draw() -> tuple[str | int, ...]:
    """Further terms that a seed derives from, so that the processes draw different things for their cases."""
    return () if world_size() == 1 else ("process", rank())


def mean_over_processes(value: Tensor) -> Tensor:
    """The mean of each element over the processes, without gradients."""
    return value if world_size() == 1 else _sum(value) / world_size()


def divisor(count: Tensor) -> Tensor:
    """Divisor of a sum over this process's cases, with which the processes' mean is the mean over the batch.

    Args:
        count: cases of this process that count, integer.

    Returns:
        The mean count over the processes. Where no case of the batch counts, the sum is 0, and this is not.
    """
    return _sum(count).clamp(min=1) / world_size() if world_size() > 1 else count.clamp(min=1)


def sum_over_processes(count: Tensor) -> Tensor:
    """The sum of each element over the processes, without gradients."""
    return count if world_size() == 1 else _sum(count)


def mean_of_cases(losses: Tensor) -> Tensor:
    """The mean of losses (B,), every one of which counts; see `divisor`."""
    return losses.sum() / divisor(torch.tensor(len(losses), device=losses.device))


def same_everywhere(value: Any) -> bool:
    """Tell if all processes have an equal value."""
    if world_size() == 1:
        return True
    values: list[Any] = [None] * world_size()
    distributed.all_gather_object(values, value)
    return all(other == value for other in values)


class Shares(Sampler[tuple[int, list[int]]]):
    """The part of every batch that is this process's: neighbours, as many as another process has or one more or less.

    All processes draw the same batches, those that one alone would draw.

    Raises:
        ValueError: a batch has fewer cases than there are processes.
    """

    def __init__(self, batches: BalancedBatches) -> None:
        if batches.cases < world_size():
            raise ValueError(
                f"a batch has {batches.cases} cases, too few to share among {world_size()} devices: "
                f"set compute.gpus to {batches.cases} or less"
            )
        self._batches = batches

    def __len__(self) -> int:
        return len(self._batches)

    def set_epoch(self, epoch: int) -> None:
        """See `BalancedBatches.set_epoch`."""
        self._batches.set_epoch(epoch)

    def __iter__(self) -> Iterator[tuple[int, list[int]]]:
        first, end = (self._batches.cases * number // world_size() for number in (rank(), rank() + 1))
        for step, positions in self._batches:
            yield step, positions[first:end]


def _sum(value: Tensor) -> Tensor:
    total = value.detach().clone()
    distributed.all_reduce(total)
    return total
