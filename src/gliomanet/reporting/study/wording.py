"""Words for what a study's configuration names: kinds of models, stages of training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gliomanet.reporting.format import listing, stage_name
from gliomanet.stages import SUPERVISED, stage_of_round

KIND_NAMES = {
    "cmtlnet": "CMTLNet on images",
    "gmmas": "GMMAS's network on images",
    "mttunet": "MTTU-Net on images",
    "psnet": "PS-Net on images",
    "singletask": "one task on images, with CMTLNet's encoder",
    "tabular_net": "multi-task network on features",
    "logistic": "logistic regression on features",
    "extra_trees": "extremely randomised trees on features",
    "stack": "logistic regression on what other models say",
}


def kind_name(kind: str) -> str:
    """`logistic` → `logistic regression on features`; a kind without words as it is."""
    return KIND_NAMES.get(kind, kind)


def inputs_of(model: Mapping[str, Any]) -> tuple[str, ...]:
    """The inputs that a study's configuration names for a model: of the patient, the images or other models.

    Another model is told from an input that it may be named like: `age's answers`, `age`.
    """
    members = (f"{member}'s answers" for member in model.get("members", ()))
    return (*(model.get("inputs") or model.get("modalities") or ()), *members, *model.get("clinical", ()))


def external_predictions(models: Mapping[str, Mapping[str, Any]]) -> str:
    """Say how the folds' fits of a study's models become one prediction of an external case."""
    refit = [name for name, model in models.items() if model.get("refit")]
    stacks = [name for name, model in models.items() if model["kind"] == "stack"]
    mean = [name for name in models if name not in (*refit, *stacks)]
    how = [f"of {listing(mean)} are the mean of the folds' probabilities"] * bool(mean)
    how += [f"of {listing(refit)} come from one fit on all training cases"] * bool(refit)
    on_members = "one fit on what the members said of their validation cases, and the mean of their folds' log-odds"
    how += [f"of {listing(stacks)} come from {on_members}"] * bool(stacks)
    return f"External predictions {'; those '.join(how)}"


def stages_phrase(study: Mapping[str, Any]) -> list[str]:
    """Name the stages of a study's models, each round of pseudo-labels by itself."""
    names = {stage for model in study["models"].values() for stage in model["stages"]}
    rounds = [stage_of_round(n) for n in range(1, len(study["pseudo_labels"]["rounds"]) + 1)]
    stages = [SUPERVISED, *(rounds if names - {SUPERVISED} else [])]
    return [stage_name(stage) for stage in stages]
