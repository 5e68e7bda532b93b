"""Keys that all networks on images share."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gliomanet.config.types import (
    JOINT_LIKELIHOOD,
    Clinical,
    Dropout,
    Flips,
    Fraction,
    Identifier,
    Modality,
    Positive,
    RatioMap,
    Section,
    Stages,
    each_once,
)
from gliomanet.errors import Problem, ProblemError
from gliomanet.modalities import ratio_of

OptimizerName = Literal["adam", "amsgrad", "adamw"]
Schedule = Literal["plateau", "polynomial", "cosine", "constant"]
LEARNING_RATE = "Of the optimiser in a phase's first epoch; then by `schedule`."
WEIGHT_DECAY = "Of the optimiser."
OPTIMIZER = "Adam, Adam with AMSGrad, or AdamW; the default is the authors'."
SCHEDULE = (
    "Learning rate over the epochs of a phase, the default the authors': `plateau` multiplies it by `plateau_factor` after more "
    "than `plateau_patience` epochs without a lower training loss, down to `plateau_floor`; `polynomial`: (1 − e/E)^0.9 in "
    "epoch e of E; `cosine`: ½·(1 + cos πe/E); `constant`."
)
PLATEAU = "For `schedule: plateau`."
TaskNames = Annotated[tuple[Identifier, ...], Field(min_length=1), AfterValidator(each_once)]


class ImageModel(Section):
    """Keys that all networks on images share; each one's own optimiser and schedule are its defaults."""

    stride: ClassVar[int]
    """Sizes of the input must be multiples of it,"""
    smallest: ClassVar[int] = 1
    """and none smaller than this."""

    kind: str
    preset: Literal["paper", "slim", "tiny"] = Field("slim", description="Widths of the network.")
    tasks: TaskNames | None = Field(
        None,
        description="The study's tasks that it learns; default: all. A network of one task is the twin that several "
        "tasks in one network are measured against.",
    )
    modalities: tuple[Modality, ...] = Field(
        ("t1", "t1c", "t2", "flair"), description="Input modalities, in this order."
    )
    input_shape: tuple[int, int, int] = Field(
        (160, 192, 160),
        description="Central crop of the atlas grid; multiples of 32 (mttunet: of 8; psnet: at least 24).",
    )
    ratio_maps: Annotated[tuple[RatioMap, ...], AfterValidator(each_once)] = Field(
        (),
        description="Further input channels, such as `[t1c/t1, t2/flair]`: the logarithm of the ratio of two of the "
        "`modalities` in every voxel of the brain, each over its brain's median, so that the scanner's gain cancels. "
        "A ratio is absent with either of its modalities.",
    )
    crop: Literal["centre", "tumour"] = Field(
        "centre",
        description="`tumour`: of each case a crop of `input_shape` around its tumour, so that the input may be small and "
        "the tumour large in it.",
    )
    crop_from: Literal["segmentation", "mask"] = Field(
        "segmentation",
        description="The place of a `crop: tumour` in prediction. `segmentation`: in a first pass the network segments the "
        "whole grid, made as small as its input, and in a second it looks at the crop around what it found; it learns "
        "from both views, of which either comes when a case is drawn. `mask`: the case's own tumour mask, which "
        "predictions then need. Training crops around masks in either. A case without one, or in which nothing is found, "
        "is cropped centrally, and the log says so; the first kind learns from such a case's whole view alone.",
    )
    intensities: Literal["as_preprocessed", "nyul"] = Field(
        "as_preprocessed",
        description="`nyul`: modalities mapped to a common histogram, learnt from each fold's training cases.",
    )
    stages: Stages = Field(("supervised", "pseudo_label"), description="Training stages to run.")
    steps_per_epoch: int | None = Field(
        None,
        ge=1,
        description="Updates of the weights per epoch; default: one pass over the labelled cases, a sixth of their number "
        "with three tasks of two classes, in one view or in two (`crop_from`). The authors' epochs are several hundred "
        "(CMTLNet: the cases of the larger class of 1p/19q): equal epochs are 5 to 10 times fewer updates here. "
        "`model.json` says how many they were.",
    )
    learning_rate: float = Field(1e-4, gt=0, description=LEARNING_RATE)
    weight_decay: float = Field(2e-5, ge=0, description=WEIGHT_DECAY)
    optimizer: OptimizerName = Field("adam", description=OPTIMIZER)
    schedule: Schedule = Field("plateau", description=SCHEDULE)
    plateau_factor: float = Field(0.7, gt=0, lt=1, description=PLATEAU)
    plateau_patience: int = Field(8, ge=0, description=PLATEAU)
    plateau_floor: float = Field(1e-6, ge=0, description=PLATEAU)
    gradient_clip: Positive | None = Field(
        None, description="Largest norm of all gradients together, to which longer ones are shortened; empty: none are."
    )
    ema_decay: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Decay of a moving average of the weights (0.999, say), which is what each phase leaves and predicts with; "
        "less in its first updates, (1 + t) / (10 + t) after t. 0: the last weights are left.",
    )
    dropout: Dropout = Field(
        0.2, description="Dropout before each task's last layers; drawn again in stochastic passes."
    )
    clinical: Clinical = Field(
        (),
        description="Of the patient, beside the images: `age`, `sex`. They join at the last layer, standardised by the fold's "
        "labelled training cases; a value that is not known is learnt, for each task.",
    )
    clinical_dropout: Dropout = Field(
        0.3, description="Rate at which a training case's clinical data are taken away, so that the image stands alone."
    )
    augmentation: bool = Field(True, description="Flips, small rotations and intensity changes while training.")
    tumour_cutmix: Fraction = Field(
        0.0,
        description="Rate at which a training case gets the tumour of another of its batch pasted into its healthy tissue, "
        "its labels mixed by volume and its `clinical` data taken away (GMMAS's Tumor-CutMix); of cases with a tumour mask "
        "alone.",
    )
    tumour_cutmix_tasks: TaskNames | None = Field(
        None,
        description="Tasks whose label a pasted tumour carries; the others are unknown in cases that got one. Default: those "
        "on `idh`, `codel_1p19q` and `grade`; where it learns none of these, no tumour is pasted.",
    )
    modality_dropout: Dropout = Field(
        0.0, description="Rate at which each modality of a training case is taken away; one stays at least."
    )
    distillation_weight: float = Field(
        0.0,
        ge=0,
        description="Weight of self-distillation: the network's pass of the whole case is the teacher of logits and deep features "
        "of its pass without the modalities that `modality_dropout` takes (one at least). Each step then learns its "
        "labels from both passes: twice the time and memory. cmtlnet: in its second phase.",
    )
    distillation_temperature: float = Field(
        2.0, gt=0, description="Both passes' logits are divided by it before they are compared."
    )
    contrastive_weight: float = Field(
        0.0,
        ge=0,
        description="Weight of contrastive learning (SimSiam) between the deep features of the same two passes; with "
        "`distillation_weight` too, there are still two.",
    )
    joint_likelihood_weight: float = Field(0.0, ge=0, description=JOINT_LIKELIHOOD)
    precision: Literal["auto", "32", "bf16"] = Field(
        "auto", description="`auto`: bf16 on GPUs that have it, else 32 bit. `bf16`: on GPUs only."
    )
    test_time_augmentation: Flips | None = Field(
        None,
        description="Mirror images that it predicts and segments with, where `prediction.test_time_augmentation` is not to decide: GMMAS "
        "used `all`. A change repeats no training.",
    )

    @model_validator(mode="after")
    def _geometry_fits_the_network(self) -> Self:
        if any(size % self.stride or size < max(self.stride, self.smallest) for size in self.input_shape):
            allowed = f"positive multiples of {self.stride}" if self.stride > 1 else f"at least {self.smallest} each"
            raise ProblemError(
                Problem(f"found {self.input_shape}", f"needed: {allowed}", key="input_shape", rule="input_shape")
            )
        if len(set(self.modalities)) != len(self.modalities) or not self.modalities:
            found, action = f"found {list(self.modalities)}", "name at least one, and each once"
            raise ProblemError(Problem(found, action, key="modalities", rule="named_twice"))
        return self

    @model_validator(mode="after")
    def _ratios_are_of_its_modalities(self) -> Self:
        pairs = [ratio_of(name) for name in self.ratio_maps]
        if missing := [name for pair in pairs for name in pair if name not in self.modalities]:
            found, action = f"names {missing[0]}, which is none of its modalities", f"add {missing[0]} to modalities"
            raise ProblemError(Problem(found, action, key="ratio_maps", rule="ratio_of_another_modality"))
        if inverse := [f"{over}/{under}" for over, under in pairs if (under, over) in pairs]:
            found = f"names {' and '.join(inverse[:2])}, which say the same"
            raise ProblemError(Problem(found, "keep one of the two", key="ratio_maps", rule="ratio_and_inverse"))
        return self

    @model_validator(mode="after")
    def _something_finds_the_tumour(self) -> Self:
        finds = getattr(self, "segmentation", False) or self.crop_from == "mask"
        if self.crop == "tumour" and not finds:
            raise ProblemError(
                Problem(
                    "is tumour, and this network does not segment, so that it cannot find one",
                    "set crop_from: mask, or choose a network with segmentation: true",
                    key="crop",
                    rule="nothing_finds_the_tumour",
                )
            )
        return self

    @model_validator(mode="after")
    def _distillation_has_modalities_to_do_without(self) -> Self:
        for key in ("distillation_weight", "contrastive_weight"):
            if not getattr(self, key):
                continue
            if len(self.modalities) < 2:
                raise ProblemError(
                    Problem(
                        f"is {getattr(self, key):g}, and of modalities there is only {self.modalities[0]}, which "
                        "cannot be taken away",
                        f"name two at least, or leave {key} out",
                        key=key,
                        rule="no_modality_to_take_away",
                    )
                )
            if not self.modality_dropout:
                raise ProblemError(
                    Problem(
                        f"is {getattr(self, key):g} and modality_dropout 0, which takes no modality away to learn "
                        "without",
                        f"set modality_dropout (0.3, say), or leave {key} out",
                        key=key,
                        rule="no_modality_dropout",
                    )
                )
        return self
