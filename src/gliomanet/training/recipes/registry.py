"""Which recipe trains which kind of network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gliomanet.labels.joint_decoding import combinations_of
from gliomanet.training.recipes import cmtlnet as cmtlnet_recipe
from gliomanet.training.recipes import gmmas as gmmas_recipe
from gliomanet.training.recipes import multitask as multitask_recipe
from gliomanet.training.recipes.phase import Plan

if TYPE_CHECKING:
    from gliomanet.config.models import ImageModel
    from gliomanet.labels.tasks import Task

RECIPES: dict[str, Callable[[Any, Sequence[str], int], Plan]] = {
    "cmtlnet": cmtlnet_recipe.plan,
    "gmmas": gmmas_recipe.plan,
    "mttunet": multitask_recipe.plan,
    "psnet": multitask_recipe.plan,
    "singletask": multitask_recipe.singletask_plan,
}
"""Kind of a study's model → its phases."""


def plan_of(model: ImageModel, tasks: Mapping[str, Task], seed: int) -> Plan:
    """The phases in which a model is trained.

    Args:
        model: settings.
        tasks: those that it learns, in the order of the label columns.
        seed: of every draw.
    """
    plan = RECIPES[model.kind](model, tuple(tasks), seed)
    if not model.joint_likelihood_weight:
        return plan
    settings = replace(
        plan.settings, joint_likelihood_weight=model.joint_likelihood_weight, combinations=combinations_of(tasks)
    )
    return replace(plan, settings=settings)
