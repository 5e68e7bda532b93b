"""Jobs of a study, from its configuration alone: which model is fitted when, on whom, and whom it predicts.

Pure Python, and light: the workflow asks it at every start, and tests ask it without the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from gliomanet.cohort.folds import folds_of, scenarios_of
from gliomanet.config.feature_models import StackModel, TabularNetModel
from gliomanet.config.image_model import ImageModel
from gliomanet.seeds import derive_seed
from gliomanet.stages import PSEUDO_LABEL, SUPERVISED, round_of, stage_of_round

if TYPE_CHECKING:
    from gliomanet.config.split import Fold, Scenario
    from gliomanet.config.study import Study
    from gliomanet.config.types import Flips


class Plan:
    """Models, stages, folds and centres of a study, and what each has to do with the others.

    Models, stages, folds and centres go by name; everything is in the order of the study.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.centers = list(study.centers)
        self.models = list(study.models)

    # -- models

    @cached_property
    def image_models(self) -> list[str]:
        """The models on images; the others are on feature tables."""
        return [name for name, model in self.study.models.items() if isinstance(model, ImageModel)]

    @cached_property
    def tabular_models(self) -> list[str]:
        return [name for name in self.models if name not in (*self.image_models, *self.stacks)]

    @cached_property
    def stacks(self) -> list[str]:
        """The models on what other models say."""
        return [name for name, model in self.study.models.items() if isinstance(model, StackModel)]

    def stages_of_members(self, stack: str) -> dict[str, str]:
        """Member → its last stage, whose predictions a stack takes."""
        settings = self.study.models[stack]
        assert isinstance(settings, StackModel)
        return {member: self.final_stage(member) for member in settings.members}

    @cached_property
    def networks(self) -> list[str]:
        """The models that have deep features and dropout, on images and on feature tables."""
        kinds = ImageModel | TabularNetModel
        return [name for name, model in self.study.models.items() if isinstance(model, kinds)]

    @cached_property
    def explained_models(self) -> list[str]:
        """The models that biomarkers are looked for in: networks, and those that take a radiomic feature."""
        return [
            name
            for name, model in self.study.models.items()
            if name in self.networks
            or (name in self.tabular_models and set(getattr(model, "inputs", ())) - {"age", "sex"})
        ]

    @cached_property
    def segmenting_models(self) -> list[str]:
        """The models that write segmentations: those that learn to, where the study wants any."""
        if not self.study.prediction.segmentation:
            return []
        return [name for name in self.image_models if getattr(self.study.models[name], "segmentation", False)]

    @cached_property
    def subset_models(self) -> list[str]:
        """The models that predict with every subset of their modalities."""
        return self.image_models if self.study.evaluation.modality_subsets else []

    @cached_property
    def fusing_models(self) -> list[str]:
        """Those of them whose network learns the weight of each modality."""
        return [name for name in self.subset_models if self.study.models[name].kind == "gmmas"]

    def reads(self, model: str, fact: Literal["age", "sex"]) -> bool:
        """True for a model that takes this of a patient."""
        settings = self.study.models[model]
        return fact in (*getattr(settings, "inputs", ()), *getattr(settings, "clinical", ()))

    def is_refitted(self, model: str) -> bool:
        """True where external cases are predicted by a fit on all training cases, and not by the folds."""
        return bool(getattr(self.study.models[model], "refit", False))

    def flips_of(self, model: str) -> Flips:
        """The mirror images that a model predicts and segments with: its own choice, else the study's."""
        settings = self.study.models[model]
        if not isinstance(settings, ImageModel):
            return "none"
        return settings.test_time_augmentation or self.study.prediction.test_time_augmentation

    # -- stages

    def stages_of(self, model: str) -> list[str]:
        """The stages that a model is trained in, by name: `pseudo_label` among its `stages` stands for every round."""
        rounds = [stage_of_round(number) for number in range(1, len(self.study.pseudo_labels.rounds) + 1)]
        named = self.study.models[model].stages
        return [name for stage in named for name in (rounds if stage == PSEUDO_LABEL else [stage])]

    def final_stage(self, model: str) -> str:
        return self.stages_of(model)[-1]

    def teacher_stage(self, model: str, stage: str) -> str:
        """The stage before, whose fits label what this one learns from."""
        stages = self.stages_of(model)
        return stages[stages.index(stage) - 1]

    @cached_property
    def pseudo_label_stages(self) -> set[str]:
        return {stage for model in self.models for stage in self.stages_of(model) if stage != SUPERVISED}

    def selection_settings(self, stage: str) -> dict[str, Any]:
        """The settings of a round and those before it: a later round's thresholds repeat nothing."""
        rounds = self.study.pseudo_labels.rounds[: round_of(stage)]
        return self.study.pseudo_labels.model_copy(update={"rounds": rounds}).model_dump(mode="json")

    # -- scenarios and folds

    @cached_property
    def scenarios(self) -> tuple[Scenario, ...]:
        return scenarios_of(self.study)

    def scenarios_among(self, *centers: str) -> list[dict[str, Any]]:
        """The scenarios as far as some centres take part in them: what their splits are told, and judged by."""
        return [
            {
                "name": scenario.name,
                "train": [center for center in scenario.train if center in centers],
                "external": [center for center in scenario.external if center in centers],
            }
            for scenario in self.scenarios
        ]

    @cached_property
    def folds(self) -> dict[str, Fold]:
        """Id → fold, of every scenario."""
        return {fold.id: fold for fold in folds_of(self.scenarios, self.study.split.folds)}

    @cached_property
    def cross_validation_folds(self) -> list[str]:
        """The folds but the refits, which validate nobody."""
        return [fold.id for fold in self.folds.values() if not fold.is_refit]

    def folds_of(self, model: str) -> list[str]:
        """The folds that a model is fitted on: the refits too where it is refitted."""
        return list(self.folds) if self.is_refitted(model) else self.cross_validation_folds

    def fits(self, *models: str) -> list[tuple[str, str, str]]:
        """Model, stage and fold of every fit of some models, or of all."""
        return [(m, stage, f) for m in models or self.models for stage in self.stages_of(m) for f in self.folds_of(m)]

    def pseudo_labelled_fits(self) -> list[tuple[str, str, str]]:
        """The fits that learn from pseudo-labels."""
        return [fit for fit in self.fits() if fit[1] != SUPERVISED]

    # -- who trains

    @cached_property
    def development(self) -> tuple[str, ...]:
        """The centres that are opened before any prediction."""
        return self.study.centers_of("train", "unlabelled")

    def training_centers(self, stage: str, fold: str) -> tuple[str, ...]:
        """The centres whose cases a fit may see: its scenario's training ones and, in later stages, unlabelled ones."""
        return self.folds[fold].train if stage == SUPERVISED else self.student_centers(fold)

    def student_centers(self, fold: str) -> tuple[str, ...]:
        """The centres whose cases a fold's teacher labels."""
        return (*self.folds[fold].train, *self.study.centers_of("unlabelled"))

    def teacher_fits(self, model: str, stage: str, fold: str) -> tuple[tuple[str, str, str], ...]:
        """The fits of the stage before that label for a fold, or whose validation cases say whether it may."""
        before = self.teacher_stage(model, stage)
        return tuple((model, before, one) for one in dict.fromkeys([fold, *self.judged_folds(fold)]))

    def judged_folds(self, fold: str) -> list[str]:
        """The folds whose validation cases judge a teacher: its own fold or, for a refit, all of its scenario."""
        mine = self.folds[fold]
        if not mine.is_refit:
            return [fold]
        return [other for other in self.cross_validation_folds if self.folds[other].scenario == mine.scenario]

    def labels_kept(self, center: str) -> dict[str, Any] | None:
        """Arguments of `cohort.label_fraction.keep_labels` for a training centre; `None` where all labels are kept."""
        if self.study.label_fraction == 1 or self.study.centers[center].role != "train":
            return None
        fewest = min(len(scenario.train) for scenario in self.scenarios)
        return {
            "share": self.study.label_fraction,
            "tasks": {name: task.model_dump(mode="json") for name, task in self.study.tasks.items()},
            "at_least": -(-self.study.split.folds // fewest),
            "seed": derive_seed(self.study.seed, "kept labels", center),
        }

    # -- who is predicted

    @cached_property
    def predicted_centers(self) -> list[str]:
        """The centres of which a case validates or tests."""
        used = {center for scenario in self.scenarios for center in (*scenario.train, *scenario.external)}
        return [center for center in self.centers if center in used]

    @cached_property
    def sent_centers(self) -> list[str]:
        """The centres whose hospital keeps its scans, and sent what a bundle of the study says of them."""
        return [center for center in self.centers if self.study.centers[center].source.is_predicted]

    @cached_property
    def seen_centers(self) -> list[str]:
        """The predicted centres whose images or features the study has."""
        return [center for center in self.predicted_centers if center not in self.sent_centers]

    @cached_property
    def measured_centers(self) -> list[str]:
        """The centres whose radiomic features are looked at: all where a model of features may learn from each."""
        wanted = self.centers if self.tabular_models else self.predicted_centers
        return [center for center in wanted if center not in self.sent_centers]

    @cached_property
    def tested_with_hidden_labels(self) -> list[str]:
        """The centres that test in a scenario and whose labels are hidden in part, where they train."""
        tested = {center for scenario in self.scenarios for center in scenario.external}
        return sorted(center for center in tested if self.labels_kept(center))

    def predicts(self, model: str, fold: str, center: str) -> bool:
        """True where a fit predicts a centre's cases.

        A fold predicts its validation cases. External cases are predicted by the fit on all training cases where the
        model is refitted, and by every fold where it is not.
        """
        here = self.folds[fold]
        if center in here.external:
            return here.is_refit == self.is_refitted(model)
        return center in here.train and not here.is_refit

    def predicting_folds(self, model: str, *centers: str) -> list[str]:
        """The folds of a model that predict a case of some centres, or of any."""
        asked = centers or self.centers
        return [fold for fold in self.folds_of(model) if any(self.predicts(model, fold, one) for one in asked)]

    def predicting_fits(self, model: str, center: str) -> list[tuple[str, str, str]]:
        """Model, stage and fold of every fit that predicts a case of a centre."""
        folds = self.predicting_folds(model, center)
        return [(model, stage, fold) for stage in self.stages_of(model) for fold in folds]

    def final_fits(self, model: str, folds: Sequence[str]) -> list[tuple[str, str, str]]:
        """Model, stage and fold of some folds' fits in the model's last stage."""
        return [(model, self.final_stage(model), fold) for fold in folds]

    def segmenting_folds(self, center: str) -> list[str]:
        """The folds that segment a centre, of one scenario: the first that the centre tests, else that it trains in."""
        folds = [self.folds[fold] for fold in self.cross_validation_folds]
        tested = [fold for fold in folds if center in fold.external]
        chosen = tested or [fold for fold in folds if center in fold.train]
        return [fold.id for fold in chosen if fold.scenario == chosen[0].scenario]
