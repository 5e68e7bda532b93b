"""The recipe of a model: its phases of training, by the model's kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from gliomanet.labels.joint_decoding import combinations_of
from gliomanet.model_kinds import KINDS, load

if TYPE_CHECKING:
    from gliomanet.config.models import ImageModel
    from gliomanet.labels.tasks import Task
    from gliomanet.training.recipes.phase import Plan


def plan_of(model: ImageModel, tasks: Mapping[str, Task], seed: int) -> Plan:
    """The phases in which a model is trained.

    Args:
        model: settings.
        tasks: those that it learns, in the order of the label columns.
        seed: of every draw.
    """
    plan: Plan = load(KINDS[model.kind].training)(model, tuple(tasks), seed)
    if not model.joint_likelihood_weight:
        return plan
    settings = replace(
        plan.settings, joint_likelihood_weight=model.joint_likelihood_weight, combinations=combinations_of(tasks)
    )
    return replace(plan, settings=settings)
