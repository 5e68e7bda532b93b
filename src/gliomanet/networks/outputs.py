"""Outputs of the networks on images: one class for the recipes and the predictions of all of them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

Regions = tuple[tuple[int, ...], ...]
"""Codes of the voxels that each channel of a segmentation is to find."""

TUMOUR_PARTS: Regions = ((1,), (2,), (4,))
"""Necrotic core, oedema, enhancing tumour: one channel each."""

WHOLE_TUMOUR: Regions = ((1, 2, 4),)
"""One channel: tumour of any kind."""


@dataclass(frozen=True)
class TaskOutputs:
    """Predictions of the tasks for a batch of B cases, which every network on images yields.

    Attributes:
        logits: task → logits (B, K) of its classes.
        features: task → deep feature (B, F): the input of the task's last linear layer, before dropout.
    """

    logits: dict[str, Tensor]
    features: dict[str, Tensor]


@dataclass(frozen=True)
class Outputs(TaskOutputs):
    """Predictions of a network that is trained in one phase, or segments.

    Segmentations are logits of independent sigmoids, one per channel; the network's `REGIONS` are the codes of each
    (`TUMOUR_PARTS`, or PS-Net's `WHOLE_TUMOUR`). The parts exclude each other: where several are above one half, the
    most probable one is meant.

    Attributes:
        segmentation: logits (B, R, D, H, W) on the input's grid; `None` without segmentation.
        coarse: GMMAS's head net alone: logits (B, R, D/2, H/2, W/2) of the same regions; `None` of other networks.
        corners: int64 (B, 3), the first voxel of the crop that GMMAS looked at closely. Its `segmentation` is the
            decoder's inside the crop and the enlarged `coarse` outside; `None` of networks that do not crop.
        shares: (B, M) the weights, summing to 1, with which GMMAS fused the modalities of each case, 0 for an absent
            one; without gradient; `None` of networks without learned fusion.
    """

    segmentation: Tensor | None = None
    coarse: Tensor | None = None
    corners: Tensor | None = None
    shares: Tensor | None = None
