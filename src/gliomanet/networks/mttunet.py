"""MTTU-Net: glioma segmentation and IDH genotyping by a CNN–transformer encoder; here for any tasks.

Cheng et al., IEEE Transactions on Medical Imaging (2022). Written from its description, from the parts that GMMAS,
which extends it, is made of: residual encoder and transformer, decoder with skips, and one classifier a task on the
average- and max-pooled maps of all levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from gliomanet.networks.blocks.convolution import AvailableConv, average_and_max, initialise_convolutions
from gliomanet.networks.blocks.heads import TaskHeads
from gliomanet.networks.blocks.hybrid_encoder import HybridEncoder, HybridWidths
from gliomanet.networks.blocks.region_decoder import RegionDecoder
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.networks.outputs import TUMOUR_PARTS, Outputs, Regions


@dataclass(frozen=True)
class Preset:
    """Widths of the network.

    Attributes:
        encoder: widths of the encoder.
        decoder_blocks: residual blocks of the decoder's up-blocks, finest first.
        hidden: length of a task's deep feature.
    """

    encoder: HybridWidths
    decoder_blocks: tuple[int, int, int]
    hidden: int


PRESETS: dict[str, Preset] = {
    # the paper's transformer and levels; blocks a level and hidden layers are inferred
    "paper": Preset(
        encoder=HybridWidths(
            channels=(16, 32, 64, 128),
            blocks=(1, 2, 2, 4),
            grid=16,
            tokens=512,
            layers=4,
            heads=8,
            hidden=4096,
            dropout=0.1,
            bottleneck=1,
        ),
        decoder_blocks=(1, 1, 1),
        hidden=512,
    ),
    # half the channels where the grid is full, half as long tokens, fewer blocks
    "slim": Preset(
        encoder=HybridWidths(
            channels=(8, 32, 64, 128),
            blocks=(1, 1, 2, 2),
            grid=16,
            tokens=256,
            layers=4,
            heads=8,
            hidden=1024,
            dropout=0.1,
            bottleneck=1,
        ),
        decoder_blocks=(1, 1, 1),
        hidden=256,
    ),
    # for studies on CPUs: every part, at a cost that a step on one core takes well under a second
    "tiny": Preset(
        encoder=HybridWidths(
            channels=(4, 8, 16, 32),
            blocks=(0, 1, 1, 1),
            grid=6,
            tokens=32,
            layers=2,
            heads=4,
            hidden=64,
            dropout=0.1,
            bottleneck=1,
        ),
        decoder_blocks=(0, 1, 1),
        hidden=32,
    ),
}


class MTTUNet(ImageNetwork):
    """Multi-task CNN–transformer U-Net.

    An absent modality counts as zeros and a learned bias. `dropout` stands in front of each task's hidden layer; the
    transformer has the preset's own. Arguments, attributes and errors are `ImageNetwork`'s.
    """

    NAME: ClassVar[str] = "mttunet"
    PRESETS: ClassVar[Mapping[str, Preset]] = PRESETS
    STRIDE: ClassVar[int] = HybridEncoder.STRIDE
    REGIONS: ClassVar[Regions] = TUMOUR_PARTS

    def __init__(
        self, *, n_modalities: int, tasks: Mapping[str, int], segmentation: bool, preset: str, dropout: float = 0.2
    ) -> None:
        super().__init__(
            n_modalities=n_modalities, tasks=tasks, preset=preset, dropout=dropout, segmentation=segmentation
        )
        widths = PRESETS[preset]
        channels, tokens = widths.encoder.channels, widths.encoder.tokens
        self.deep_feature_size = widths.hidden
        self.stem = AvailableConv(n_modalities, channels[0])
        self.encoder = HybridEncoder(widths.encoder)
        self.decoder = (
            RegionDecoder(tokens, channels, blocks=widths.decoder_blocks, regions=len(self.REGIONS))
            if segmentation
            else None
        )
        self.dropout = nn.Dropout(dropout)
        pooled = 2 * (sum(channels) + tokens)
        self.hidden = TaskHeads(tasks, lambda _: nn.Sequential(nn.Linear(pooled, widths.hidden), nn.ReLU()))
        self.task_heads = TaskHeads(tasks, lambda k: nn.Linear(widths.hidden, k))
        initialise_convolutions(self)

    def forward(self, x: Tensor, available: Tensor, *, segment: bool = True) -> Outputs:
        """See `ImageNetwork.forward`."""
        self.check_input(x, available)
        levels, deep = self.encoder(self.stem(x, available))
        pooled = torch.cat([average_and_max(maps) for maps in (*levels, deep)], dim=1)
        features = self.hidden(self.dropout(pooled) for _ in self.hidden.tasks)
        return Outputs(
            logits=self.task_heads(features.values()),
            features=features,
            segmentation=self.decoder(deep, levels) if segment and self.decoder is not None else None,
        )

    def last_layers(self) -> TaskHeads:
        """See `ImageNetwork.last_layers`."""
        return self.task_heads
