"""The base of every network on images: its constructor's checks, its input's checks, its last layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, TypeVar

import torch
from torch import Tensor, nn

from gliomanet.networks.blocks.clinical import ClinicalHead, ClinicalHeads
from gliomanet.networks.blocks.heads import TaskHeads, check_tasks, linear_heads_of
from gliomanet.networks.outputs import Regions, TaskOutputs

AnyOutputs = TypeVar("AnyOutputs", bound=TaskOutputs)


class ImageNetwork(nn.Module, ABC):
    """A network that decides tasks from the modalities of a case, any of which may be absent.

    A subclass names what is its own as class attributes, calls this constructor first, sets `deep_feature_size`, and
    gives `forward` and `last_layers`. First weights depend on torch's generator alone: call `torch.manual_seed` before.

    Args:
        n_modalities: image modalities.
        tasks: task → number of classes; their order is part of the weights' meaning. May be empty with segmentation.
        preset: a key of `PRESETS`.
        dropout: rate in front of each task's classifier, in [0, 1).
        segmentation: segment the tumour too; for networks with `REGIONS`.

    Attributes:
        NAME: name of the network in a study and in messages.
        PRESETS: preset → widths.
        STRIDE: factor of every size of the input volume.
        SMALLEST: smallest size of the input volume, in voxels.
        PROMPT_CHANNELS: channels of the input beyond the modalities. A case with one needs no modality.
        REGIONS: codes of each channel of the segmentation; empty for a network that does not segment.
        DROPS_DEEP_FEATURES_ONLY: dropout of single values is nowhere but on the deep features, so that these are the
            same in every stochastic pass; see `draws_deep_features_only`.
        n_modalities: as given.
        deep_feature_size: F, the length of a task's deep feature of the image.
        clinical: layers on clinical data, `None` without; see `add_clinical`.

    Raises:
        ValueError: an argument is none of these, or there is neither a task nor segmentation.
    """

    NAME: ClassVar[str]
    PRESETS: ClassVar[Mapping[str, object]]
    STRIDE: ClassVar[int] = 1
    SMALLEST: ClassVar[int] = 1
    PROMPT_CHANNELS: ClassVar[int] = 0
    REGIONS: ClassVar[Regions] = ()
    DROPS_DEEP_FEATURES_ONLY: ClassVar[bool] = False

    deep_feature_size: int

    def __init__(
        self, *, n_modalities: int, tasks: Mapping[str, int], preset: str, dropout: float, segmentation: bool = False
    ) -> None:
        super().__init__()
        if preset not in self.PRESETS:
            raise ValueError(f"{self.NAME} has no preset {preset!r}; known: {', '.join(self.PRESETS)}")
        if n_modalities < 1:
            raise ValueError(f"{self.NAME} needs at least one modality, found n_modalities={n_modalities}")
        if not 0 <= dropout < 1:
            raise ValueError(f"{self.NAME} has dropout={dropout}; it must be a rate from 0 to less than 1")
        if tasks:
            check_tasks(tasks)
        elif not segmentation:
            mend = "at least one task" + (", or segmentation=True" if self.REGIONS else "")
            raise ValueError(f"{self.NAME} has nothing to learn: give {mend}")
        self.n_modalities = n_modalities
        self.clinical: ClinicalHeads | None = None

    @abstractmethod
    def forward(self, x: Tensor, available: Tensor, *, segment: bool = True) -> TaskOutputs:
        """Predictions for a batch of B cases.

        Args:
            x: (B, n_modalities + PROMPT_CHANNELS, D, H, W), zero outside the brain, sizes that `STRIDE` and `SMALLEST`
                allow; the prompt's channel is the last.
            available: bool (B, n_modalities), at least one per case unless there is a prompt; the content of an absent
                modality has no influence.
            segment: run the decoder, where there is one. Classes do not need it and are the same bits without.

        Raises:
            ValueError: the input's shape or type is none of these, or a case has no modality.
        """

    def draws_deep_features_only(self) -> bool:
        """Tell if stochastic passes differ from the deep features on alone: no channels of feature maps are dropped."""
        drops_maps = any(isinstance(module, nn.Dropout3d) and module.p for module in self.modules())
        return self.DROPS_DEEP_FEATURES_ONLY and not drops_maps

    @abstractmethod
    def last_layers(self) -> TaskHeads | None:
        """Linear layers from each task's deep feature to its logits; `None` for a network without tasks."""

    def heads(self) -> dict[str, tuple[Tensor, Tensor]]:
        """Task → weight (K, F + C) and bias (K,) of its last layer; copies on the CPU.

        The layer takes the deep feature and behind it the C clinical values as `with_clinical` gives them.
        """
        layers = self.last_layers()
        found = linear_heads_of(layers) if layers is not None else {}
        if self.clinical is not None:
            for task, (weight, bias) in found.items():
                own = self.clinical.heads[task]
                assert isinstance(own, ClinicalHead)
                beside = (own.weight.detach().float().cpu(), own.bias.detach().float().cpu())
                found[task] = torch.cat([weight, beside[0]], dim=1), bias + beside[1]
        return found

    def add_clinical(self, inputs: int, tasks: Mapping[str, int]) -> None:
        """Add layers on clinical data, of so many values a case; nothing is drawn, and first they say nothing."""
        self.clinical = ClinicalHeads(inputs, tasks)

    def with_clinical(self, outputs: AnyOutputs, values: Tensor) -> AnyOutputs:
        """The outputs of the images and the clinical data together, from those of the images.

        Args:
            outputs: what `forward` gave.
            values: (B, C) in their units, NaN = not known; not looked at by a network that takes none.

        Returns:
            The outputs with the clinical logits added, and the standardised values behind the deep features.
        """
        if self.clinical is None or not outputs.logits:
            return outputs
        added, features = self.clinical(values)
        return replace(
            outputs,
            logits={task: logits + added[task] for task, logits in outputs.logits.items()},
            features={
                task: torch.cat([own, features[task].to(own.dtype)], 1) for task, own in outputs.features.items()
            },
        )

    def check_input(self, x: Tensor, available: Tensor) -> None:
        """Raise ValueError where (x, available) is nothing that `forward` takes."""
        channels = self.n_modalities + self.PROMPT_CHANNELS
        if x.ndim != 5 or x.shape[1] != channels:
            prompt = ", then the mask channel" if self.PROMPT_CHANNELS else ""
            raise ValueError(
                f"input has shape {tuple(x.shape)}; {self.NAME} takes (batch, {channels}, D, H, W): "
                f"one channel per modality{prompt}"
            )
        if any(size % self.STRIDE or size < max(self.STRIDE, self.SMALLEST) for size in x.shape[2:]):
            allowed = f"a multiple of {self.STRIDE}" if self.STRIDE > 1 else f"at least {self.SMALLEST}"
            raise ValueError(
                f"input size {tuple(x.shape[2:])} does not fit the strides of {self.NAME}: every size must be "
                f"{allowed}; crop or pad the volume"
            )
        flags = (len(x), self.n_modalities)
        if available.shape != flags or available.dtype != torch.bool:
            raise ValueError(
                f"`available` is {available.dtype} {tuple(available.shape)}; "
                f"it must be bool {flags}: one flag per case and modality"
            )
        if self.PROMPT_CHANNELS or available.is_meta:  # a dry run for shapes has no flags to look at
            return
        without = (~available.any(dim=1)).nonzero()[:, 0].tolist()
        if without:
            raise ValueError(
                f"no modality at all is available for {len(without)} of {len(x)} cases of the batch (at {without}, "
                f"counted from 0); {self.NAME} needs at least one: leave such cases out"
            )
