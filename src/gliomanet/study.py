"""The configuration of a study, as Pydantic models: the single source of truth.

The JSON schema, the defaults and the key table of `config/README.md` are generated from here
(`gliomanet.study_reference`), so a description written beside a field is the one that a user reads.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from gliomanet.labels import DEFAULT_TASKS, MODALITIES, VOCABULARY, Task
from gliomanet.study_checks import problems_of
from gliomanet.study_errors import StudyError, describe

_Items = TypeVar("_Items", bound=Sequence[object])


def _each_once(values: _Items) -> _Items:
    if len(set(values)) != len(values):
        raise ValueError("must name each value once")
    return values


Modality = Literal["t1", "t1c", "t2", "flair"]
Role = Literal["train", "external", "unlabelled"]
Stage = Literal["supervised", "pseudo_label"]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
Inputs = Annotated[tuple[Literal["radiomics", "age"], ...], Field(min_length=1), AfterValidator(_each_once)]
Stages = Annotated[tuple[Stage, ...], AfterValidator(_each_once)]
SupervisedOnly = Annotated[tuple[Literal["supervised"], ...], AfterValidator(_each_once)]
MaskCode = Literal[1, 2, 4]
MaskCodes = Annotated[list[MaskCode], Field(min_length=1)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


# ---------------------------------------------------------------------------------------------- centres


class Scanner(Section):
    """What one centre's scanner does to the true signal of a phantom."""

    voxel_mm: tuple[Positive, Positive, Positive] = Field((1.5, 1.5, 1.5), description="Voxel size (x, y, z) in mm.")
    oblique_degrees: float = Field(0, ge=0, le=30, description="Largest tilt of the slices, in degrees.")
    bias_field: float = Field(0.2, ge=0, le=1, description="Amplitude of the multiplicative bias field.")
    noise: float = Field(0.03, ge=0, le=0.5, description="Rician noise, as a share of white matter's signal.")
    gain: float = Field(1.0, gt=0, description="Contrast gain: the exponent put on the normalised signal.")
    skull: bool = Field(False, description="Leave a simple skull and scalp on, and give every contrast its own grid.")


class Prevalence(Section):
    """How often each WHO 2021 diagnosis occurs among a phantom centre's patients (weights, normalised)."""

    glioblastoma: float = Field(0.55, ge=0, description="IDH-wildtype, grade 4.")
    astrocytoma: float = Field(0.28, ge=0, description="IDH-mutant, 1p/19q intact, grade 2 to 4.")
    oligodendroglioma: float = Field(0.17, ge=0, description="IDH-mutant, 1p/19q codeleted, grade 2 or 3.")

    @model_validator(mode="after")
    def _some_diagnosis_occurs(self) -> Prevalence:
        if not (self.glioblastoma or self.astrocytoma or self.oligodendroglioma):
            raise ValueError("every weight is 0; at least one diagnosis must occur")
        return self


class Shortcut(Section):
    """A mark of the scanner that goes with one label at this centre only, and must not become a biomarker."""

    label: Literal["idh", "codel_1p19q", "grade"] = Field("idh", description="The label it goes with.")
    value: str = Field("mutant", description="The label's value that carries the mark.")
    strength: float = Field(
        0.35, gt=0, le=1, description="Added to FLAIR inside the tumour, as a share of white matter."
    )

    @model_validator(mode="after")
    def _value_is_one_of_the_label(self) -> Shortcut:
        allowed = VOCABULARY[self.label]
        if self.value not in allowed:
            raise ValueError(f"{self.value!r} is no value of {self.label}; allowed: {', '.join(allowed)}")
        return self


class PhantomSource(Section):
    """Simulated patients on the MNI152 anatomy, with a known truth."""

    kind: Literal["phantom"] = Field("phantom", description="Simulated.")
    cases: int = Field(ge=1, le=5000, description="Number of patients.")
    scanner: Scanner = Field(Scanner(), description="What its scanner does to the images.")
    prevalence: Prevalence = Field(Prevalence(), description="Its mix of diagnoses.")
    missing_contrasts: Fraction = Field(0.0, description="Rate of patients with one or two contrasts missing.")
    missing_labels: Fraction = Field(0.0, description="Rate at which each label of a patient is unknown.")
    shortcut: Shortcut | None = Field(None, description="A mark of this scanner that goes with one label.")


class TableSource(Section):
    """A table of image files: one row a case, in the columns of `results/cohort/cases.tsv`."""

    kind: Literal["table"] = Field("table", description="A table of image files.")
    path: str = Field(description="TSV or CSV file; `{data_root}` is filled in.")
    files_root: str | None = Field(
        None, description="Folder that the table's file names start at; default: the table's own."
    )


class FeatureSource(Section):
    """A table of radiomic features: one row a patient, for the tabular arm."""

    kind: Literal["features"] = Field("features", description="A table of features.")
    path: str = Field(description="CSV file of pyradiomics features; `{data_root}` is filled in.")
    clinical: str = Field(description="The collection's own clinical table, which labels and age are joined from.")
    format: Literal["ucsf-pdgm", "utsw", "upenn-gbm"] = Field(description="Whose columns and spellings these are.")


Source = Annotated[PhantomSource | TableSource | FeatureSource, Field(discriminator="kind")]


class Preprocessing(Section):
    """The imaging steps; a centre may override any of these keys."""

    spacing_mm: float = Field(
        1.0, ge=0.5, le=8, description="Voxel size of the atlas grid that cases are resampled to."
    )
    reference: Modality = Field("t1c", description="Contrast that the others are registered to.")
    bias_correction: bool = Field(True, description="N4 bias field correction of every contrast.")
    coregistration: bool = Field(
        True, description="Rigid registration to the reference; off = declared aligned, and checked."
    )
    brain_extraction: Literal["builtin", "supplied", "none"] = Field(
        "builtin",
        description="`builtin`: needs no weights; `supplied`: the case's brain_mask; `none`: declared stripped, and checked.",
    )
    atlas_registration: Literal["affine", "none"] = Field("affine", description="Registration to the MNI152 atlas.")
    normalization: Literal["zscore", "none"] = Field("zscore", description="Intensities inside the brain.")
    missing_contrast: Literal["refuse", "drop", "mark"] = Field(
        "mark", description="A missing contrast ends the study, drops the case, or is marked absent."
    )


class Center(Section):
    """One hospital or collection."""

    role: Role = Field(
        description="`train`: labels teach; `external`: opened by prediction only; `unlabelled`: images teach."
    )
    source: Source = Field(description="Where its cases come from.")
    preprocessing: dict[str, Any] = Field(default_factory=dict, description="Keys of `preprocessing` that differ here.")
    minimum_share: Fraction = Field(0.8, description="Share of the cases that must survive preprocessing.")


# ----------------------------------------------------------------------------------------------- models


class CmtlnetModel(Section):
    """CMTLNet (Chen et al. 2025): segmentation-free tumour perception, common and task-unique features."""

    kind: Literal["cmtlnet"] = Field("cmtlnet", description="Image network.")
    preset: Literal["paper", "slim", "tiny"] = Field("slim", description="Widths of the network.")
    modalities: tuple[Modality, ...] = Field(("t1c", "t2"), description="Input contrasts, in this order.")
    input_shape: tuple[int, int, int] = Field(
        (160, 192, 160), description="Central crop of the atlas grid; multiples of 32."
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
    stages: SupervisedOnly = Field(("supervised",), description="Training stages to run.")
    c: float = Field(0.01, gt=0, description="Inverse strength of the L2 penalty.")
    refit: bool = Field(
        True, description="External centres are predicted by a fit on all training cases, not by the folds."
    )


class ExtraTreesModel(Section):
    """Extremely randomised trees, one forest a task."""

    kind: Literal["extra_trees"] = Field("extra_trees", description="Tree ensemble.")
    inputs: Inputs = Field(("radiomics", "age"), description="What it sees of a case.")
    stages: SupervisedOnly = Field(("supervised",), description="Training stages to run.")
    trees: int = Field(500, ge=1, description="Trees a forest.")
    min_samples_leaf: int = Field(3, ge=1, description="Cases a leaf, at least.")
    refit: bool = Field(
        True, description="External centres are predicted by a fit on all training cases, not by the folds."
    )


Model = Annotated[CmtlnetModel | TabularNetModel | LogisticModel | ExtraTreesModel, Field(discriminator="kind")]


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


class PseudoLabels(Section):
    """Uncertainty-aware selection of pseudo-labels (GMMAS)."""

    passes: int = Field(10, ge=2, description="Stochastic passes with dropout on.")
    min_probability: Fraction = Field(0.9, description="Least mean probability of an accepted label.")
    max_std: Fraction = Field(0.05, description="Largest standard deviation over the passes of an accepted label.")


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


class Evaluation(Section):
    """Figures and their intervals."""

    resamples: int = Field(2000, ge=100, description="Bootstrap resamples of patients, stratified by class.")
    confidence: float = Field(0.95, gt=0, lt=1, description="Of every interval.")


class Explanation(Section):
    """Which radiomic features become biomarkers."""

    share: Fraction = Field(0.8, description="Share of the mean |SHAP| that the kept deep features carry.")
    max_q: Fraction = Field(0.05, description="Largest Benjamini-Hochberg q of a correlation.")
    min_rho: Fraction = Field(0.3, description="Least |Spearman's rho| between a deep and a radiomic feature.")
    max_i2: Fraction = Field(0.75, description="Largest share of the effects' variance that lies between centres.")
    min_per_class: int = Field(3, ge=2, description="Cases a class that a centre needs for an effect.")


class Compute(Section):
    """What jobs ask for."""

    training_threads: int = Field(
        1, ge=1, description="CPU threads of a training job; results are identical for equal values."
    )
    gpus: int = Field(
        1,
        ge=0,
        le=1,
        description="GPUs that a job of the image arm asks for, one at most; `--resources gpu=0` falls back to CPU.",
    )


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
    tasks: dict[Identifier, Task] = Field(
        default_factory=lambda: dict(DEFAULT_TASKS),
        min_length=1,
        description="What is predicted: name → label column and classes.",
    )
    centers: dict[Identifier, Center] = Field(min_length=1, description="The hospitals and collections, by name.")
    preprocessing: Preprocessing = Field(Preprocessing(), description="Imaging steps of every centre.")
    split: Split = Field(Split(), description="Folds and transfers.")
    models: dict[Identifier, Model] = Field(min_length=1, description="The models to compare, by name.")
    pseudo_labels: PseudoLabels = Field(PseudoLabels(), description="Selection for the second stage.")
    radiomics: Radiomics = Field(Radiomics(), description="Feature extraction.")
    evaluation: Evaluation = Field(Evaluation(), description="Intervals.")
    explanation: Explanation = Field(Explanation(), description="What makes a biomarker.")
    compute: Compute = Field(Compute(), description="What jobs ask for.")

    @model_validator(mode="after")
    def _parts_agree(self) -> Study:
        if problems := problems_of(self):
            raise ValueError("\n".join(problems))
        return self

    # -- what the stages ask of a study

    @property
    def is_tabular(self) -> bool:
        """True where the centres are feature tables, so that there is nothing to preprocess."""
        return all(center.source.kind == "features" for center in self.centers.values())

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
