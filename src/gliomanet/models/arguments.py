"""Arguments of a model's network and values of its training job, from the model's settings.

The configuration holds values only and is no part of the code's digest; what decides a job's result from them is here,
where an edit repeats the jobs that it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from gliomanet.config.image_model import ImageModel
from gliomanet.config.image_models import CmtlnetModel, MultitaskModel, SingletaskModel

if TYPE_CHECKING:
    from gliomanet.config.models import Model

_Task = TypeVar("_Task")


def tasks_of(model: ImageModel | Model, tasks: Mapping[str, _Task]) -> dict[str, _Task]:
    """Those of the study's tasks that a model learns, predicts and is explained by, in the study's order."""
    asked = model.tasks if isinstance(model, ImageModel) else None
    return {name: task for name, task in tasks.items() if asked is None or name in asked}


def training_values(model: ImageModel) -> dict[str, Any]:
    """Plain values of the keys that training depends on: the settings a training job gets, and is repeated for."""
    return model.model_dump(mode="json", exclude={"test_time_augmentation"})


def network_arguments(model: ImageModel, classes: Mapping[str, int]) -> dict[str, Any]:
    """Arguments of an image model's network (`networks.build`), to which a ratio map is one modality more.

    Args:
        model: settings.
        classes: task → number of classes, of the tasks that the model learns.
    """
    arguments = {
        "n_modalities": len(model.modalities) + len(model.ratio_maps),
        "tasks": dict(classes),
        "preset": model.preset,
        "dropout": model.dropout,
    }
    if isinstance(model, MultitaskModel):
        arguments["segmentation"] = model.segmentation
    if isinstance(model, CmtlnetModel | SingletaskModel):
        arguments["feature_dropout"] = model.feature_dropout
    if model.clinical:
        arguments["clinical"] = len(model.clinical)
    return arguments
