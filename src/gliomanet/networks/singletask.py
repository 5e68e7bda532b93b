"""One task from CMTLNet's encoder alone: what multi-task learning is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from gliomanet.networks.blocks.convolution import initialise_convolutions
from gliomanet.networks.blocks.dense import DenseEncoder
from gliomanet.networks.blocks.heads import TaskHeads, linear_heads_of
from gliomanet.networks.blocks.input_checks import check_arguments, check_input
from gliomanet.networks.blocks.stem import AvailabilityStem
from gliomanet.networks.cmtlnet import PRESETS
from gliomanet.networks.cmtlnet import STRIDE as ENCODER_STRIDE
from gliomanet.networks.outputs import Outputs, Regions


class SingleTaskNet(nn.Module):
    """CMTLNet's stem and dense encoder, global average, linear layer.

    The stem's mask channel, CMTLNet's region prompt, is the brain here, as CMTLNet has it at inference: the voxels
    where a modality of the brain-masked input is not zero.

    Args:
        n_modalities: image modalities.
        tasks: the task → number of classes; exactly one.
        segmentation: must be False: the encoder has no way back to the input's grid.
        preset: a key of CMTLNet's `PRESETS`, whose encoder it is.
        dropout: rate before the last layer.

    Attributes:
        STRIDE: sizes of the input volume must be multiples of it.
        PROMPT_CHANNELS: channels of the input beyond the modalities.
        REGIONS: no segmentation, no codes.
        DROPS_DEEP_FEATURES_ONLY: whether dropout is nowhere but on the deep feature, so that it is the same in every
            stochastic pass.

    Raises:
        ValueError: an argument is none of these.

    First weights depend on torch's generator alone: call `torch.manual_seed` before.
    """

    STRIDE: ClassVar[int] = ENCODER_STRIDE
    PROMPT_CHANNELS: ClassVar[int] = 0
    REGIONS: ClassVar[Regions] = ()
    DROPS_DEEP_FEATURES_ONLY: ClassVar[bool] = True

    def __init__(
        self,
        *,
        n_modalities: int,
        tasks: Mapping[str, int],
        segmentation: bool = False,
        preset: str,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if segmentation:
            raise ValueError("singletask does not segment: segmentation must be False")
        check_arguments(
            "singletask",
            n_modalities=n_modalities,
            tasks=tasks,
            segmentation=segmentation,
            preset=preset,
            presets=PRESETS,
            dropout=dropout,
        )
        if len(tasks) != 1:
            raise ValueError(
                f"singletask learns exactly one task, found {len(tasks)}: {', '.join(tasks)}; make one network a task"
            )
        widths = PRESETS[preset]
        self.n_modalities = n_modalities
        self.stem = AvailabilityStem(n_modalities, widths.stem_channels, kernel=widths.stem_kernel)
        self.encoder = DenseEncoder(
            widths.stem_channels, growth=widths.growth, expansion=widths.expansion, stages=widths.stages
        )
        self.deep_feature_size = self.encoder.tap_channels[-1]
        self.dropout = nn.Dropout(dropout)
        self.task_heads = TaskHeads(tasks, lambda k: nn.Linear(self.deep_feature_size, k))
        initialise_convolutions(self)

    def forward(self, x: Tensor, available: Tensor) -> Outputs:
        """The predictions.

        Args:
            x: (B, n_modalities, D, H, W), zero outside the brain, sizes in multiples of 32.
            available: bool (B, n_modalities), at least one a case; the content of an absent modality has no influence.

        Raises:
            ValueError: the input's shape or type is none of these, or a case has no modality.
        """
        check_input("singletask", x, available, n_modalities=self.n_modalities, stride=self.STRIDE)
        brain = ((x != 0) & available[:, :, None, None, None]).any(dim=1, keepdim=True).to(x.dtype)
        feature = self.encoder(self.stem(torch.cat([x, brain], dim=1), available))[-1].mean(dim=(2, 3, 4))
        logits = self.task_heads(self.dropout(feature))
        return Outputs(logits=logits, features=dict.fromkeys(logits, feature))

    def heads(self) -> dict[str, tuple[Tensor, Tensor]]:
        """Task → weight (K, F) and bias (K,) of its last layer, which takes the deep feature; copies on the CPU."""
        return linear_heads_of(self.task_heads)
