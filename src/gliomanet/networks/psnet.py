"""PS-Net: IDH, 1p/19q, grade and a tumour mask from one 3D U-Net whose every level is pooled; here for any tasks.

van der Voort et al., Neuro-Oncology (2023). Written from its description. Its own network has one convolution in the
first level on the way down, doubles grids by nearest neighbours and a 2³ convolution, and normalises by batch; here
there are two, a transposed convolution, and groups, which small batches bear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from gliomanet.networks.blocks.convolution import AvailableConv, initialise_convolutions
from gliomanet.networks.blocks.heads import TaskHeads
from gliomanet.networks.blocks.residual_unet import conv_norm_relu, group_norm
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.networks.outputs import WHOLE_TUMOUR, Outputs, Regions

DEPTH = 5
"""Levels of the U-Net; the channels double from one to the next."""


@dataclass(frozen=True)
class Preset:
    """Widths of the network.

    Attributes:
        filters: channels of the first level.
        first_kernel: size of the first down-sampling's convolution, of stride 3; odd.
        hidden: length of a task's deep feature.
    """

    filters: int
    first_kernel: int
    hidden: int


PRESETS: dict[str, Preset] = {
    "paper": Preset(filters=32, first_kernel=9, hidden=512),
    # a quarter of the multiplications
    "slim": Preset(filters=16, first_kernel=9, hidden=256),
    # for studies on CPUs
    "tiny": Preset(filters=4, first_kernel=5, hidden=32),
}


class PSNet(ImageNetwork):
    """U-Net with a global maximum of every level, down and up, from which every task is decided.

    Any input size of at least 24 voxels a side works: sizes are rounded up on the way down and cut on the way up.

    `dropout` stands behind every level, before its maximum is taken and it is handed on, and behind all maxima
    together. An absent modality counts as zeros and a learned bias. `segment=False` leaves out the mask's layer alone:
    classes are decided from the levels on the way up as well. Arguments, attributes and errors are `ImageNetwork`'s.
    """

    NAME: ClassVar[str] = "psnet"
    PRESETS: ClassVar[Mapping[str, Preset]] = PRESETS
    SMALLEST: ClassVar[int] = 24
    """One voxel of the deepest level."""
    REGIONS: ClassVar[Regions] = WHOLE_TUMOUR

    def __init__(
        self, *, n_modalities: int, tasks: Mapping[str, int], segmentation: bool, preset: str, dropout: float = 0.25
    ) -> None:
        super().__init__(
            n_modalities=n_modalities, tasks=tasks, preset=preset, dropout=dropout, segmentation=segmentation
        )
        widths = PRESETS[preset]
        channels = [widths.filters * 2**level for level in range(DEPTH)]
        self.deep_feature_size = widths.hidden
        self.stem = nn.ModuleDict(
            {
                "conv": AvailableConv(n_modalities, channels[0]),
                "rest": nn.Sequential(group_norm(channels[0]), nn.ReLU(), conv_norm_relu(channels[0], channels[0])),
            }
        )
        self.first_down = nn.Sequential(
            nn.Conv3d(
                channels[0], channels[0], widths.first_kernel, stride=3, padding=widths.first_kernel // 2, bias=False
            ),
            group_norm(channels[0]),
            nn.ReLU(),
        )
        self.pool = nn.MaxPool3d(kernel_size=2, ceil_mode=True)
        self.down = nn.ModuleList(_two_convolutions(before, after) for before, after in pairwise(channels))
        strides = (3, *(2,) * (DEPTH - 2))
        self.up = nn.ModuleList(
            nn.ConvTranspose3d(channels[level + 1], channels[level], kernel_size=strides[level], stride=strides[level])
            for level in range(DEPTH - 1)
        )
        self.merge = nn.ModuleList(
            _two_convolutions(2 * channels[level], channels[level]) for level in range(DEPTH - 1)
        )
        self.mask = nn.Conv3d(channels[0], len(self.REGIONS), kernel_size=1) if segmentation else None
        self.dropout = nn.Dropout(dropout)
        pooled = sum(channels) + sum(channels[:-1])
        self.hidden = TaskHeads(tasks, lambda _: nn.Sequential(nn.Linear(pooled, widths.hidden), nn.ReLU()))
        self.task_heads = TaskHeads(tasks, lambda k: nn.Linear(widths.hidden, k))
        initialise_convolutions(self)

    def forward(self, x: Tensor, available: Tensor, *, segment: bool = True) -> Outputs:
        """See `ImageNetwork.forward`."""
        self.check_input(x, available)
        levels = self.levels(x, available)
        pooled = self.dropout(torch.cat([maps.amax(dim=(2, 3, 4)) for maps in levels], dim=1))
        features = self.hidden(pooled)
        return Outputs(
            logits=self.task_heads(features.values()),
            features=features,
            segmentation=self.mask(levels[-1]) if segment and self.mask is not None else None,
        )

    def levels(self, x: Tensor, available: Tensor) -> list[Tensor]:
        """The maps of all levels: five on the way down, four on the way up; the last is on the input's grid."""
        maps = [self.dropout(self.stem["rest"](self.stem["conv"](x, available)))]
        maps.append(self.dropout(self.down[0](self.first_down(maps[-1]))))
        for down in list(self.down)[1:]:
            maps.append(self.dropout(down(self.pool(maps[-1]))))
        for level in reversed(range(DEPTH - 1)):
            skip = maps[level]
            d, h, w = skip.shape[2:]
            enlarged = self.up[level](maps[-1])[..., :d, :h, :w]
            maps.append(self.dropout(self.merge[level](torch.cat([enlarged, skip], dim=1))))
        return maps

    def last_layers(self) -> TaskHeads:
        """See `ImageNetwork.last_layers`."""
        return self.task_heads


def _two_convolutions(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(*conv_norm_relu(in_channels, out_channels), *conv_norm_relu(out_channels, out_channels))
