"""The kinds of models, and the code of each: a new network is its file, its settings, and a line here.

Code is named as text and imported on use (`load`), so that a job loads its own kind's code only, and its code's digest
counts that code only (`modules_of`): an edit of one network repeats that network's jobs and no other model's. The text
itself is counted with the code that it names, so this file is left out of the digests: a line more repeats nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

Use = Literal["training", "prediction", "explanation"]


@dataclass(frozen=True)
class Kind:
    """The code of one kind of models: references `module` or `module:name`.

    Attributes:
        training: its recipe (image networks: a function that gives the phases), or its fit (models on features).
        network: its network's class; "" where it has none.
        prediction: the module that predicts with a trained model.
        explanation: the function that explains its inputs; "" where they are images.
    """

    training: str
    network: str = ""
    prediction: str = "gliomanet.prediction.tabular"
    explanation: str = ""

    def references(self, use: Use) -> tuple[str, ...]:
        """Code that a job of this kind runs beside what all kinds share."""
        return tuple(filter(None, (self.network, getattr(self, use))))


def _on_images(network: str, recipe: str = "gliomanet.training.recipes.multitask:plan") -> Kind:
    return Kind(recipe, network, "gliomanet.prediction.image")


IMAGE_KINDS: dict[str, Kind] = {
    "cmtlnet": _on_images("gliomanet.networks.cmtlnet:CMTLNet", "gliomanet.training.recipes.cmtlnet:plan"),
    "gmmas": _on_images("gliomanet.networks.gmmas:GMMAS", "gliomanet.training.recipes.gmmas:plan"),
    "mttunet": _on_images("gliomanet.networks.mttunet:MTTUNet"),
    "psnet": _on_images("gliomanet.networks.psnet:PSNet"),
    "singletask": _on_images(
        "gliomanet.networks.singletask:SingleTaskNet", "gliomanet.training.recipes.multitask:singletask_plan"
    ),
}
"""Kinds that take images; all tasks in one phase is the recipe of those that name no other."""

KINDS: dict[str, Kind] = {
    **IMAGE_KINDS,
    "tabular_net": Kind(
        "gliomanet.training.tabular_net",
        "gliomanet.networks.tabular:TabularNet",
        "gliomanet.prediction.tabular_net",
        "gliomanet.explanation.explainers.gradient:explain",
    ),
    "logistic": Kind("gliomanet.training.logistic", explanation="gliomanet.explanation.explainers.linear:explain"),
    "extra_trees": Kind("gliomanet.training.extra_trees", explanation="gliomanet.explanation.explainers.trees:explain"),
    "stack": Kind("gliomanet.training.stack"),
}
"""Every kind of a study's `models`."""


def load(reference: str) -> Any:
    """The module that a reference names, or the name in it."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name) if name else import_module(module)


def modules_of(kind: str, use: Use) -> tuple[str, ...]:
    """The references of the code that jobs of a kind load on use, for `code_digest.source_digest`.

    Args:
        kind: of a study's model.
        use: what the job does with the model.
    """
    return KINDS[kind].references(use)
