"""The configuration of a study, as Pydantic models: the single source of truth.

The JSON schema, the defaults and the key table of `config/README.md` are generated from here and from the modules of
its sections (`gliomanet.config.reference`), so a description written beside a field is the one that a user reads.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from gliomanet.config.analysis import Evaluation, Explanation, Prediction, Radiomics
from gliomanet.config.centers import Center
from gliomanet.config.compute import Compute
from gliomanet.config.labels import LabelValues
from gliomanet.config.models import ImageModel, Model, TabularNetModel
from gliomanet.config.preprocessing import Preprocessing, Quality
from gliomanet.config.pseudo_labels import PseudoLabels
from gliomanet.config.split import Fold, Scenario, Split
from gliomanet.config.types import Flips, Identifier, Modality, Role, Section
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary
from gliomanet.modalities import MODALITIES
from gliomanet.stages import PSEUDO_LABEL, stage_of_round


def folds_of(scenarios: Sequence[Scenario], number: int) -> tuple[Fold, ...]:
    """Every fold of every scenario in order: `number` of them, and the refit last.

    Ids are "0", "1", … "all"; in a study of several scenarios "<scenario>.0", …, so that each names one fit.
    """
    return tuple(
        Fold(
            id=str(fold) if len(scenarios) == 1 else f"{scenario.name}.{fold}",
            scenario=scenario.name,
            is_refit=fold == "all",
            train=scenario.train,
            external=scenario.external,
        )
        for scenario in scenarios
        for fold in (*range(number), "all")
    )


class Study(Section):
    """A multi-centre study."""

    title: str = Field("A gliomanet study", description="Shown on the report.")
    seed: int = Field(1, ge=0, description="Root of every seed: the same study gives the same files.")
    results: str = Field("results", min_length=1, description="Folder that everything is written to.")
    data_root: str = Field(
        "data",
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
    label_fraction: float = Field(
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
    split: Split = Field(Split(), description="Folds and scenarios.")
    models: dict[Identifier, Model] = Field(min_length=1, description="The models to compare, by name.")
    pseudo_labels: PseudoLabels = Field(
        PseudoLabels(), description="Which of a model's own labels the next stage learns from."
    )
    radiomics: Radiomics = Field(Radiomics(), description="Feature extraction.")
    prediction: Prediction = Field(Prediction(), description="Flips, calibration, stochastic passes, segmentations.")
    evaluation: Evaluation = Field(Evaluation(), description="Intervals.")
    explanation: Explanation = Field(Explanation(), description="What makes a biomarker.")
    compute: Compute = Field(Compute(), description="What jobs ask for, and how they compute.")

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
        return (
            (settings.test_time_augmentation or self.prediction.test_time_augmentation)
            if isinstance(settings, ImageModel)
            else "none"
        )

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
    def scenarios(self) -> tuple[Scenario, ...]:
        """Every pair of teaching and testing centres: the design's own, then the further ones."""
        train, external = self.centers_of("train"), self.centers_of("external")
        if self.split.design == "fixed":
            own = [Scenario(name="main", train=train, external=external)]
        else:
            own = [
                Scenario(
                    name=f"without-{held_out}",
                    train=tuple(c for c in train if c != held_out),
                    external=(held_out, *external),
                )
                for held_out in train
            ]
        return (*own, *self.split.scenarios)

    @property
    def folds(self) -> tuple[Fold, ...]:
        """Every fold of every scenario."""
        return folds_of(self.scenarios, self.split.folds)

    def data_path(self, path: str) -> Path:
        """A source's file, with `{data_root}` filled in; relative paths start at the working directory."""
        return Path(path.replace("{data_root}", os.environ.get("GLIOMANET_DATA", self.data_root)))


assert set(MODALITIES) == set(Modality.__args__)  # type: ignore[attr-defined]
