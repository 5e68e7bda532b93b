"""Networks on images, as a study names them: the keys of each, beside those that all share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from gliomanet.config.image_model import (
    LEARNING_RATE,
    OPTIMIZER,
    PLATEAU,
    SCHEDULE,
    WEIGHT_DECAY,
    ImageModel,
    OptimizerName,
    Schedule,
    TaskNames,
)
from gliomanet.config.types import Dropout, Fraction, Identifier, Modality, Positive
from gliomanet.errors import Problem, ProblemError

SEGMENTATION = "segmentation"
"""Name of the weight of the tumour masks' loss, beside those of the tasks."""


class CmtlnetModel(ImageModel):
    """CMTLNet (Chen et al. 2025): segmentation-free tumour perception, common and task-unique features."""

    stride: ClassVar[int] = 32

    kind: Literal["cmtlnet"] = Field("cmtlnet", description="Image network.")
    modalities: tuple[Modality, ...] = Field(("t1c", "t2"), description="Input modalities, in this order.")
    feature_dropout: Dropout = Field(
        0.1,
        description="Dropout of whole channels of its feature maps, drawn again in stochastic passes: with dropout on the "
        "deep features alone (0 here) their deviation says little that the probability does not. Measured on phantoms with "
        "0.1 it refused 1 % of the likely pseudo-labels by itself: the choice is by probability still.",
    )
    common_epochs: int = Field(60, ge=1, description="Epochs of the first phase: common features, with region prompts.")
    unique_epochs: int = Field(40, ge=1, description="Epochs of the second phase: common features frozen.")
    margin: float = Field(0.5, ge=0, description="CosFace margin.")
    scale: float = Field(64, gt=0, description="CosFace scale.")


class MultitaskModel(ImageModel):
    """Keys of the image networks that learn their tasks, and the tumour's segmentation, in one phase."""

    epochs: int = Field(100, ge=1, description="Epochs of the phase in which all tasks are learnt.")
    segmentation: bool = Field(
        True, description="Learn to segment the tumour as well, from the training cases that have a tumour mask."
    )
    unlabelled_masks: bool = Field(
        False,
        description="Segmentation learns from tumour masks of training cases without any label, too: one such case more "
        "per batch, so that its batches are no longer those of the other networks.",
    )
    weighting: Literal["uncertainty", "uncertainty_full", "fixed"] = Field(
        "uncertainty",
        description="Sum of the losses L: `uncertainty` ½·exp(−s)·L + ½·s with a learnt s each; `uncertainty_full` + s; "
        "`fixed` by `task_weights`.",
    )
    task_weights: dict[Identifier, Positive] = Field(
        default_factory=dict,
        description="For `fixed`: task, or `segmentation`, → weight; 1 where not named. "
        "PS-Net's: `{codel_1p19q: 3.38, idh: 2.26, grade: 1.33, segmentation: 1}`.",
    )

    @model_validator(mode="after")
    def _weights_are_of_losses(self) -> Self:
        if SEGMENTATION in self.task_weights and not self.segmentation:
            raise ProblemError(
                Problem(
                    "names segmentation, which is off",
                    "leave it out, or set segmentation: true",
                    key="task_weights",
                    rule="weight_of_no_segmentation",
                )
            )
        return self

    @model_validator(mode="after")
    def _masks_have_something_to_teach(self) -> Self:
        if self.unlabelled_masks and not self.segmentation:
            raise ProblemError(
                Problem(
                    "is true, and without segmentation nothing is learnt from masks",
                    "leave it out, or set segmentation: true",
                    key="unlabelled_masks",
                    rule="masks_without_segmentation",
                )
            )
        return self


class GmmasModel(MultitaskModel):
    """GMMAS (Liu et al. 2025): learned fusion of the modalities, head net, CNN and transformer, inter-task classifier."""

    stride: ClassVar[int] = 32

    kind: Literal["gmmas"] = Field("gmmas", description="Image network.")
    tumour_cutmix: Fraction = Field(
        0.5,
        description="As `tumour_cutmix` of cmtlnet; GMMAS's own augmentation (the rate is this project's: the paper "
        "gives none). Set 0 where training is short: after 400 batches on phantoms GMMAS was better without it.",
    )
    pretraining_epochs: int = Field(
        20,
        ge=0,
        description="Epochs in which the head net alone learns to segment, before the rest; 0: it learns with the rest.",
    )
    pretraining_learning_rate: float = Field(1e-4, gt=0, description="`learning_rate` of those epochs.")
    pretraining_weight_decay: float = Field(1e-2, ge=0, description="`weight_decay` of those epochs.")
    head_net: Literal["learning", "frozen"] = Field(
        "learning",
        description="The head net while the tasks are learnt: `learning`, its own Dice added to the loss, as the authors do; "
        "`frozen` after its pretraining.",
    )
    learning_rate: float = Field(1e-5, gt=0, description=LEARNING_RATE)
    weight_decay: float = Field(1e-3, ge=0, description=WEIGHT_DECAY)
    optimizer: OptimizerName = Field("adamw", description=OPTIMIZER)
    schedule: Schedule = Field("polynomial", description=SCHEDULE)

    @model_validator(mode="after")
    def _head_has_something_to_learn(self) -> Self:
        if self.pretraining_epochs and not self.segmentation:
            raise ProblemError(
                Problem(
                    f"is {self.pretraining_epochs}, and without segmentation the head net has nothing to learn alone",
                    "set pretraining_epochs: 0",
                    key="pretraining_epochs",
                    rule="pretraining_without_segmentation",
                )
            )
        return self

    @model_validator(mode="after")
    def _frozen_head_has_learnt(self) -> Self:
        if self.head_net == "frozen" and not self.pretraining_epochs:
            raise ProblemError(
                Problem(
                    "is frozen and pretraining_epochs 0: the head net would never learn",
                    "set pretraining_epochs, or head_net: learning",
                    key="head_net",
                    rule="frozen_without_pretraining",
                )
            )
        return self


class MttunetModel(MultitaskModel):
    """MTTU-Net (Cheng et al. 2022): CNN and transformer encoder, decoder, multi-scale classifiers."""

    stride: ClassVar[int] = 8

    kind: Literal["mttunet"] = Field("mttunet", description="Image network.")
    learning_rate: float = Field(2e-4, gt=0, description=LEARNING_RATE)
    weight_decay: float = Field(1e-5, ge=0, description=WEIGHT_DECAY)
    optimizer: OptimizerName = Field("amsgrad", description=OPTIMIZER)
    schedule: Schedule = Field("polynomial", description=SCHEDULE)


class PsnetModel(MultitaskModel):
    """PS-Net (van der Voort et al. 2023): 3D U-Net of which every level is pooled."""

    stride: ClassVar[int] = 1
    smallest: ClassVar[int] = 24

    kind: Literal["psnet"] = Field("psnet", description="Image network.")
    weighting: Literal["uncertainty", "uncertainty_full", "fixed"] = Field(
        "fixed", description="As `weighting` of gmmas."
    )
    dropout: Dropout = Field(
        0.25,
        description="Dropout behind every level and before the tasks' last layers; drawn again in stochastic passes.",
    )
    learning_rate: float = Field(1e-5, gt=0, description=LEARNING_RATE)
    weight_decay: float = Field(
        1.0,
        ge=0,
        description="Of the optimiser, times the learning rate: the authors' 1e-5 a step, which TensorFlow's AdamW does not "
        "multiply by the rate.",
    )
    optimizer: OptimizerName = Field("adamw", description=OPTIMIZER)
    plateau_factor: float = Field(0.25, gt=0, lt=1, description=PLATEAU)
    plateau_patience: int = Field(5, ge=0, description=PLATEAU)
    plateau_floor: float = Field(1e-11, ge=0, description=PLATEAU)


class SingletaskModel(ImageModel):
    """CMTLNet's encoder for one task alone: a plain network beside the others.

    What multi-task learning is worth is told by a network's own twin of one task (`tasks`), whose encoder, masks and
    phases are the same.
    """

    stride: ClassVar[int] = 32

    kind: Literal["singletask"] = Field("singletask", description="Image network.")
    tasks: TaskNames = Field(max_length=1, description="The study's task that it learns: one.")
    feature_dropout: Dropout = Field(
        0.1,
        description="Dropout of whole channels of its feature maps, drawn again in stochastic passes: with dropout on the "
        "deep features alone (0 here) their deviation says little that the probability does not.",
    )
    epochs: int = Field(100, ge=1, description="Epochs.")


ImageModels = CmtlnetModel | GmmasModel | MttunetModel | PsnetModel | SingletaskModel


def image_model(values: Mapping[str, Any]) -> ImageModel:
    """The settings of an image network from plain values, as a job's parameters hold them."""
    adapter: TypeAdapter[ImageModel] = TypeAdapter(Annotated[ImageModels, Field(discriminator="kind")])
    return adapter.validate_python(values)
