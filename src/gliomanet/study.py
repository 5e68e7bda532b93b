"""The configuration of a study, as Pydantic models: the single source of truth.

The JSON schema, the defaults and the key table of `config/README.md` are generated from here and from the modules of
its sections (`gliomanet.study_reference`), so a description written beside a field is the one that a user reads.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from gliomanet.labels import DEFAULT_TASKS, MODALITIES, VOCABULARY, Task, Vocabulary
from gliomanet.stages import PSEUDO_LABEL, stage_of_round
from gliomanet.study_checks import problems_of
from gliomanet.study_errors import StudyError, describe
from gliomanet.study_imaging import Preprocessing, Quality
from gliomanet.study_labels import LabelValues
from gliomanet.study_models import ImageModel, Model, TabularNetModel
from gliomanet.study_sources import Source
from gliomanet.study_types import Flips, Fraction, Identifier, MaskCode, MaskCodes, Modality, Role, Section, each_once

Scan = Literal["baseline", "follow_up", "post_operative"]


class Center(Section):
    """One hospital or collection."""

    role: Role = Field(
        description="`train`: labels teach; `external`: opened by prediction only; `unlabelled`: images teach."
    )
    source: Source = Field(description="Where its cases come from.")
    preprocessing: dict[str, Any] = Field(default_factory=dict, description="Keys of `preprocessing` that differ here.")
    scans: Annotated[tuple[Scan, ...], Field(min_length=1), AfterValidator(each_once)] = Field(
        ("baseline",), description="Which scans of its patients enter the study; the others are listed, not used."
    )
    derive_1p19q: bool = Field(
        False,
        description="Fill unknown 1p/19q as intact where IDH is wildtype (WHO 2021); such labels are marked derived.",
    )
    second_table: str | None = Field(
        None,
        description="Another table of the same cases (`case_id`, labels, age, `tumour_volume_ml`), to check the labels against.",
    )
    minimum_share: Fraction = Field(0.8, description="Share of the cases that must survive preprocessing.")


# ----------------------------------------------------------------------------------------------- stages


class Transfer(Section):
    """Which centres teach and which ones test."""

    name: Identifier = Field(description="Its name in every table.")
    train: tuple[str, ...] = Field(description="Centres that teach.")
    external: tuple[str, ...] = Field((), description="Centres that test.")


class Fold(Section):
    """One training of a transfer: on its folds but one, or (`refit`) on all of its cases."""

    id: str
    transfer: str
    is_refit: bool
    train: tuple[str, ...]
    external: tuple[str, ...]


def folds_of(transfers: Sequence[Transfer], number: int) -> tuple[Fold, ...]:
    """Every fold of every transfer in order: `number` of them, and the refit last.

    Ids are "0", "1", … "all"; in a study of several transfers "<transfer>.0", …, so that each names one fit.
    """
    return tuple(
        Fold(
            id=str(fold) if len(transfers) == 1 else f"{transfer.name}.{fold}",
            transfer=transfer.name,
            is_refit=fold == "all",
            train=transfer.train,
            external=transfer.external,
        )
        for transfer in transfers
        for fold in (*range(number), "all")
    )


class Split(Section):
    """How cases are divided. Always by patient, never by case."""

    design: Literal["fixed", "leave_one_center_out"] = Field(
        "fixed",
        description="`fixed`: centres of role external test; `leave_one_center_out`: every training centre is held out in turn.",
    )
    folds: int = Field(5, ge=2, le=20, description="Cross-validation folds inside the training centres.")
    transfers: tuple[Transfer, ...] = Field((), description="Further pairs of teaching and testing centres.")


class PseudoLabelRound(Section):
    """What a round accepts: of temperature-scaled probabilities, over the stochastic passes."""

    min_probability: Fraction = Field(0.9, description="Least mean probability of an accepted label.")
    max_std: Fraction = Field(0.05, description="Largest standard deviation over the passes of an accepted label.")


class PseudoLabels(Section):
    """Uncertainty-aware selection of pseudo-labels (GMMAS)."""

    passes: int = Field(10, ge=2, description="Stochastic passes with dropout on.")
    rounds: tuple[PseudoLabelRound, ...] = Field(
        (PseudoLabelRound(), PseudoLabelRound(min_probability=0.99, max_std=0.01)),
        min_length=1,
        description="The thresholds of each round; the model of a round is the teacher of the next. "
        "Each is a training stage: `pseudo_label`, `pseudo_label_2`, …",
    )
    balance: float = Field(
        3, ge=1, description="A class may have at most this multiple of (the rarest class's accepted labels + 1)."
    )
    teacher_confidence: Fraction = Field(
        0.95,
        description="How surely a teacher must tell a task's classes apart on its validation cases (permutation test of its MCC) before a label of it is accepted; 0: no test.",
    )


def _none_or_several(passes: int) -> int:
    if passes == 1:
        raise ValueError("one pass has no standard deviation; give 0 for none, or at least 2")
    return passes


def _whole_tumour() -> dict[str, list[MaskCode]]:
    return {"whole": [1, 2, 4]}


class Radiomics(Section):
    """Feature extraction with pyradiomics from the preprocessed contrasts."""

    bin_width: float = Field(0.25, gt=0, description="Histogram bin width, in units of the normalised intensities.")
    regions: dict[Identifier, MaskCodes] = Field(
        default_factory=_whole_tumour,
        min_length=1,
        description="Region name → tumour mask codes (1 core, 2 oedema, 4 enhancing).",
    )


class Prediction(Section):
    """What is made of the trained models' answers."""

    calibration: Literal["temperature", "none"] = Field(
        "temperature",
        description="`temperature`: probabilities p^(1/T), a T for each model, stage, transfer and task that makes the "
        "validation cases likeliest; cross-fitted for validation cases, and blind to external labels. An ensemble of folds "
        "averages what they said unscaled.",
    )
    passes: Annotated[int, AfterValidator(_none_or_several)] = Field(
        0,
        ge=0,
        description="Stochastic passes with dropout on, whose standard deviation is `pass_std` of the predictions; "
        "0: none. Of networks only.",
    )
    flips: Flips = Field(
        "none",
        description="Image networks see a case flipped, too, and probabilities are averaged: `left_right` (2 passes; training flips so), `all` axes (8; GMMAS). A model's own `flips` goes before.",
    )
    segmentation: bool = Field(
        True,
        description="Networks that learnt to segment write the tumours of validation and external cases, scored where there is a mask; off: classes only.",
    )
    smallest_focus: Fraction = Field(
        0.1,
        description="Pieces of a segmented tumour below this share of its largest one's volume are dropped; 1: the largest alone stays, 0: all do.",
    )


class Evaluation(Section):
    """Figures and their intervals."""

    resamples: int = Field(2000, ge=100, description="Bootstrap resamples of patients, stratified by class.")
    confidence: float = Field(0.95, gt=0, lt=1, description="Of every interval.")
    modality_subsets: bool = Field(
        False,
        description="Predict with every non-empty subset of an image model's contrasts, and tell each contrast's significance; costs 2^M − 1 passes a case and fold.",
    )


class Explanation(Section):
    """Which radiomic features become biomarkers."""

    share: Fraction = Field(0.8, description="Share of the mean |SHAP| that the kept deep features carry.")
    max_q: Fraction = Field(0.05, description="Largest Benjamini-Hochberg q of a correlation.")
    min_rho: Fraction = Field(0.3, description="Least |Spearman's rho| between a deep and a radiomic feature.")
    max_i2: Fraction = Field(0.75, description="Largest share of the effects' variance that lies between centres.")
    min_per_class: int = Field(3, ge=2, description="Cases a class that a centre needs for an effect.")


class Compute(Section):
    """What jobs ask for, and how they compute; a change repeats no job that is done."""

    training_threads: int = Field(
        1, ge=1, description="CPU threads of a training job; results are identical for equal values."
    )
    gpus: int = Field(
        1,
        ge=0,
        description="GPUs of one machine that a training job of the image arm takes, each a share of every batch (as many cases as the tasks have classes); 1 trains folds and models side by side instead. Other jobs take one. `--resources gpu=0` falls back to CPU.",
    )
    cache: bool = Field(
        True,
        description="Map the training images from files in `<results>/cache`, shared by all folds and models, instead of a copy in each job's memory; 49 MB a case of four contrasts at 160×192×160. Results are the same; may be deleted while nothing trains.",
    )
    channels_last: bool = Field(
        False, description="Train with the channels as the fastest axis in memory; see `benchmarks/train.py`."
    )
    compile: bool = Field(
        False, description="Train with `torch.compile`, which takes minutes and a C++ compiler before the first step."
    )
    gradient_checkpointing: bool = Field(
        False, description="Train with less memory and more time: inner maps are computed again in the backward pass."
    )

    @model_validator(mode="after")
    def _one_decides_what_is_kept(self) -> Compute:
        if self.compile and self.gradient_checkpointing:
            raise ValueError(
                "compile and gradient_checkpointing are both true, and a compiled network decides by itself what it "
                "computes again; set one of them to false"
            )
        return self


class Study(Section):
    """A multi-centre study."""

    title: str = Field("A gliomanet study", description="Shown on the report.")
    seed: int = Field(1, ge=0, description="Root of every seed: the same study gives the same files.")
    results: str = Field("results", min_length=1, description="Folder that everything is written to.")
    data_root: str = Field(
        "../shared/data",
        description="What `{data_root}` stands for in the sources' paths; the variable GLIOMANET_DATA overrides it.",
    )
    tracking_uri: str | None = Field(None, description="MLflow server; default: `mlflow.db` in the results folder.")
    shuffle_labels: bool = Field(
        False, description="Permute the training labels among the cases of each centre: a control that must score 0."
    )
    labels: dict[Identifier, LabelValues] = Field(
        default_factory=dict,
        description="Further label columns of the case tables, beside `idh`, `codel_1p19q` and `grade`: name → its values in class order.",
    )
    kept_labels: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Share of each training centre's labelled patients whose labels are kept; the others become unlabelled training cases, so that semi-supervised learning can be measured. External figures count all.",
    )
    tasks: dict[Identifier, Task] = Field(
        default_factory=lambda: dict(DEFAULT_TASKS),
        min_length=1,
        description="What is predicted: name → label column and classes.",
    )
    centers: dict[Identifier, Center] = Field(min_length=1, description="The hospitals and collections, by name.")
    identities: tuple[str, ...] = Field(
        (), description="Mapping tables: each row holds the ids, one a column, that collections give the same patient."
    )
    preprocessing: Preprocessing = Field(Preprocessing(), description="Imaging steps of every centre.")
    quality: Quality = Field(Quality(), description="What becomes of cases that quality control looked at.")
    split: Split = Field(Split(), description="Folds and transfers.")
    models: dict[Identifier, Model] = Field(min_length=1, description="The models to compare, by name.")
    pseudo_labels: PseudoLabels = Field(
        PseudoLabels(), description="Which of a model's own labels the next stage learns from."
    )
    radiomics: Radiomics = Field(Radiomics(), description="Feature extraction.")
    prediction: Prediction = Field(Prediction(), description="Flips, calibration, stochastic passes, segmentations.")
    evaluation: Evaluation = Field(Evaluation(), description="Intervals.")
    explanation: Explanation = Field(Explanation(), description="What makes a biomarker.")
    compute: Compute = Field(Compute(), description="What jobs ask for, and how they compute.")

    @model_validator(mode="after")
    def _parts_agree(self) -> Study:
        if problems := problems_of(self):
            raise ValueError("\n".join(problems))
        return self

    # -- what the stages ask of a study

    @property
    def vocabulary(self) -> Vocabulary:
        """Label column → its values: the built-in labels, then the study's further ones."""
        return {**VOCABULARY, **{name: tuple(values) for name, values in self.labels.items()}}

    @property
    def is_tabular(self) -> bool:
        """True where the centres are feature tables, so that there is nothing to preprocess."""
        return all(center.source.kind == "features" for center in self.centers.values())

    @property
    def image_models(self) -> tuple[str, ...]:
        """The models that look at images; the others look at feature tables."""
        return tuple(name for name, model in self.models.items() if isinstance(model, ImageModel))

    @property
    def segmenting_models(self) -> tuple[str, ...]:
        """The models that write segmentations: those that learnt to, where the study wants any."""
        learnt = {name for name, model in self.models.items() if getattr(model, "segmentation", False)}
        return tuple(name for name in self.image_models if name in learnt and self.prediction.segmentation)

    @property
    def networks(self) -> tuple[str, ...]:
        """The models that have deep features and dropout: on images, and on feature tables."""
        kinds = ImageModel | TabularNetModel
        return tuple(name for name, model in self.models.items() if isinstance(model, kinds))

    def flips_of(self, model: str) -> Flips:
        """The mirror images that a model predicts and segments with: its own choice, else the study's."""
        settings = self.models[model]
        return (settings.flips or self.prediction.flips) if isinstance(settings, ImageModel) else "none"

    def stages_of(self, model: str) -> tuple[str, ...]:
        """The stages that a model is trained in, by name: `pseudo_label` among its `stages` stands for every round."""
        rounds = tuple(stage_of_round(number) for number in range(1, len(self.pseudo_labels.rounds) + 1))
        return tuple(n for stage in self.models[model].stages for n in (rounds if stage == PSEUDO_LABEL else (stage,)))

    def centers_of(self, *roles: Role) -> tuple[str, ...]:
        return tuple(name for name, center in self.centers.items() if center.role in roles)

    def preprocessing_of(self, center: str) -> Preprocessing:
        """The study's preprocessing with this centre's overrides."""
        return Preprocessing.model_validate({**self.preprocessing.model_dump(), **self.centers[center].preprocessing})

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        """Every pair of teaching and testing centres: the design's own, then the further ones."""
        train, external = self.centers_of("train"), self.centers_of("external")
        if self.split.design == "fixed":
            own = [Transfer(name="main", train=train, external=external)]
        else:
            own = [
                Transfer(
                    name=f"without-{held_out}",
                    train=tuple(c for c in train if c != held_out),
                    external=(held_out, *external),
                )
                for held_out in train
            ]
        return (*own, *self.split.transfers)

    @property
    def folds(self) -> tuple[Fold, ...]:
        """Every fold of every transfer."""
        return folds_of(self.transfers, self.split.folds)

    def data_path(self, path: str) -> Path:
        """A source's file, with `{data_root}` filled in; relative paths start at the working directory."""
        return Path(path.replace("{data_root}", os.environ.get("GLIOMANET_DATA", self.data_root)))


def load_study(values: Mapping[str, Any]) -> Study:
    """The validated study of a configuration mapping.

    Raises:
        StudyError: every problem at once, each with its key, what was found, what is allowed and the nearest key.

    """
    try:
        return Study.model_validate(dict(values))
    except ValidationError as error:
        raise StudyError(describe(error, Study)) from None


assert set(MODALITIES) == set(Modality.__args__)  # type: ignore[attr-defined]
