"""Collectives of the shares of a batch, beside the gradients: of processes with a device each, and of parts in turn.

Each process takes its share of every batch, and the mean of their gradients moves the weights. That mean is the
gradient of the whole batch's loss where each process divides its sum over cases by the mean number of cases that count,
not by its own. A process that trains alone is told nothing: every function here gives back what it is given.

Where memory does not hold a share, a process computes it in parts, one after another, whose gradients add up. A part
cannot ask those that come after it. So all parts go through the loss twice: a first time without gradients, while
their sums are collected (`collected`), and then each with its gradients, while every collective answers from there
(`part`). So a loss that is right for several processes is right for parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, distributed
from torch.utils.data import Sampler

from gliomanet.training.data.batches import BalancedBatches


@dataclass
class Parts:
    """The sums over all parts of a step's batch, in the order that the loss asks for them."""

    number: int
    sums: list[Tensor] = field(default_factory=list)


@dataclass
class _Turn:
    """One part's turn: it adds to the sums, or is answered from them."""

    parts: Parts
    part: int
    collects: bool
    asked: int = 0

    def sum_of(self, value: Tensor) -> Tensor:
        sums, place = self.parts.sums, self.asked
        self.asked += 1
        if self.collects and self.part == 0:
            sums.append(value)
        elif self.collects:
            sums[place] = sums[place] + value
        return sums[place]


_turn: _Turn | None = None


@contextmanager
def collected(parts: Parts, part: int) -> Iterator[None]:
    """While a part goes through the loss for the first time: its sums are added, in the order of the parts."""
    with _its_turn(_Turn(parts, part, collects=True)):
        yield


@contextmanager
def part(parts: Parts, number: int) -> Iterator[None]:
    """While a part goes through the loss with its gradients: all its sums are those of the whole batch."""
    with _its_turn(_Turn(parts, number, collects=False)):
        yield


def share_sums(parts: Parts) -> None:
    """Add the sums of the other processes, between the two passes; every process has as many parts."""
    if world_size() > 1:
        for value in parts.sums:
            distributed.all_reduce(value)


@contextmanager
def _its_turn(turn: _Turn) -> Iterator[None]:
    global _turn
    _turn = turn
    try:
        yield
    finally:
        _turn = None


def world_size() -> int:
    """Number of processes that train one network; 1 outside a process group."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Number of this process, from 0; process 0 writes checkpoints and results."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def own_draw() -> tuple[str | int, ...]:
    """Further terms that a seed derives from, so that processes, and parts, draw different things for their cases."""
    of_process = () if world_size() == 1 else ("process", rank())
    return of_process if _turn is None else (*of_process, "part", _turn.part)


def mean_over_processes(value: Tensor) -> Tensor:
    """The mean of each element over the shares, without gradients."""
    return value if _shares() == 1 else _sum(value) / _shares()


def divisor(count: Tensor) -> Tensor:
    """Divisor of a sum over this process's cases, with which the processes' mean is the mean over the batch.

    Args:
        count: cases of this share that count, integer.

    Returns:
        The mean count over the shares. Where no case of the batch counts, the sum is 0, and this is not.
    """
    return _sum(count).clamp(min=1) / _shares() if _shares() > 1 else count.clamp(min=1)


def sum_over_processes(count: Tensor) -> Tensor:
    """The sum of each element over the shares, without gradients."""
    return count if _shares() == 1 else _sum(count)


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


def _shares() -> int:
    return world_size() * (_turn.parts.number if _turn else 1)


def _sum(value: Tensor) -> Tensor:
    total = value.detach().clone()
    if _turn is not None:
        return _turn.sum_of(total)
    distributed.all_reduce(total)
    return total
