"""What no single key of a study can tell: whether its parts agree, and whether its names are free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from gliomanet.config.labels import label_problems, task_problems
from gliomanet.config.messages import describe
from gliomanet.config.models import SEGMENTATION, ImageModel, MultitaskModel, SingletaskModel, TabularNetModel
from gliomanet.config.study import Study
from gliomanet.labels.who import WHO_LABELS

RESERVED_CENTERS = {
    "audit": "the findings of all centres are kept under it",
    "cases": "the cases of all centres are kept under it",
    "pooled": "tables of figures call all centres together so",
    "summary": "tables of figures call the mean over the centres so",
}
RESERVED_MODELS = {"recovery": "the comparison of all networks with the planted truth is kept under it"}
RESERVED_SCENARIOS = {"leave-one-center-out": "the mean over all held-out centres is kept under it"}
RESERVED_TASKS = {
    "joint": "tables of figures call all tasks together so",
    SEGMENTATION: "models weigh the loss of the tumour masks by it",
    "distillation": "events of training call the loss of self-distillation so",
    "modality": "events of training call the loss of contrastive learning so",
}


def problems_of(study: Study) -> list[str]:
    """Each as "key: what is wrong; what to do"."""
    return [
        *_name_problems("centers", study.centers, RESERVED_CENTERS),
        *_name_problems("models", study.models, RESERVED_MODELS),
        *_name_problems("tasks", study.tasks, RESERVED_TASKS),
        *_name_problems("labels", study.labels, {}),
        *label_problems(study.labels),
        *task_problems(study.tasks, study.vocabulary),
        *_name_problems("split.scenarios", [t.name for t in study.split.scenarios], RESERVED_SCENARIOS),
        *_center_problems(study),
        *_quality_problems(study),
        *_scenario_problems(study),
        *_model_problems(study),
    ]


def _name_problems(section: str, names: Iterable[str], reserved: Mapping[str, str]) -> list[str]:
    """Names that are taken. Letter case is no difference: names become files, and some disks ignore it."""
    problems = []
    seen: dict[str, str] = {}
    for name in names:
        if why := reserved.get(name.lower()):
            problems.append(f"{section}.{name}: this name is reserved, because {why}; choose another")
        if name.lower() in seen:
            problems.append(f"{section}.{name}: differs from {seen[name.lower()]!r} by letter case only; rename one")
        seen.setdefault(name.lower(), name)
    return problems


def _center_problems(study: Study) -> list[str]:
    problems = []
    if not study.centers_of("train"):
        problems.append("centers: no centre has the role train; at least one must")
    if len({center.source.kind == "features" for center in study.centers.values()}) == 2:
        problems.append("centers: feature tables and images are mixed; a study's sources are all of one arm")
    for name in study.centers:
        try:
            study.preprocessing_of(name)
        except ValidationError as error:
            problems += [f"centers.{name}.preprocessing.{line}" for line in describe(error, type(study.preprocessing))]
    return problems


def _quality_problems(study: Study) -> list[str]:
    if study.quality.decisions and study.is_tabular:
        why = "a study of feature tables has no quality control to decide on"
        return [f"quality.decisions: {why}; take the rows of the cases to leave out from their tables"]
    return []


def _scenario_problems(study: Study) -> list[str]:
    problems = []
    if study.split.design == "leave_one_center_out" and len(study.centers_of("train")) < 2:
        problems.append("split.design: leave_one_center_out needs at least two centres of role train")
    names = [scenario.name for scenario in study.scenarios]
    for scenario in study.split.scenarios:
        key = f"split.scenarios.{scenario.name}"
        if names.count(scenario.name) > 1:
            problems.append(f"{key}: this name is taken; give each scenario its own")
        if not scenario.train:
            problems.append(f"{key}: names no centre that teaches")
        for center in (*scenario.train, *scenario.external):
            if center not in study.centers:
                problems.append(f"{key}: {center!r} is no centre; centres: {', '.join(study.centers)}")
            elif center in scenario.train and study.centers[center].role != "train":
                problems.append(f"{key}: {center!r} teaches, so its role must be train")
            elif center in scenario.external and study.centers[center].role == "unlabelled":
                problems.append(
                    f"{key}: centre {center} is unlabelled and cannot test; give it the role external, or leave it out"
                )
        problems += [
            f"{key}: {center!r} both teaches and tests" for center in scenario.train if center in scenario.external
        ]
    return problems


def _model_problems(study: Study) -> list[str]:
    problems = []
    if study.evaluation.modality_subsets and not study.image_models:
        problems.append(
            "evaluation.modality_subsets: no model looks at images, so there are no modalities to take away; "
            "leave it out, or add a network on images"
        )
    for name, model in study.models.items():
        if study.is_tabular and isinstance(model, ImageModel):
            problems.append(f"models.{name}: {model.kind} needs images, and this study's centres are feature tables")
        if model.stages[:1] != ("supervised",):
            problems.append(f"models.{name}.stages: must start with supervised, found {list(model.stages)}")
        if isinstance(model, SingletaskModel) and model.task not in study.tasks:
            problems.append(f"models.{name}.task: {model.task!r} is no task; tasks: {', '.join(study.tasks)}")
        if isinstance(model, ImageModel | TabularNetModel) and model.joint_likelihood_weight:
            labels = dict.fromkeys(task.label for task in study.tasks.values())
            if len([label for label in labels if label in WHO_LABELS]) < 2:
                problems.append(
                    f"models.{name}.joint_likelihood_weight: is {model.joint_likelihood_weight:g}, which needs tasks on two of the "
                    f"labels {', '.join(WHO_LABELS)}; the study's tasks are on {', '.join(labels)}: add a task, or "
                    "leave it out"
                )
        if isinstance(model, MultitaskModel):
            problems += [
                f"models.{name}.task_weights: {key!r} is no task; allowed: {', '.join([*study.tasks, SEGMENTATION])}"
                for key in model.task_weights
                if key not in study.tasks and key != SEGMENTATION
            ]
    return problems
