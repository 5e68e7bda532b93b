"""CMTLNet: cooperative multi-task learning of glioma's grade, IDH and 1p/19q without a segmentation at inference.

Chen et al., Medical Image Analysis 101:103435 (2025). Written from the paper. On purpose otherwise: an absent modality
is told by a learned bias, the frozen part is frozen with its batch norm, the channel attention has no batch norm (which
would see one number a case), and the spatial one is pointwise, so that every input size works.

Two phases of training:

* `common`: from region prompts, tumour and not, learn tumour perception (SFTFP) and the features that the tasks share
  (CFE); `CMTLNet.common_outputs`.
* `unique`: with those frozen, learn what is a task's own, orthogonal to the common stem (UFE), and how the two are
  fused (UCFC); `CMTLNet.unique_outputs`, which is also what predicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from gliomanet.networks.blocks.convolution import conv_block, initialise_convolutions
from gliomanet.networks.blocks.dense import DenseEncoder
from gliomanet.networks.blocks.fusion import SelectiveFusion
from gliomanet.networks.blocks.heads import CosineHead, TaskHeads
from gliomanet.networks.blocks.inter_task import TaskConditionedConv, orthogonal_component
from gliomanet.networks.blocks.stem import AvailabilityStem
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.networks.outputs import TaskOutputs

STRIDE = 32
"""Sizes of the input volume must be multiples of this: stem 4, three transitions 2 each."""


@dataclass(frozen=True)
class Preset:
    """Widths of the network.

    Attributes:
        stem_channels: channels of both stems.
        stem_kernel: size of their strided convolution.
        growth: channels that a dense layer adds.
        expansion: a dense layer's 1³ convolution goes to `expansion * growth` channels.
        stages: dense layers of each of the four stages.
        refinement: channels of the cascade's four levels.
        branch: channels of the two branches behind the common feature.
        unique: channels of the unique encoder's four convolutions; the last is that of the fused map, and so the length
            of the deep feature.
        bottleneck: 1 for full 3³ convolutions outside the dense encoder; n to do them at 1/n of the channels.
    """

    stem_channels: int
    stem_kernel: int
    growth: int
    expansion: int
    stages: tuple[int, int, int, int]
    refinement: tuple[int, int, int, int]
    branch: int
    unique: tuple[int, int, int, int]
    bottleneck: int


PRESETS: dict[str, Preset] = {
    # the paper's: DenseNet-121, 324.5 M parameters with two modalities and three tasks
    "paper": Preset(
        stem_channels=64,
        stem_kernel=7,
        growth=32,
        expansion=4,
        stages=(6, 12, 24, 16),
        refinement=(128, 256, 512, 1024),
        branch=1024,
        unique=(128, 256, 512, 1024),
        bottleneck=1,
    ),
    # the paper's encoder; every wide convolution through a bottleneck
    "slim": Preset(
        stem_channels=64,
        stem_kernel=7,
        growth=32,
        expansion=4,
        stages=(6, 12, 24, 16),
        refinement=(128, 256, 512, 1024),
        branch=512,
        unique=(128, 256, 512, 512),
        bottleneck=4,
    ),
    # for studies on CPUs: every part, at a cost that a step on one core takes well under a second
    "tiny": Preset(
        stem_channels=8,
        stem_kernel=3,
        growth=8,
        expansion=2,
        stages=(2, 2, 3, 3),
        refinement=(16, 32, 64, 64),
        branch=64,
        unique=(16, 32, 64, 64),
        bottleneck=1,
    ),
}


@dataclass(frozen=True)
class CommonOutputs:
    """Outputs that the `common` phase learns from, for a batch of B.

    Attributes:
        tumour: cosines (B, 2) of {non-tumour, tumour}.
        joint: task → cosines (B, K + 1) of {non-tumour, class 0 … class K-1}.
        within: task → cosines (B, K) of the classes; meant for tumour samples only.
    """

    tumour: Tensor
    joint: dict[str, Tensor]
    within: dict[str, Tensor]


@dataclass(frozen=True)
class UniqueOutputs(TaskOutputs):
    """Outputs that the `unique` phase learns from, for a batch of B: the predictions, and a task's own.

    Attributes:
        unique: task → cosines (B, K) from the task's unique features.
    """

    unique: dict[str, Tensor]


class CommonMaps(NamedTuple):
    """Feature maps that the tasks share: the stem's, the encoder's last, and the common feature F_c."""

    stem: Tensor
    last: Tensor
    common: Tensor


class CMTLNet(ImageNetwork):
    """Cooperative multi-task learning network.

    Its input has one channel more than modalities, the region prompt's mask. Arguments, attributes and errors are
    `ImageNetwork`'s; it does not segment.

    Args:
        feature_dropout: rate of the channels of the unique and the common maps that are dropped before their fusion.
    """

    NAME: ClassVar[str] = "cmtlnet"
    PRESETS: ClassVar[Mapping[str, Preset]] = PRESETS
    STRIDE: ClassVar[int] = STRIDE
    PROMPT_CHANNELS: ClassVar[int] = 1
    DROPS_DEEP_FEATURES_ONLY: ClassVar[bool] = True
    COMPILED_PARTS: ClassVar[tuple[str, ...]] = (
        *("common", "common.joint_branch", "common.within_branch", "unique", "fusion"),
    )
    """Phases of training call its parts by themselves."""

    def __init__(
        self,
        *,
        n_modalities: int,
        tasks: Mapping[str, int],
        preset: str,
        dropout: float = 0.2,
        feature_dropout: float = 0.0,
    ) -> None:
        super().__init__(n_modalities=n_modalities, tasks=tasks, preset=preset, dropout=dropout)
        widths = PRESETS[preset]
        self.deep_feature_size = widths.unique[-1]
        self.drop_channels = nn.Dropout3d(feature_dropout)
        self._common_frozen = False
        self.common = CommonFeatureExtractor(n_modalities, tasks, widths)
        self.unique = UniqueFeatureExtractor(n_modalities, tasks, widths)
        self.fusion = UniqueCommonFusion(self.common.out_channels, tasks, widths, dropout=dropout)
        initialise_convolutions(self)

    def forward(self, x: Tensor, available: Tensor, *, segment: bool = True) -> UniqueOutputs:
        """See `unique_outputs`. The prompt at inference: brain-masked modalities, and the brain mask."""
        return self.unique_outputs(x, available)

    def common_outputs(self, x: Tensor, available: Tensor) -> CommonOutputs:
        """Phase `common`: the outputs of SFTFP and of the two branches of CFE.

        Args:
            x: (B, n_modalities + 1, D, H, W), sizes in multiples of 32; the last channel is the prompt's mask.
            available: bool (B, n_modalities); the content of an absent modality has no influence.

        Raises:
            ValueError: the input's shape or type is none of these.
        """
        self.check_input(x, available)
        return self.common.outputs(self.common(x, available))

    def unique_outputs(self, x: Tensor, available: Tensor) -> UniqueOutputs:
        """Phase `unique`, and inference: the common features are computed once for all tasks.

        Arguments and errors as in `common_outputs`. Without gradients through the common part once it is frozen.
        """
        self.check_input(x, available)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self._common_frozen):
            maps = self.common(x, available)
        unique_map, unique = self.unique(x, available, maps.stem)
        kept = self.drop_channels(unique_map.flatten(0, 1)).view_as(unique_map)
        logits, features = self.fusion(kept, self.drop_channels(maps.common))
        return UniqueOutputs(unique=unique, logits=logits, features=features)

    def freeze_common(self) -> None:
        """Freeze the shared part for good: no gradients, and evaluation mode whatever `train` says.

        The second half matters: batch norm in training mode moves its running statistics without any gradient.
        """
        self._common_frozen = True
        self.common.requires_grad_(False)
        self.common.eval()

    def train(self, mode: bool = True) -> CMTLNet:
        """Set training or evaluation mode; a frozen shared part stays in evaluation mode."""
        super().train(mode)
        if self._common_frozen:
            self.common.eval()
        return self

    def last_layers(self) -> TaskHeads:
        """See `ImageNetwork.last_layers`."""
        return self.fusion.heads


class CommonFeatureExtractor(nn.Module):
    """CFE with SFTFP: dense encoder, tumour perception, cascade refinement, and two branches of margin heads."""

    def __init__(self, n_modalities: int, tasks: Mapping[str, int], widths: Preset) -> None:
        super().__init__()
        self.stem = AvailabilityStem(n_modalities, widths.stem_channels, kernel=widths.stem_kernel)
        self.encoder = DenseEncoder(
            widths.stem_channels, growth=widths.growth, expansion=widths.expansion, stages=widths.stages
        )
        *taps, last = self.encoder.tap_channels
        self.refinement = CascadeRefinement((widths.stem_channels, *taps), widths)
        self.out_channels = widths.refinement[-1] + last

        self.tumour_head = CosineHead(last, 2)
        self.joint_branch = conv_block(self.out_channels, widths.branch, bottleneck=widths.bottleneck)
        self.joint_heads = TaskHeads({task: k + 1 for task, k in tasks.items()}, lambda k: CosineHead(widths.branch, k))
        self.within_branch = conv_block(self.out_channels, widths.branch, bottleneck=widths.bottleneck)
        self.within_heads = TaskHeads(tasks, lambda k: CosineHead(widths.branch, k))

    def forward(self, x: Tensor, available: Tensor) -> CommonMaps:
        stem = self.stem(x, available)
        *taps, last = self.encoder(stem)
        refined = self.refinement([stem, *taps])
        return CommonMaps(stem=stem, last=last, common=torch.cat([refined, last], dim=1))

    def outputs(self, maps: CommonMaps) -> CommonOutputs:
        return CommonOutputs(
            tumour=self.tumour_head(pooled(maps.last)),
            joint=self.joint_heads(pooled(self.joint_branch(maps.common))),
            within=self.within_heads(pooled(self.within_branch(maps.common))),
        )


class CascadeRefinement(nn.Module):
    """Each level concatenates the refined map so far with the encoder's next tap, then convolves, and pools."""

    def __init__(self, tap_channels: tuple[int, ...], widths: Preset) -> None:
        super().__init__()
        refined = (0, *widths.refinement[:-1])  # before the first level there is only the stem's map
        self.levels = nn.ModuleList(
            conv_block(before + tap, after, bottleneck=widths.bottleneck)
            for before, tap, after in zip(refined, tap_channels, widths.refinement, strict=True)
        )
        self.pool = halving_pool()

    def forward(self, taps: list[Tensor]) -> Tensor:
        """Maps of the stem and of all stages but the last → (B, C, D/32, H/32, W/32)."""
        refined = self.levels[0](taps[0])
        for level, tap in zip(list(self.levels)[1:], taps[1:], strict=True):
            refined = level(torch.cat([self.pool(refined), tap], dim=1))
        return refined  # type: ignore[no-any-return]


class UniqueFeatureExtractor(nn.Module):
    """UFE: own stem, projected orthogonally to the common one, then one encoder conditioned on the task."""

    def __init__(self, n_modalities: int, tasks: Mapping[str, int], widths: Preset) -> None:
        super().__init__()
        first, *_ = widths.unique
        self.stem = AvailabilityStem(n_modalities, widths.stem_channels, kernel=widths.stem_kernel)
        self.condition = TaskConditionedConv(widths.stem_channels, first, len(tasks))
        self.condition_norm = nn.Sequential(nn.BatchNorm3d(first), nn.ReLU())
        self.levels = nn.ModuleList(
            conv_block(before, after, bottleneck=widths.bottleneck)
            for before, after in zip(widths.unique[:-1], widths.unique[1:], strict=True)
        )
        self.pool = halving_pool()
        self.heads = TaskHeads(tasks, lambda k: CosineHead(widths.unique[-1], k))

    def forward(self, x: Tensor, available: Tensor, common_stem: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Unique maps (T, B, C, D/32, H/32, W/32) of the T tasks, and each task's cosines."""
        own = self.stem(x, available)
        unique = torch.relu(orthogonal_component(own, common_stem)).to(own.dtype)
        maps = self.condition_norm(self.condition(unique))
        for level in self.levels:
            maps = level(self.pool(maps))
        maps = maps.view(len(self.heads.tasks), len(x), *maps.shape[1:])
        return maps, self.heads(pooled(one) for one in maps)


class UniqueCommonFusion(nn.Module):
    """UCFC: paths of unique and common features, selected by attention, to one deep feature and logits a task.

    Both paths, one behind the other, are convolved; so is their weighted sum; the two maps are added.
    """

    def __init__(self, common_channels: int, tasks: Mapping[str, int], widths: Preset, *, dropout: float) -> None:
        super().__init__()
        channels, bottleneck = widths.unique[-1], widths.bottleneck
        self.common_path = conv_block(common_channels, channels, bottleneck=bottleneck)
        self.selection = SelectiveFusion(channels)
        # without their norm and ReLU, which follow the sum
        self.selected = conv_block(channels, channels, bottleneck=bottleneck)[:-2]
        self.concatenation = conv_block(2 * channels, channels, bottleneck=bottleneck)[:-2]
        self.norm = nn.Sequential(nn.BatchNorm3d(channels), nn.ReLU())
        self.dropout = nn.Dropout(dropout)
        self.heads = TaskHeads(tasks, lambda k: nn.Linear(channels, k))

    def forward(self, unique: Tensor, common: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Logits and deep features a task, from unique (T, B, C, …) and common (B, C', …) maps."""
        n_tasks, n_cases = unique.shape[:2]
        own = unique.flatten(0, 1)
        shared = self.common_path(common).expand(n_tasks, n_cases, -1, -1, -1, -1).flatten(0, 1)
        paths = torch.stack([own, shared], dim=1)  # (T·B, 2, C, …)
        fused = self.norm(self.selected(self.selection(paths)) + self.concatenation(paths.flatten(1, 2)))
        features = pooled(fused).view(n_tasks, n_cases, -1)
        logits = self.heads(self.dropout(feature) for feature in features)
        return logits, dict(zip(self.heads.tasks, features, strict=True))


def halving_pool() -> nn.MaxPool3d:
    """Maximum over 3³ voxels around every second one: sizes are halved, rounded up."""
    return nn.MaxPool3d(kernel_size=3, stride=2, padding=1)


def pooled(maps: Tensor) -> Tensor:
    """Global average: (B, C, D, H, W) → (B, C)."""
    return maps.mean(dim=(2, 3, 4))
