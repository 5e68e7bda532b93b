"""Checks of a study as a whole: that its parts agree, and that its names are free."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pydantic import ValidationError

from gliomanet.config.feature_models import ClassifierModel, FeatureModel, LogisticModel, StackModel, TabularNetModel
from gliomanet.config.image_model import ImageModel
from gliomanet.config.image_models import SEGMENTATION, MultitaskModel
from gliomanet.config.labels import label_problems, task_problems
from gliomanet.config.messages import describe
from gliomanet.config.models import Model
from gliomanet.config.sources import COLUMNS_OF_A_CASE, PARTS_OF_A_FEATURE, FeatureSource, SourceSettings
from gliomanet.config.split import MAIN
from gliomanet.config.study import Study
from gliomanet.config.unread_keys import unread_key_problems
from gliomanet.errors import Problem
from gliomanet.labels.who import WHO_LABELS
from gliomanet.tables.columns import HELD_OUT

RESERVED_CENTERS = {
    "audit": "the findings of all centres are kept under it",
    "cases": "the cases of all centres are kept under it",
    "pooled": "tables of metrics call all centres together so",
    "stratified": "tables of comparisons call the mean over centres that are each compared by themselves so",
    "summary": "tables of metrics call the mean over the centres so",
}
RESERVED_MODELS = {"recovery": "the comparison of all networks with the planted truth is kept under it"}
RESERVED_SCENARIOS = {"leave-one-center-out": "the mean over all held-out centres is kept under it"}
RESERVED_TASKS = {
    "joint": "tables of metrics call all tasks together so",
    SEGMENTATION: "models weigh the loss of the tumour masks by it",
    "distillation": "events of training call the loss of self-distillation so",
    "contrast": "events of training call the loss of contrastive learning so",
}


def problems_of(study: Study) -> list[Problem]:
    """Find everything that no single key can tell, each problem with its key."""
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
        *_comparison_problems(study),
    ]


def _name_problems(section: str, names: Iterable[str], reserved: Mapping[str, str]) -> list[Problem]:
    """Names that are taken. Letter case is no difference: names become files, and some disks ignore it."""
    problems = []
    seen: dict[str, str] = {}
    for name in names:
        key = f"{section}.{name}"
        if why := reserved.get(name.lower()):
            found = f"this name is reserved, because {why}"
            problems.append(Problem(found, "choose another", key=key, rule="reserved_name"))
        if name.lower() in seen:
            found = f"differs from {seen[name.lower()]!r} by letter case only"
            problems.append(Problem(found, "rename one", key=key, rule="name_differs_by_case_only"))
        seen.setdefault(name.lower(), name)
    return problems


def _center_problems(study: Study) -> list[Problem]:
    problems = []
    if not study.centers_of("train"):
        found, action = "no centre has the role train", "at least one must"
        problems.append(Problem(found, action, key="centers", rule="no_training_center"))
    seen = [center.source for center in study.centers.values() if not center.source.is_predicted]
    if len({source.has_images for source in seen}) == 2:
        found, action = "feature tables and images are mixed", "a study's sources are all of one arm"
        problems.append(Problem(found, action, key="centers", rule="arms_mixed"))
    for name, center in study.centers.items():
        if center.source.is_predicted and center.role != "external":
            found = f"is {center.role}, and a hospital that sends its predictions has sent nothing to learn from"
            action = "give it the role external"
            problems.append(Problem(found, action, key=f"centers.{name}.role", rule="predictions_train_not"))
        problems += _feature_table_problems(f"centers.{name}.source", center.source, study)
        try:
            study.preprocessing_of(name)
        except ValidationError as error:
            problems += [
                problem.at(key=f"centers.{name}.preprocessing.{problem.key}")
                for problem in describe(error, type(study.preprocessing))
            ]
    return problems


def _feature_table_problems(key: str, source: SourceSettings, study: Study) -> Iterator[Problem]:
    """Words for the columns of a hospital's table of features that are none of ours; a pattern that is none."""
    if not isinstance(source, FeatureSource):
        return
    allowed = (*COLUMNS_OF_A_CASE, *(label for label in study.vocabulary if label not in COLUMNS_OF_A_CASE))
    for section in ("columns", "clinical_columns"):
        for name in getattr(source, section):
            if name not in allowed:
                action = f"allowed: {', '.join(allowed)}"
                yield Problem(f"{name!r} is no column of a case", action, key=f"{key}.{section}", rule="unknown_column")
    if source.pattern is not None:
        try:
            groups = re.compile(source.pattern).groupindex
        except re.error as error:
            found, action = f"{source.pattern!r}: {error}", "write a regular expression, as Python reads them"
            yield Problem(found, action, key=f"{key}.pattern", rule="no_pattern")
            return
        if unknown := sorted(set(groups) - set(PARTS_OF_A_FEATURE)):
            found = f"has the groups {', '.join(unknown)}"
            action = f"allowed: {', '.join(PARTS_OF_A_FEATURE)}"
            yield Problem(found, action, key=f"{key}.pattern", rule="unknown_group")


def _quality_problems(study: Study) -> list[Problem]:
    if study.quality.decisions and study.is_tabular:
        return [
            Problem(
                "a study of feature tables has no quality control to decide on",
                "take the rows of the cases to leave out from their tables",
                key="quality.decisions",
                rule="decisions_without_quality_control",
            )
        ]
    return []


def _scenario_problems(study: Study) -> list[Problem]:
    problems = []
    if study.split.design == "leave_one_center_out" and len(study.centers_of("train")) < 2:
        found = f"found {len(study.centers_of('train'))} centre of role train"
        action = "leave_one_center_out needs at least two"
        problems.append(Problem(found, action, key="split.design", rule="too_few_training_centers"))
    held_out = study.split.design == "leave_one_center_out"
    own = [HELD_OUT + center for center in study.centers_of("train")] if held_out else [MAIN]
    names = [*own, *(scenario.name for scenario in study.split.scenarios)]
    for scenario in study.split.scenarios:
        key = f"split.scenarios.{scenario.name}"
        if names.count(scenario.name) > 1:
            problems.append(Problem("this name is taken", "give each scenario its own", key=key, rule="name_taken"))
        if not scenario.train:
            problems.append(
                Problem("names no training centre", "name at least one", key=f"{key}.train", rule="no_training_center")
            )
        for part in ("train", "external"):
            problems += [
                problem.at(key=f"{key}.{part}")
                for center in getattr(scenario, part)
                if (problem := _misplaced(study, center, part))
            ]
        problems += [
            Problem(f"{center!r} both trains and tests", "keep it in one", key=key, rule="center_trains_and_tests")
            for center in scenario.train
            if center in scenario.external
        ]
    return problems


def _misplaced(study: Study, center: str, part: str) -> Problem | None:
    """The problem of a centre that cannot be in this part of a scenario."""
    if center not in study.centers:
        return Problem(f"{center!r} is no centre", f"centres: {', '.join(study.centers)}", rule="unknown_center")
    role = study.centers[center].role
    if part == "train" and role != "train":
        return Problem(
            f"centre {center} is of role {role}", "training centres are of role train", rule="role_trains_not"
        )
    if part == "external" and role == "unlabelled":
        found, action = f"centre {center} is unlabelled and cannot test", "give it the role external, or leave it out"
        return Problem(found, action, rule="role_tests_not")
    return None


def _model_problems(study: Study) -> list[Problem]:
    problems = []
    if study.evaluation.modality_subsets and not any(isinstance(m, ImageModel) for m in study.models.values()):
        problems.append(
            Problem(
                "no model looks at images, so there are no modalities to take away",
                "leave it out, or add a network on images",
                key="evaluation.modality_subsets",
                rule="no_image_model",
            )
        )
    for name, model in study.models.items():
        problems += [
            problem.at(key=".".join(filter(None, ("models", name, problem.key)))) for problem in _of_model(study, model)
        ]
    return problems


def _of_model(study: Study, model: Model) -> Iterator[Problem]:
    """The problems of one model, each with its key below the model's."""
    if study.is_tabular and isinstance(model, ImageModel):
        found = f"{model.kind} needs images, and this study's centres are feature tables"
        yield Problem(found, "choose a model of features", rule="image_model_of_feature_tables")
    if model.stages[:1] != ("supervised",):
        found = f"found {list(model.stages)}"
        yield Problem(found, "must start with supervised", key="stages", rule="first_stage")
    yield from unread_key_problems(model)
    asked = _asked(study, model)
    for task in asked:
        if task not in study.tasks:
            tasks = f"tasks: {', '.join(study.tasks)}"
            yield Problem(f"{task!r} is no task", tasks, key="tasks", rule="unknown_task")
    if isinstance(model, ImageModel):
        for task in model.tumour_cutmix_tasks or ():
            if task not in asked:
                allowed = f"allowed: {', '.join(asked)}"
                yield Problem(f"{task!r} is no task of it", allowed, key="tumour_cutmix_tasks", rule="unknown_task")
    if isinstance(model, ImageModel | TabularNetModel) and model.joint_likelihood_weight:
        labels = dict.fromkeys(study.tasks[task].label for task in asked if task in study.tasks)
        if len([label for label in labels if label in WHO_LABELS]) < 2:
            yield Problem(
                f"is {model.joint_likelihood_weight:g}, which needs tasks on two of the labels "
                f"{', '.join(WHO_LABELS)}, and the model's tasks are on {', '.join(labels)}",
                "add a task, or leave it out",
                key="joint_likelihood_weight",
                rule="joint_likelihood_of_one_label",
            )
    if isinstance(model, FeatureModel):
        yield from _of_feature_model(study, model)
    if isinstance(model, StackModel):
        yield from _of_stack(study, model)
    if isinstance(model, MultitaskModel):
        allowed = f"allowed: {', '.join([*asked, SEGMENTATION])}"
        for task in model.task_weights:
            if task not in asked and task != SEGMENTATION:
                found = f"{task!r} is no task{' that the model learns' * (task in study.tasks)}"
                yield Problem(found, allowed, key="task_weights", rule="unknown_task")


def _asked(study: Study, model: Model) -> tuple[str, ...]:
    """The tasks that a model is to learn."""
    return (isinstance(model, ImageModel) and model.tasks) or tuple(study.tasks)


def _of_stack(study: Study, stack: StackModel) -> Iterator[Problem]:
    """Members that are no model, or stacks themselves; tasks that no member learns."""
    possible = [name for name, model in study.models.items() if not isinstance(model, StackModel)]
    for name in stack.members:
        if name not in possible:
            found = f"{name!r} is {'a stack itself' if name in study.models else 'no model'}"
            yield Problem(found, f"models: {', '.join(possible)}", key="members", rule="no_member")
    members = [study.models[name] for name in stack.members if name in possible]
    learnt = {task for member in members for task in _asked(study, member)}
    if missing := [task for task in study.tasks if task not in learnt]:
        found = f"no member learns {', '.join(missing)}"
        yield Problem(found, "add a model that does", key="members", rule="task_of_no_member")


def _comparison_problems(study: Study) -> Iterator[Problem]:
    """A reference or a primary model that the study does not have, or one model that is both."""
    for key in ("reference", "primary_model"):
        name = getattr(study.evaluation, key)
        if name is not None and name not in study.models:
            action = f"models: {', '.join(study.models)}"
            yield Problem(f"{name!r} is no model", action, key=f"evaluation.{key}", rule="unknown_model")
    if study.evaluation.primary_model is not None and study.evaluation.primary_model == study.evaluation.reference:
        yield Problem(
            f"{study.evaluation.primary_model!r} is the reference, too",
            "name the model that is to be held against it, or leave one of the two out",
            key="evaluation.primary_model",
            rule="primary_is_reference",
        )


def _of_feature_model(study: Study, model: FeatureModel) -> Iterator[Problem]:
    """The problems of a model on features: inputs that are not made, a chain without links, two choices at odds."""
    if "ratios" in model.inputs and not study.radiomics.ratios:
        yield Problem(
            "names ratios, and radiomics.ratios is off",
            "set radiomics.ratios: true, or leave them out",
            key="inputs",
            rule="ratios_not_made",
        )
    labels = dict.fromkeys(task.label for task in study.tasks.values())
    chained = isinstance(model, ClassifierModel) and model.classifier_chain == "who"
    if chained and not ("idh" in labels and {"codel_1p19q", "grade"}.intersection(labels)):
        yield Problem(
            f"is who, which needs a task on idh and one on codel_1p19q or grade; the study's tasks are on "
            f"{', '.join(labels)}",
            "add a task, or leave it out",
            key="classifier_chain",
            rule="chain_without_links",
        )
    if isinstance(model, LogisticModel) and model.C == "auto" and model.harmonization != "none":
        yield Problem(
            "is auto, and a centre left out to choose it would be harmonised with the centres that teach",
            "give a number, or set harmonization: none",
            key="C",
            rule="strength_of_harmonised_features",
        )
