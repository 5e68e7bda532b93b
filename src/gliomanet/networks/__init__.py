"""Networks, one file each; `build` makes one by the name it has in a study's `models`."""

from __future__ import annotations

from typing import Any

from torch import nn

from gliomanet.networks.cmtlnet import CMTLNet, CommonOutputs, UniqueOutputs
from gliomanet.networks.tabular import TabularNet

NETWORKS: dict[str, type[nn.Module]] = {"cmtlnet": CMTLNet, "tabular_net": TabularNet}
"""The names `build` knows. A new network is a file here and a line in this table."""

__all__ = ["NETWORKS", "CMTLNet", "CommonOutputs", "TabularNet", "UniqueOutputs", "build"]


def build(kind: str, **arguments: Any) -> nn.Module:
    """The network of this name, with its constructor's arguments (the `model.json` of a trained one holds both).

    First weights depend on torch's generator alone: call `torch.manual_seed` before.

    Raises:
        ValueError: the name is unknown.
    """
    if kind not in NETWORKS:
        raise ValueError(f"no network is called {kind!r}; known: {', '.join(NETWORKS)}")
    return NETWORKS[kind](**arguments)
