"""A moving average of a network's weights, which is what a phase leaves where it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class WeightAverage:
    """Exponential moving average of the weights that are trained, and of batch norm's running statistics.

    After each update a ← d·a + (1 − d)·w, with d the lesser of the decay and (1 + t) / (10 + t) after t updates, so
    that the first weights, which are random, do not stay in the average of a short training.

    Args:
        network: its weights as they are now are the first average.
        decay: in (0, 1).

    Source: Polyak and Juditsky 1992; the rate of the first updates is that of TensorFlow's ExponentialMovingAverage.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network, self.decay, self.updates = network, decay, 0
        self.values = {name: value.clone() for name, value in self._learnt().items()}

    def update(self) -> None:
        """Take in the weights of an optimiser's step."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        move = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        move(list(self.values.values()), list(self._learnt().values()), self.updates)

    def give(self) -> None:
        """Give the network the average."""
        with torch.no_grad():
            for name, value in self._learnt().items():
                value.copy_(self.values[name])

    @contextmanager
    def given(self) -> Iterator[None]:
        """Let the network have the average for a while."""
        own = {name: value.clone() for name, value in self._learnt().items()}
        self.give()
        try:
            yield
        finally:
            with torch.no_grad():
                for name, value in self._learnt().items():
                    value.copy_(own[name])

    def state(self) -> dict[str, Any]:
        """The state that a resumed job needs."""
        return {"updates": self.updates, "values": self.values}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.updates = state["updates"]
        for name, value in self.values.items():
            value.copy_(state["values"][name])

    def _learnt(self) -> dict[str, Tensor]:
        weights = ((name, weight.detach()) for name, weight in self.network.named_parameters() if weight.requires_grad)
        statistics = ((name, value) for name, value in self.network.named_buffers() if value.is_floating_point())
        return {**dict(weights), **dict(statistics)}
