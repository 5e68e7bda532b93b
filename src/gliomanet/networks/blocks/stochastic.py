"""Dropout on demand, for Monte-Carlo passes."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.dropout import _DropoutNd


def set_stochastic(module: nn.Module, on: bool) -> None:
    """Switch every dropout layer of `module` on or off, and nothing else.

    Monte-Carlo passes want dropout drawn again while batch norm keeps its running statistics: call `module.eval()`,
    then `set_stochastic(module, True)`. The draws come from torch's generator, which the caller seeds.
    A later `.train()` or `.eval()` sets dropout with everything else again.
    """
    for layer in module.modules():
        if isinstance(layer, _DropoutNd):
            layer.train(on)
