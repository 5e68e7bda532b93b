"""The models of a study: networks on images, networks and baselines on features."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from gliomanet.study_types import Dropout, Modality, Section, Stage, each_once

Inputs = Annotated[tuple[Literal["radiomics", "age"], ...], Field(min_length=1), AfterValidator(each_once)]
Stages = Annotated[tuple[Stage, ...], AfterValidator(each_once)]
Harmonization = Literal["none", "combat"]
HARMONIZATION = (
    "`combat`: radiomic features are harmonised across the training centres; centres that no fit has seen cannot be."
)
SupervisedOnly = Annotated[tuple[Literal["supervised"], ...], AfterValidator(each_once)]


class CmtlnetModel(Section):
    """CMTLNet (Chen et al. 2025): segmentation-free tumour perception, common and task-unique features."""

    kind: Literal["cmtlnet"] = Field("cmtlnet", description="Image network.")
    preset: Literal["paper", "slim", "tiny"] = Field("slim", description="Widths of the network.")
    modalities: tuple[Modality, ...] = Field(("t1c", "t2"), description="Input contrasts, in this order.")
    input_shape: tuple[int, int, int] = Field(
        (160, 192, 160), description="Central crop of the atlas grid; multiples of 32."
    )
    intensities: Literal["as_preprocessed", "nyul"] = Field(
        "as_preprocessed",
        description="`nyul`: contrasts mapped to a common histogram, learnt from each fold's training cases.",
    )
    stages: Stages = Field(("supervised", "pseudo_label"), description="Training stages to run.")
    common_epochs: int = Field(60, ge=1, description="Epochs of the first phase: common features, with region prompts.")
    unique_epochs: int = Field(40, ge=1, description="Epochs of the second phase: common features frozen.")
    steps_per_epoch: int | None = Field(
        None, ge=1, description="Batches an epoch; default: one pass over the labelled cases."
    )
    learning_rate: float = Field(1e-4, gt=0, description="Of Adam; halved on a plateau of the training loss.")
    weight_decay: float = Field(2e-5, ge=0, description="Of Adam.")
    margin: float = Field(0.5, ge=0, description="CosFace margin.")
    scale: float = Field(64, gt=0, description="CosFace scale.")
    dropout: Dropout = Field(
        0.2, description="Dropout before each task's last layer; drawn again in stochastic passes."
    )
    augmentation: bool = Field(True, description="Flips, small rotations and intensity changes while training.")
    precision: Literal["auto", "32", "bf16"] = Field(
        "auto", description="`auto`: bf16 on GPUs that have it, else 32 bit."
    )

    @model_validator(mode="after")
    def _geometry_fits_the_strides(self) -> CmtlnetModel:
        if any(size % 32 or size < 32 for size in self.input_shape):
            raise ValueError(f"input_shape {self.input_shape} must be positive multiples of 32")
        if len(set(self.modalities)) != len(self.modalities) or not self.modalities:
            raise ValueError(f"modalities {self.modalities} must name each contrast once")
        return self


class TabularNetModel(Section):
    """A multi-task network on radiomic features and age: shared trunk, one head a task, masked losses."""

    kind: Literal["tabular_net"] = Field("tabular_net", description="Feature network.")
    inputs: Inputs = Field(("radiomics", "age"), description="What it sees of a case.")
    harmonization: Harmonization = Field("none", description=HARMONIZATION)
    stages: Stages = Field(("supervised",), description="Training stages to run.")
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (64, 32), min_length=1, description="Widths of the trunk; the last is the deep feature."
    )
    dropout: Dropout = Field(0.3, description="After every layer of the trunk.")
    epochs: int = Field(150, ge=1, description="Passes over all training cases.")
    learning_rate: float = Field(1e-3, gt=0, description="Of AdamW.")
    weight_decay: float = Field(1e-2, ge=0, description="Of AdamW.")
    ensemble: int = Field(5, ge=1, description="Networks of different seeds whose logits are averaged.")
    refit: bool = Field(
        True, description="External centres are predicted by a fit on all training cases, not by the folds."
    )


class LogisticModel(Section):
    """Logistic regression, one a task: median imputation, standardised features, balanced class weights."""

    kind: Literal["logistic"] = Field("logistic", description="Logistic regression.")
    inputs: Inputs = Field(("radiomics", "age"), description="What it sees of a case.")
    harmonization: Harmonization = Field("none", description=HARMONIZATION)
    stages: SupervisedOnly = Field(("supervised",), description="Training stages to run.")
    c: float = Field(0.01, gt=0, description="Inverse strength of the L2 penalty.")
    refit: bool = Field(
        True, description="External centres are predicted by a fit on all training cases, not by the folds."
    )


class ExtraTreesModel(Section):
    """Extremely randomised trees, one forest a task."""

    kind: Literal["extra_trees"] = Field("extra_trees", description="Tree ensemble.")
    inputs: Inputs = Field(("radiomics", "age"), description="What it sees of a case.")
    harmonization: Harmonization = Field("none", description=HARMONIZATION)
    stages: SupervisedOnly = Field(("supervised",), description="Training stages to run.")
    trees: int = Field(500, ge=1, description="Trees a forest.")
    min_samples_leaf: int = Field(3, ge=1, description="Cases a leaf, at least.")
    refit: bool = Field(
        True, description="External centres are predicted by a fit on all training cases, not by the folds."
    )


Model = Annotated[CmtlnetModel | TabularNetModel | LogisticModel | ExtraTreesModel, Field(discriminator="kind")]
