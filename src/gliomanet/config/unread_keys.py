"""Keys of a model that nothing reads beside its other keys: refused where somebody wrote them.

Here and not in the models' own validators, because a job's parameters hold every key with its default.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gliomanet.config.feature_models import ClassifierModel, FeatureModel, LogisticModel
from gliomanet.config.image_model import ImageModel
from gliomanet.config.image_models import GmmasModel, MultitaskModel
from gliomanet.config.models import Model
from gliomanet.errors import Problem

CLINICAL = {"age", "sex"}
"""Inputs that no penalty and no harmonisation touches."""


@dataclass(frozen=True)
class _Unread:
    """Keys that a model does not read, the reason, and the way to have them read.

    `asks_nothing`: values that say what happens anyway, and may stand.
    """

    keys: tuple[str, ...]
    why: str
    remedy: str
    asks_nothing: tuple[Any, ...] = field(default=())


def unread_key_problems(model: Model) -> list[Problem]:
    """Problems of the keys that somebody gave a model, and that nothing reads."""
    given = _given(model)
    unread = _of_image_model(model) if isinstance(model, ImageModel) else _of_feature_model(model)
    return [
        Problem(f"is given, and {each.why}", f"{each.remedy}, or leave it out", key=key, rule="key_not_read")
        for each in unread
        for key in each.keys
        if key in given and getattr(model, key) not in each.asks_nothing
    ]


def _given(model: Model) -> set[str]:
    """The keys that somebody wrote.

    Of a study that a job was handed, which has every key, those that are not at their defaults.
    """
    keys = type(model).model_fields
    if model.model_fields_set < keys.keys():
        return model.model_fields_set
    return {key for key, each in keys.items() if getattr(model, key) != each.get_default(call_default_factory=True)}


def _of_image_model(model: ImageModel) -> Iterator[_Unread]:
    if model.crop == "centre":
        yield _Unread(("crop_from",), "crop is centre", "set crop: tumour")
    if model.schedule != "plateau":
        plateau = ("plateau_factor", "plateau_patience", "plateau_floor")
        yield _Unread(plateau, f"schedule is {model.schedule}", "set schedule: plateau")
    if not model.clinical:
        yield _Unread(("clinical_dropout",), "clinical is empty", "set clinical ([age, sex], say)", (0,))
    if not model.tumour_cutmix:
        yield _Unread(("tumour_cutmix_tasks",), "tumour_cutmix is 0", "set tumour_cutmix (0.5, say)", (None,))
    if not model.distillation_weight:
        yield _Unread(("distillation_temperature",), "distillation_weight is 0", "set distillation_weight")
    if len(model.modalities) == 1:
        only = f"of modalities there is only {model.modalities[0]}, which cannot be taken away"
        yield _Unread(("modality_dropout",), only, "name two at least", (0,))
    if isinstance(model, MultitaskModel) and model.weighting != "fixed":
        yield _Unread(("task_weights",), f"weighting is {model.weighting}", "set weighting: fixed", ({},))
    if isinstance(model, GmmasModel) and not model.pretraining_epochs:
        head = ("pretraining_learning_rate", "pretraining_weight_decay")
        yield _Unread(head, "pretraining_epochs is 0", "set pretraining_epochs")


def _of_feature_model(model: Model) -> Iterator[_Unread]:
    if not isinstance(model, FeatureModel) or set(model.inputs) - CLINICAL:
        return
    only = f"its only inputs are {' and '.join(model.inputs)}"
    yield _Unread(("harmonization",), f"{only}, which it does not change", "add radiomic inputs", ("none",))
    chained = isinstance(model, ClassifierModel) and model.classifier_chain != "none"
    if isinstance(model, LogisticModel) and not chained:
        yield _Unread(("C",), f"{only}, which the penalty spares", "add radiomic inputs")
