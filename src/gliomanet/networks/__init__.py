"""Networks, one file each; `build` makes one by the name it has in a study's `models`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from gliomanet.model_kinds import IMAGE_KINDS, KINDS, load

IMAGE_NETWORKS = tuple(IMAGE_KINDS)
"""Networks on images, by name: subclasses of `image_network.ImageNetwork`."""

NETWORKS = tuple(name for name, kind in KINDS.items() if kind.network)
"""The names `build` knows."""


def network_class(name: str) -> type[Any]:
    """The class of the network of this name.

    Raises:
        ValueError: the name is unknown.
    """
    if name not in NETWORKS:
        raise ValueError(f"no network is called {name!r}; known: {', '.join(NETWORKS)}")
    found: type[Any] = load(KINDS[name].network)
    return found


def build(
    name: str,
    *,
    tasks: Mapping[str, int],
    preset: str | None = None,
    modalities: Sequence[str] | int | None = None,
    segmentation: bool = False,
    clinical: int = 0,
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
        clinical: values a case that join an image network's last layers.
        options: what else its constructor takes: dropout, and what is its own.

    First weights depend on torch's generator alone: call `torch.manual_seed` before.

    Raises:
        ValueError: the name is unknown, an argument is missing or none of this network's, or has a value that it
            refuses.
    """
    network = network_class(name)
    parameters = inspect.signature(network).parameters
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
    built: nn.Module = network(**arguments)
    if clinical:
        if name not in IMAGE_NETWORKS:
            raise ValueError(f"{name} takes no clinical")
        built.add_clinical(clinical, tasks)  # type: ignore[operator]
    return built


def _count(name: str, modalities: Sequence[str]) -> int:
    if isinstance(modalities, str) or len(set(modalities)) != len(modalities):
        raise ValueError(f"{name} has modalities={modalities!r}; it must be a list that names each modality once")
    return len(modalities)
