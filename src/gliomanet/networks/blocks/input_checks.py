"""Errors of a network's arguments and input, in the same words for every network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from gliomanet.networks.blocks.heads import check_tasks


def check_arguments(
    network: str,
    *,
    n_modalities: int,
    tasks: Mapping[str, int],
    segmentation: bool,
    preset: str,
    presets: Iterable[str],
    dropout: float,
) -> None:
    """Raise ValueError where a constructor's arguments make no network.

    Args:
        network: its name, for the message.
        n_modalities: at least one.
        tasks: task → classes, two or more; may be empty with `segmentation`.
        segmentation: whether the network segments.
        preset: one of `presets`.
        presets: those that there are.
        dropout: a rate in [0, 1).
    """
    if preset not in (known := tuple(presets)):
        raise ValueError(f"{network} has no preset {preset!r}; known: {', '.join(known)}")
    if n_modalities < 1:
        raise ValueError(f"{network} needs at least one modality, found n_modalities={n_modalities}")
    if not 0 <= dropout < 1:
        raise ValueError(f"{network} has dropout={dropout}; it must be a rate from 0 to less than 1")
    if tasks:
        check_tasks(tasks)
    elif not segmentation:
        raise ValueError(f"{network} has nothing to learn: give at least one task, or segmentation=True")


def check_input(
    network: str, x: Tensor, available: Tensor, *, n_modalities: int, stride: int = 1, smallest: int = 1
) -> None:
    """Raise ValueError where (x, available) is nothing that a network without a prompt channel takes.

    Args:
        network: its name, for the message.
        x: to be (B, n_modalities, D, H, W).
        available: to be bool (B, n_modalities) with at least one modality a case.
        n_modalities: modalities of the network.
        stride: D, H and W must be multiples of it,
        smallest: and none of them smaller than this.
    """
    if x.ndim != 5 or x.shape[1] != n_modalities:
        raise ValueError(
            f"input has shape {tuple(x.shape)}; "
            f"{network} takes (batch, {n_modalities}, D, H, W): one channel a modality"
        )
    if any(size % stride or size < max(stride, smallest) for size in x.shape[2:]):
        allowed = f"a multiple of {stride}" if stride > 1 else f"at least {smallest}"
        raise ValueError(
            f"input size {tuple(x.shape[2:])} does not fit the strides of {network}: every size must be {allowed}; "
            "crop or pad the volume"
        )
    if available.shape != x.shape[:2] or available.dtype != torch.bool:
        raise ValueError(
            f"`available` is {available.dtype} {tuple(available.shape)}; "
            f"it must be bool {tuple(x.shape[:2])}: one flag a case and modality"
        )
    if available.is_meta:  # a dry run for shapes has no flags to look at
        return
    without = (~available.any(dim=1)).nonzero()[:, 0].tolist()
    if without:
        raise ValueError(
            f"no modality at all is available for {len(without)} of {len(x)} cases of the batch (at {without}, counted "
            f"from 0); {network} needs at least one: leave such cases out"
        )
