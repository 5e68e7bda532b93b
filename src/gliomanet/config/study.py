"""The configuration of a study, as Pydantic models: the single source of truth.

The JSON schema, the defaults and the key table of `config/README.md` are generated from here and from the modules of
its sections (`gliomanet.config.reference`), so a description written beside a field is the one that a user reads.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from gliomanet.config.analysis import Evaluation, Explanation, Prediction, Radiomics
from gliomanet.config.centers import Center
from gliomanet.config.compute import Compute
from gliomanet.config.labels import LabelValues
from gliomanet.config.models import Model
from gliomanet.config.preprocessing import Preprocessing, Quality
from gliomanet.config.pseudo_labels import PseudoLabels
from gliomanet.config.sources import data_path
from gliomanet.config.split import Split
from gliomanet.config.tracking import TrackingUri
from gliomanet.config.types import Identifier, Modality, PathText, Role, Section
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.vocabulary import Vocabulary, vocabulary_of
from gliomanet.modalities import MODALITIES


class Study(Section):
    """A multi-centre study."""

    title: str = Field("A gliomanet study", description="Shown on the report.")
    seed: int = Field(1, ge=0, description="Root of every seed: the same study gives the same files.")
    results: PathText = Field("results", min_length=1, description="Folder that everything is written to.")
    data_root: PathText = Field(
        "data",
        description="Folder that `{data_root}` stands for in the sources' paths; the variable GLIOMANET_DATA overrides it.",
    )
    tracking_uri: TrackingUri | None = Field(
        None,
        description="MLflow server (`http://…`), or a SQLite file that several studies share (`sqlite:///path/mlflow.db`); default: `mlflow.db` in the results folder.",
    )
    tracking_experiment: str = Field(
        "gliomanet",
        min_length=1,
        description="MLflow's experiment: studies in one experiment are compared in one table.",
    )
    shuffle_labels: int = Field(
        0,
        ge=0,
        description="Number of the deal by which the labels are dealt anew among the patients of each centre: a control that must score 0; 0 leaves them.",
    )
    permutation_draws: int = Field(
        5,
        ge=1,
        description="Such deals that `snakemake permutation_test` sends through all jobs but those of images and features. The least p that they can show is 1 / (1 + deals): 19 for .05.",
    )
    labels: dict[Identifier, LabelValues] = Field(
        default_factory=dict,
        description="Further label columns of the case tables, beside `idh`, `codel_1p19q` and `grade`: name → its values in class order.",
    )
    label_fraction: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Share of each training centre's labelled patients whose labels are kept; the others become unlabelled training cases, so that semi-supervised learning can be measured. External metrics count all.",
    )
    tasks: dict[Identifier, Task] = Field(
        default_factory=lambda: dict(DEFAULT_TASKS),
        min_length=1,
        description="The questions put to the models: name → label column and classes.",
    )
    centers: dict[Identifier, Center] = Field(min_length=1, description="The hospitals and collections, by name.")
    identities: tuple[PathText, ...] = Field(
        (),
        description="Mapping tables: each row holds the ids, one per column, that collections give the same patient.",
    )
    preprocessing: Preprocessing = Field(Preprocessing(), description="Imaging steps of every centre.")
    quality: Quality = Field(Quality(), description="Decisions on cases after quality control.")
    split: Split = Field(Split(), description="Folds and scenarios.")
    models: dict[Identifier, Model] = Field(min_length=1, description="The models to compare, by name.")
    pseudo_labels: PseudoLabels = Field(
        PseudoLabels(), description="Selection of a model's own labels for its next stage."
    )
    radiomics: Radiomics = Field(Radiomics(), description="Feature extraction.")
    prediction: Prediction = Field(Prediction(), description="Flips, calibration, stochastic passes, segmentations.")
    evaluation: Evaluation = Field(Evaluation(), description="Metrics and their intervals.")
    explanation: Explanation = Field(Explanation(), description="Selection of biomarkers.")
    compute: Compute = Field(Compute(), description="Resources of jobs, and their ways to compute.")

    # -- what the stages ask of a study

    @property
    def vocabulary(self) -> Vocabulary:
        """Label column → its values: the built-in labels, then the study's further ones."""
        return vocabulary_of(self.labels)

    @property
    def is_tabular(self) -> bool:
        """True where the centres are feature tables, so that there is nothing to preprocess."""
        return not any(center.source.has_images for center in self.centers.values())

    def centers_of(self, *roles: Role) -> tuple[str, ...]:
        return tuple(name for name, center in self.centers.items() if center.role in roles)

    def preprocessing_of(self, center: str) -> Preprocessing:
        """The study's preprocessing with this centre's overrides."""
        return Preprocessing.model_validate({**self.preprocessing.model_dump(), **self.centers[center].preprocessing})

    def data_path(self, path: str) -> Path:
        """A source's file, with `{data_root}` filled in; relative paths start at the working directory."""
        return data_path(path, self.data_root)


assert set(MODALITIES) == set(Modality.__args__)  # type: ignore[attr-defined]
