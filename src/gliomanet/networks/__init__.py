"""Networks, one file each; `build` makes one by the name it has in a study's `models`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from gliomanet.networks.cmtlnet import CMTLNet, CommonOutputs, UniqueOutputs
from gliomanet.networks.gmmas import GMMAS
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.networks.mttunet import MTTUNet
from gliomanet.networks.outputs import Outputs
from gliomanet.networks.psnet import PSNet
from gliomanet.networks.singletask import SingleTaskNet
from gliomanet.networks.tabular import TabularNet

IMAGE_NETWORKS: dict[str, type[ImageNetwork]] = {
    "cmtlnet": CMTLNet,
    "gmmas": GMMAS,
    "mttunet": MTTUNet,
    "psnet": PSNet,
    "singletask": SingleTaskNet,
}
"""A new network on images is a file here, a subclass of `ImageNetwork`, and a line in this table."""

NETWORKS: dict[str, type[nn.Module]] = {**IMAGE_NETWORKS, "tabular_net": TabularNet}
"""The names `build` knows."""

__all__ = [
    "GMMAS",
    "IMAGE_NETWORKS",
    "NETWORKS",
    "CMTLNet",
    "CommonOutputs",
    "ImageNetwork",
    "MTTUNet",
    "Outputs",
    "PSNet",
    "SingleTaskNet",
    "TabularNet",
    "UniqueOutputs",
    "build",
]


def build(
    name: str,
    *,
    tasks: Mapping[str, int],
    preset: str | None = None,
    modalities: Sequence[str] | int | None = None,
    segmentation: bool = False,
    **options: Any,
) -> nn.Module:
    """The network of this name.

    The `constructor` of a trained network's `model.json` holds these arguments, with `n_modalities` for `modalities`.

    Args:
        name: a key of `NETWORKS`.
        tasks: task → number of classes; their order is part of the weights' meaning.
        preset: widths of an image network: paper, slim or tiny.
        modalities: modalities of an image network by name, in the order of its channels, or their number.
        segmentation: whether it segments the tumour.
        options: what else its constructor takes: dropout, and what is its own.

    First weights depend on torch's generator alone: call `torch.manual_seed` before.

    Raises:
        ValueError: the name is unknown, an argument is missing or none of this network's, or has a value that it
            refuses.
    """
    if name not in NETWORKS:
        raise ValueError(f"no network is called {name!r}; known: {', '.join(NETWORKS)}")
    parameters = inspect.signature(NETWORKS[name]).parameters
    arguments: dict[str, Any] = {"tasks": tasks, **options}
    if preset is not None:
        arguments["preset"] = preset
    if modalities is not None:
        if "n_modalities" in options:
            raise ValueError(f"{name}: give modalities or n_modalities, not both")
        arguments["n_modalities"] = modalities if isinstance(modalities, int) else _count(name, modalities)
    if segmentation or "segmentation" in parameters:
        arguments["segmentation"] = segmentation
    if unknown := [key for key in arguments if key not in parameters]:
        raise ValueError(f"{name} takes no {', '.join(unknown)}; it takes {', '.join(parameters)}")
    if missing := [key for key, one in parameters.items() if one.default is one.empty and key not in arguments]:
        raise ValueError(f"{name} needs {', '.join(missing)} as well; it takes {', '.join(parameters)}")
    return NETWORKS[name](**arguments)


def _count(name: str, modalities: Sequence[str]) -> int:
    if isinstance(modalities, str) or len(set(modalities)) != len(modalities):
        raise ValueError(f"{name} has modalities={modalities!r}; it must be a list that names each modality once")
    return len(modalities)
