"""One task from CMTLNet's encoder alone: the baseline of multi-task learning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from gliomanet.networks.blocks.convolution import initialise_convolutions
from gliomanet.networks.blocks.dense import DenseEncoder
from gliomanet.networks.blocks.heads import TaskHeads
from gliomanet.networks.blocks.stem import AvailabilityStem
from gliomanet.networks.cmtlnet import PRESETS, Preset
from gliomanet.networks.cmtlnet import STRIDE as ENCODER_STRIDE
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.networks.outputs import Outputs


class SingleTaskNet(ImageNetwork):
    """CMTLNet's stem and dense encoder, global average, linear layer.

    The stem's mask channel, CMTLNet's region prompt, is the brain here, as CMTLNet has it at inference: the voxels
    where a modality of the brain-masked input is not zero.

    Arguments and attributes are `ImageNetwork`'s.

    Args:
        feature_dropout: rate of the channels that are dropped between the encoder's stages.

    Raises:
        ValueError: an argument is none of these, or there is more than one task.
    """

    NAME: ClassVar[str] = "singletask"
    PRESETS: ClassVar[Mapping[str, Preset]] = PRESETS
    STRIDE: ClassVar[int] = ENCODER_STRIDE
    DROPS_DEEP_FEATURES_ONLY: ClassVar[bool] = True

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
        if len(tasks) != 1:
            raise ValueError(
                f"singletask learns exactly one task, found {len(tasks)}: {', '.join(tasks)}; make one network per task"
            )
        widths = PRESETS[preset]
        self.stem = AvailabilityStem(n_modalities, widths.stem_channels, kernel=widths.stem_kernel)
        self.encoder = DenseEncoder(
            widths.stem_channels,
            growth=widths.growth,
            expansion=widths.expansion,
            stages=widths.stages,
            dropout=feature_dropout,
        )
        self.deep_feature_size = self.encoder.tap_channels[-1]
        self.dropout = nn.Dropout(dropout)
        self.task_heads = TaskHeads(tasks, lambda k: nn.Linear(self.deep_feature_size, k))
        initialise_convolutions(self)

    def forward(self, x: Tensor, available: Tensor, *, segment: bool = True) -> Outputs:
        """See `ImageNetwork.forward`."""
        self.check_input(x, available)
        brain = ((x != 0) & available[:, :, None, None, None]).any(dim=1, keepdim=True).to(x.dtype)
        feature = self.encoder(self.stem(torch.cat([x, brain], dim=1), available))[-1].mean(dim=(2, 3, 4))
        logits = self.task_heads(self.dropout(feature))
        return Outputs(logits=logits, features=dict.fromkeys(logits, feature))

    def last_layers(self) -> TaskHeads:
        """See `ImageNetwork.last_layers`."""
        return self.task_heads
