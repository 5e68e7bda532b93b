"""Acceleration without another result: memory format, compilation, recomputation.

All of it is done in place and leaves the names of the weights as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


@dataclass(frozen=True)
class Acceleration:
    """Options applied to a network before it is trained.

    Attributes:
        channels_last: convolutions' weights, and so the maps, in the memory format `torch.channels_last_3d`.
        compiled: by `torch.compile`.
        checkpointed: the blocks' inner maps are computed again in the backward pass, and not kept until then.
    """

    channels_last: bool = False
    compiled: bool = False
    checkpointed: bool = False

    def __post_init__(self) -> None:
        if self.compiled and self.checkpointed:
            raise ValueError(
                "a compiled network decides by itself what it computes again: choose compile or gradient_checkpointing"
            )


AS_IT_IS = Acceleration()


def accelerate(network: nn.Module, how: Acceleration) -> None:
    """Have a network computed in this way, in place; the names and values of its weights stay."""
    if how.channels_last:
        _to_format(network, torch.channels_last_3d)
    if how.checkpointed:
        for block in recomputed_blocks(network):
            # Not a closure: a copy of the network must call its own block.
            block.forward = partial(_recomputed, block)
    if how.compiled:
        names = dict(network.named_modules())  # without parts that the network was made without, such as a decoder
        # A network whose parts are called by themselves, or that cuts windows, names them; others are compiled whole.
        for part in getattr(network, "COMPILED_PARTS", ("",)):
            if part in names:
                names[part].compile()


def stored_plainly(network: nn.Module) -> None:
    """Weights in the memory format that they are saved in, whatever they were trained in; in place."""
    _to_format(network, torch.contiguous_format)


def _to_format(network: nn.Module, memory_format: torch.memory_format) -> None:
    # `Module.to` would refuse weights of four axes, and is typed without formats.
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.ndim == 5:
            tensor.data = tensor.data.contiguous(memory_format=memory_format)


def recomputed_blocks(network: nn.Module) -> list[nn.Module]:
    """The outermost blocks that gradient checkpointing computes again.

    They are the blocks that say so (`RECOMPUTED`) and every sequence of layers with a 3D convolution: of these only the
    input is kept for the backward pass.
    """
    found: list[nn.Module] = []
    for child in network.children():
        if getattr(child, "RECOMPUTED", False) or (
            isinstance(child, nn.Sequential) and any(isinstance(layer, nn.Conv3d) for layer in child)
        ):
            found.append(child)
        else:
            found += recomputed_blocks(child)
    return found


def _recomputed(block: nn.Module, *inputs: Any) -> Any:
    forward = partial(type(block).forward, block)
    if not (block.training and torch.is_grad_enabled()):
        return forward(*inputs)
    return checkpoint(forward, *inputs, use_reentrant=False, context_fn=partial(_contexts, block))


def _contexts(block: nn.Module) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """Around the forward pass, and around its repetition."""
    return nullcontext(), statistics_kept(block)


@contextmanager
def statistics_kept(block: nn.Module) -> Iterator[None]:
    """Let batch norm move copies of its running statistics, while a block sees a batch that it sees another time."""
    norms = [module for module in block.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    own = [dict(norm._buffers) for norm in norms]
    for norm in norms:
        norm._buffers.update({name: None if value is None else value.clone() for name, value in norm._buffers.items()})
    try:
        yield
    finally:
        for norm, buffers in zip(norms, own, strict=True):
            norm._buffers.update(buffers)
