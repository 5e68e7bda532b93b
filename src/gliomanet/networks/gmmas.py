"""GMMAS: segmentation, subtype and molecular markers from one network that tolerates missing modalities.

Liu et al. (2025), Glioma Multimodal MRI Analysis System. Written from its description. What that leaves open is chosen
so that the four parts have the published numbers of parameters, and is marked "inferred" in `PRESETS`.

A head net sees the whole volume at half its resolution and says roughly where the tumour is. A residual encoder with a
transformer looks at a crop around it; what it finds is fused, by channel attention, with what the head net found there.
A decoder segments the crop; a classifier decides every task from the maps of all tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from gliomanet.networks.blocks.convolution import initialise_convolutions
from gliomanet.networks.blocks.fusion import ChannelFusion, ConvexFusionStem
from gliomanet.networks.blocks.head_net import HeadMaps, HeadNet
from gliomanet.networks.blocks.heads import TaskHeads
from gliomanet.networks.blocks.hybrid_encoder import HybridEncoder, HybridWidths
from gliomanet.networks.blocks.inter_task import ClassifierWidths, InterTaskClassifier
from gliomanet.networks.blocks.region_decoder import RegionDecoder
from gliomanet.networks.blocks.windows import cut_window, look_up, put_back, tumour_centres, window_corners
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.networks.outputs import TUMOUR_PARTS, Outputs, Regions


@dataclass(frozen=True)
class Preset:
    """Widths of the network.

    Attributes:
        crop: side of the crop that the encoder sees, in voxels; a multiple of 8.
        head_channels: channels of the head net's five levels.
        head_blocks: residual blocks of each.
        head_up_blocks: residual blocks of its decoder's four levels, finest first.
        encoder: widths of the crop's encoder.
        fusion_bottleneck: 1 for a full 3³ convolution of the head net's deepest map; n to do it at 1/n of the channels.
        decoder_blocks: residual blocks of the decoder's up-blocks, finest first.
        classifier: widths of the classifier.
    """

    crop: int
    head_channels: tuple[int, int, int, int, int]
    head_blocks: tuple[int, int, int, int, int]
    head_up_blocks: tuple[int, int, int, int]
    encoder: HybridWidths
    fusion_bottleneck: int
    decoder_blocks: tuple[int, int, int]
    classifier: ClassifierWidths


PRESETS: dict[str, Preset] = {
    # the paper's: 68.2 M parameters with four modalities, four tasks of two classes, and segmentation
    "paper": Preset(
        crop=128,
        head_channels=(16, 32, 64, 128, 256),  # inferred beyond the first
        head_blocks=(1, 1, 2, 2, 2),  # inferred
        head_up_blocks=(1, 1, 1, 1),  # inferred
        encoder=HybridWidths(
            channels=(16, 32, 64, 128),  # inferred but the last
            blocks=(1, 2, 2, 4),  # inferred
            grid=16,
            tokens=512,
            layers=4,
            heads=8,
            hidden=4096,
            dropout=0.1,
            bottleneck=1,
        ),
        fusion_bottleneck=1,
        decoder_blocks=(1, 1, 2),  # inferred
        classifier=ClassifierWidths(shallow=64, deep=256, merged=320, hidden=512, bottleneck=1),  # last two inferred
    ),
    # every part: half the channels where the grid is full, half as long tokens, wide convolutions through a bottleneck
    "slim": Preset(
        crop=128,
        head_channels=(8, 16, 32, 64, 128),
        head_blocks=(1, 1, 1, 1, 1),
        head_up_blocks=(1, 1, 1, 1),
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
        fusion_bottleneck=4,
        decoder_blocks=(1, 1, 1),
        classifier=ClassifierWidths(shallow=64, deep=128, merged=192, hidden=256, bottleneck=4),
    ),
    # for studies on CPUs: every part, at a cost that a step on one core takes well under a second
    "tiny": Preset(
        crop=48,
        head_channels=(4, 8, 16, 16, 32),
        head_blocks=(1, 1, 1, 1, 1),
        head_up_blocks=(0, 1, 1, 1),
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
        fusion_bottleneck=1,
        decoder_blocks=(0, 1, 1),
        classifier=ClassifierWidths(shallow=16, deep=32, merged=32, hidden=32, bottleneck=1),
    ),
}


class GMMAS(ImageNetwork):
    """Glioma multimodal MRI analysis system: its network.

    `dropout` stands in each task's classifier; the transformer has the preset's own. Without segmentation there is no
    decoder and the head net has no coarse tumour: the crop is taken from the middle of the volume, unless its centre is
    given. Attributes and the arguments not named here are `ImageNetwork`'s.

    Args:
        crop: side of the crop in voxels, a multiple of 8; the preset's by default. Where the volume is smaller, the
            crop is as small, axis by axis.

    Raises:
        ValueError: an argument is none of these, or there is neither a task nor segmentation.
    """

    NAME: ClassVar[str] = "gmmas"
    PRESETS: ClassVar[Mapping[str, Preset]] = PRESETS
    STRIDE: ClassVar[int] = HeadNet.STRIDE
    """Half resolution, then four halvings."""
    REGIONS: ClassVar[Regions] = TUMOUR_PARTS
    CROPS: ClassVar[bool] = True
    COMPILED_PARTS: ClassVar[tuple[str, ...]] = ("head", "stem", "encoder", "fusion", "decoder", "classifier")
    """It cuts a window at a place that it finds."""

    def __init__(
        self,
        *,
        n_modalities: int,
        tasks: Mapping[str, int],
        segmentation: bool,
        preset: str,
        dropout: float = 0.2,
        crop: int | None = None,
    ) -> None:
        super().__init__(
            n_modalities=n_modalities, tasks=tasks, preset=preset, dropout=dropout, segmentation=segmentation
        )
        widths = PRESETS[preset]
        self.crop = widths.crop if crop is None else crop
        if self.crop < 1 or self.crop % HybridEncoder.STRIDE:
            raise ValueError(f"gmmas has crop={self.crop}; it must be a multiple of {HybridEncoder.STRIDE} voxels")
        self.deep_feature_size = widths.classifier.hidden
        self._head_frozen = False

        channels, tokens = widths.encoder.channels, widths.encoder.tokens
        regions = len(self.REGIONS) if segmentation else 0
        self.head = HeadNet(
            n_modalities,
            channels=widths.head_channels,
            blocks=widths.head_blocks,
            up_blocks=widths.head_up_blocks,
            regions=regions,
        )
        self.stem = ConvexFusionStem(n_modalities, channels[0])
        self.encoder = HybridEncoder(widths.encoder)
        self.fusion = ChannelFusion(tokens, widths.head_channels[-1], bottleneck=widths.fusion_bottleneck)
        self.decoder = (
            RegionDecoder(
                tokens,
                channels,
                blocks=widths.decoder_blocks,
                regions=regions,
                other_channels=widths.head_channels[:3],
                bottleneck=widths.encoder.bottleneck,
            )
            if segmentation
            else None
        )
        self.classifier = (
            InterTaskClassifier(channels[-1], tokens, tasks, widths.classifier, dropout=dropout) if tasks else None
        )
        initialise_convolutions(self)

    def forward(self, x: Tensor, available: Tensor, *, segment: bool = True, centres: Tensor | None = None) -> Outputs:
        """See `ImageNetwork.forward`. The head net always runs whole, because it decides where the crop is.

        Args:
            x: (B, n_modalities, D, H, W), sizes in multiples of 32.
            available: bool (B, n_modalities), at least one per case.
            segment: run the decoder, where there is one.
            centres: (B, 3) voxels around which to crop; by default the coarse tumour's centre of mass, and the
                volume's middle where the head net finds none. A crop never leaves the volume.
        """
        self.check_input(x, available)
        head = self._head(x, available)
        corners = self._corners(x, head, self.window(x), centres)
        levels, deep = self._encoded(cut_window(x, corners, self.window(x)), available, corners, head)

        segmentation = None
        if segment and self.decoder is not None:
            assert head.coarse is not None
            inside = self._decoded(levels, deep, corners, head)
            segmentation = inside
            if inside.shape[2:] != x.shape[2:]:
                outside = F.interpolate(head.coarse.float(), size=x.shape[2:], mode="trilinear", align_corners=False)
                segmentation = put_back(inside, corners, outside)
        logits, features = self.classifier(levels[-1], deep) if self.classifier is not None else ({}, {})
        return Outputs(
            logits=logits,
            features=features,
            segmentation=segmentation,
            coarse=head.coarse,
            corners=corners,
            shares=self.stem.shares(available).detach(),
        )

    def window(self, x: Tensor) -> tuple[int, int, int]:
        """The size of the crop in a volume (B, M, D, H, W)."""
        d, h, w = (min(self.crop, size) for size in x.shape[2:])
        return d, h, w

    def crop_segmenter(self, x: Tensor, available: Tensor) -> Callable[[Tensor], Tensor]:
        """Segmentation of any crops of a volume, which the head net looks at once.

        Arguments as in `forward`.

        Returns:
            A function of corners, int64 (B, 3) first voxels of crops inside the volume, which gives their logits
            (B, 3, *window): what `forward` gives inside a crop there.

        Raises:
            ValueError: as `forward`, or the network was made without segmentation.
        """
        self.check_input(x, available)
        if self.decoder is None:
            raise ValueError("this gmmas was made with segmentation=False: it has no decoder to segment with")
        head = self._head(x, available)

        def segmented(corners: Tensor) -> Tensor:
            levels, deep = self._encoded(cut_window(x, corners, self.window(x)), available, corners, head)
            return self._decoded(levels, deep, corners, head)

        return segmented

    def coarse_outputs(self, x: Tensor, available: Tensor) -> Tensor:
        """The head net alone, to train it first: logits (B, 3, D/2, H/2, W/2) of the regions.

        Arguments as in `forward`.

        Raises:
            ValueError: as `forward`, or the network was made without segmentation.
        """
        self.check_input(x, available)
        coarse = self._head(x, available).coarse
        if coarse is None:
            raise ValueError("this gmmas was made with segmentation=False: its head net has no coarse segmentation")
        return coarse

    def freeze_head(self) -> None:
        """Freeze the head net for good, after it was trained alone."""
        self._head_frozen = True
        self.head.requires_grad_(False)

    def modality_significance(self) -> Tensor:
        """The learned weights of the modalities in the crop's stem, none absent: (M,) on the CPU, summing to 1."""
        everything = torch.ones(1, self.n_modalities, dtype=torch.bool, device=self.stem.significance.device)
        return self.stem.shares(everything)[0].detach().float().cpu()

    def last_layers(self) -> TaskHeads | None:
        """See `ImageNetwork.last_layers`."""
        return self.classifier.heads if self.classifier is not None else None

    def _encoded(self, crop: Tensor, available: Tensor, corners: Tensor, head: HeadMaps) -> tuple[list[Tensor], Tensor]:
        """The levels of a crop (B, M, d, h, w), and its deepest map fused with what the head net found there."""
        levels, deep = self.encoder(self.stem(crop, available))
        context = look_up(head.middle, corners, window=crop.shape[2:], stride=HeadNet.STRIDE, size=deep.shape[2:])
        return levels, self.fusion(deep, context)

    def _decoded(self, levels: list[Tensor], deep: Tensor, corners: Tensor, head: HeadMaps) -> Tensor:
        """Logits (B, 3, d, h, w) of a crop."""
        assert self.decoder is not None
        window = levels[0].shape[2:]
        others = [
            look_up(maps, corners, window=window, stride=HeadNet.FACTOR * 2**level, size=levels[level].shape[2:])
            for level, maps in enumerate(head.decoded)
        ]
        return self.decoder(deep, levels, others)  # type: ignore[no-any-return]

    def _head(self, x: Tensor, available: Tensor) -> HeadMaps:
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self._head_frozen):
            return self.head(x, available)  # type: ignore[no-any-return]

    def _corners(self, x: Tensor, head: HeadMaps, window: tuple[int, ...], centres: Tensor | None) -> Tensor:
        if centres is None:
            shares = x.new_full((len(x), 3), 0.5) if head.coarse is None else tumour_centres(head.coarse.detach())
            centres = shares * shares.new_tensor(x.shape[2:]) - 0.5
        elif centres.shape != (len(x), 3):
            raise ValueError(
                f"`centres` has shape {tuple(centres.shape)}; it must be {(len(x), 3)}: one voxel per case"
            )
        return window_corners(centres, volume=x.shape[2:], window=window)
