"""The recipe of a model: its phases of training, by the model's kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from gliomanet.labels.joint_decoding import combinations_of
from gliomanet.labels.who import WHO_LABELS
from gliomanet.model_kinds import KINDS, load
from gliomanet.training.data.tumour_cutmix import TumourCutmix

if TYPE_CHECKING:
    from gliomanet.config.image_model import ImageModel
    from gliomanet.labels.tasks import Task
    from gliomanet.training.recipes.phase_settings import Plan


def plan_of(model: ImageModel, tasks: Mapping[str, Task], seed: int) -> Plan:
    """The phases in which a model is trained.

    Args:
        model: settings.
        tasks: those that it learns, in the order of the label columns.
        seed: of every draw.
    """
    plan: Plan = load(KINDS[model.kind].training)(model, tuple(tasks), seed)
    settings = plan.settings
    carried = _carried(model, tasks)
    if model.tumour_cutmix and any(carried):  # else pastes would only take labels away
        settings = replace(settings, cutmix=TumourCutmix(model.tumour_cutmix, carried))
    if model.joint_likelihood_weight:
        weight, combinations = model.joint_likelihood_weight, combinations_of(tasks)
        settings = replace(settings, joint_likelihood_weight=weight, combinations=combinations)
    return replace(plan, settings=settings)


def _carried(model: ImageModel, tasks: Mapping[str, Task]) -> tuple[bool, ...]:
    """For each task, whether a pasted tumour carries its label: those named, or those on the WHO's labels."""
    named = model.tumour_cutmix_tasks
    return tuple(task.label in WHO_LABELS if named is None else name in named for name, task in tasks.items())
