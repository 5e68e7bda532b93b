"""A device whose memory does not hold a batch: its parts are computed one after another, and their gradients add up.

The job starts again from its newest checkpoint with half as many cases at once, until they fit. The batch that moves
the weights stays as it was drawn.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from gliomanet.errors import Problem, ProblemError


@dataclass(frozen=True)
class Split:
    """A process's share of a batch, in parts.

    Attributes:
        cases: of the share.
        parts: that it is computed in.
        most: parts that it can be computed in: of one case each, or of two where there is batch norm, which cannot
            normalise a single value.
    """

    cases: int
    parts: int
    most: int

    @classmethod
    def of(cls, network: nn.Module, cases: int, wanted: int) -> Split:
        """As many parts as wanted, and as are possible."""
        most = max(1, cases // 2 if has_batch_norm(network) else cases)
        return cls(cases, min(wanted, most), most)

    @property
    def at_once(self) -> int:
        """Cases of the largest part."""
        return -(-self.cases // self.parts)


class MemoryExceededError(RuntimeError):
    """A device's memory does not hold a part of a batch; `split` says which, `told` is the library's own first line."""

    def __init__(self, split: Split, told: str) -> None:
        super().__init__(split, told)
        self.split, self.told = split, told


def has_batch_norm(network: nn.Module) -> bool:
    """Tell if what a network makes of a case depends on the cases beside it."""
    return any(isinstance(module, _BatchNorm) for module in network.modules())


def train_in_parts(train: Callable[[int], None], title: str, device: str) -> None:
    """Train, in twice as many parts each time that the memory does not hold one.

    Args:
        train: starts or resumes the training, in so many parts.
        title: of the job, for messages.
        device: its name.

    Raises:
        ProblemError: the smallest part is too large.
    """
    parts = 1
    while True:
        try:
            return train(parts)
        except MemoryExceededError as error:
            split, told = error.split, error.told
        if split.parts == split.most:
            raise ProblemError(_too_small(split, told, title, device))
        parts = min(2 * split.parts, split.most)
        print(
            f"{title}: the memory of {device} does not hold {split.at_once} of the {split.cases} cases of a batch at "
            f"once ({told}); going on from the newest checkpoint in {parts} parts, whose gradients add up to the "
            "batch's",
            flush=True,
        )
        # What the failed attempt held on the device goes with its frames, some of which refer to each other.
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _too_small(split: Split, told: str, title: str, device: str) -> Problem:
    found = (
        f"{title}: the memory of {device} does not hold {split.at_once} of the {split.cases} cases of a batch at once, "
        f"and fewer are not possible ({told})"
    )
    action = (
        "set compute.gradient_checkpointing: true (the same result with less memory), a smaller input_shape or preset "
        "of the model, or give the job a device with more memory that nothing else uses"
    )
    return Problem(found, action, rule="memory_exceeded")
