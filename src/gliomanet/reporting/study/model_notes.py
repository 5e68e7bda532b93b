"""Notes on trained models that a reader of their metrics must know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from gliomanet.audit.rules.columns import Identical, identical_columns
from gliomanet.models.artifact import (
    ImageModelDescription,
    MissingModalities,
    ModelDescription,
    TabularModelDescription,
)

NYUL = "Its modalities are mapped to a common histogram, learnt from each fold's training cases."
RATIO_MAPS = "Beside its modalities it sees ratio maps inside the brain: {}."
CROPS = {
    "segmentation": "It looks at a crop around the tumour, which it finds in a first pass over the whole grid.",
    "mask": "It looks at a crop around the case's own tumour mask: its predictions need one, and where it segments it "
    "was told where to look.",
}
TUMOUR_CUTMIX = "At a rate of {:g} training cases got another's tumour (Tumor-CutMix), their labels mixed by volume."
STACK = "Its weights for {} (fold {}), in the last class's logit for one standard deviation of an input: {}."
"""Of the stack's fit on the validation cases of all folds, which predicts external cases."""
CLINICAL = "It takes {} beside the images; they were taken away from training cases at a rate of {:g}."
JOINT_LIKELIHOOD = "It was trained with the joint likelihood (weight {:g}): read its joint decoding."


def model_notes(models: Iterable[ModelDescription]) -> list[tuple[str, str]]:
    """Model and sentence: how its data were harmonised, how it learnt to do without modalities, and how to read it.

    Each sentence comes once per model.

    Args:
        models: descriptions of every trained model.
    """
    found: dict[tuple[str, str], None] = {}
    for described in models:
        model = described.model
        if isinstance(described, TabularModelDescription) and described.harmonization.method == "combat":
            found[model, described.harmonization.note] = None
        if isinstance(described, TabularModelDescription) and described.fold.endswith("all"):
            for task, weights in described.weights.items():
                told = ", ".join(f"{name} {weight:+.2f}" for name, weight in weights.items())
                found[model, STACK.format(task, described.fold, told)] = None
        if isinstance(described, ImageModelDescription):
            if described.input.intensities == "nyul":
                found[model, NYUL] = None
            if described.input.crop_from is not None:
                found[model, CROPS[described.input.crop_from]] = None
            if described.input.ratio_maps:
                found[model, RATIO_MAPS.format(", ".join(described.input.ratio_maps))] = None
            if described.tumour_cutmix:
                found[model, TUMOUR_CUTMIX.format(described.tumour_cutmix)] = None
            if taken := described.clinical:
                found[model, CLINICAL.format(" and ".join(taken.standards), taken.dropout)] = None
            if note := _missing_modalities(described.missing_modalities):
                found[model, note] = None
        if weight := described.joint_likelihood_weight:
            found[model, JOINT_LIKELIHOOD.format(weight)] = None
    return list(found)


def _missing_modalities(learnt: MissingModalities) -> str:
    """Say how a network learnt to do without modalities; empty where it did not."""
    if not learnt.modality_dropout:
        return ""
    weights = {
        "self-distillation from the whole case": learnt.distillation_weight,
        "contrastive learning across subsets": learnt.contrastive_weight,
    }
    beside = [f"{words} (weight {weight:g})" for words, weight in weights.items() if weight]
    dropped = f"It learnt to do without modalities: each was taken away at a rate of {learnt.modality_dropout:g}"
    return f"{dropped}{', with ' if beside else ''}{' and '.join(beside)}."


_RUN = ["stage", "scenario", "role"]


def identical_task_notes(predictions: Mapping[str, pd.DataFrame]) -> list[tuple[str, str]]:
    """Model and sentence: two tasks that have identical probabilities, each pair once per model.

    Args:
        predictions: model → its rows of `results/predictions/`; validation rows and external `ensemble` rows are read,
            of each task the raw probability of the last class named.
    """
    return [(model, sentence) for model, rows in predictions.items() for sentence in _sentences(rows)]


def _sentences(rows: pd.DataFrame) -> Iterator[str]:
    external = (rows["role"] == "external") & (rows["fold"].astype(str) == "ensemble")
    used = rows[external | (rows["role"] == "validation")]
    found: dict[tuple[str, str], list[tuple[Identical, str]]] = {}
    for (stage, scenario, role), run in used.groupby(_RUN, sort=True):
        # One probability per task: of two classes the other one says the same. Before calibration, whose temperatures
        # differ where the columns differ by as little as one unknown label.
        last = run.drop_duplicates(["center", "case_id", "task"], keep="last")
        table = last.pivot_table(index=["center", "case_id"], columns="task", values="raw_probability").reset_index()
        for pair in identical_columns(table, sorted(last["task"].unique())):
            where = f"{role} cases of scenario {scenario}, stage {stage}"
            found.setdefault((pair.first, pair.second), []).append((pair, where))
    for (first, second), places in found.items():
        pair, where = max(places, key=lambda place: place[0].cases)
        yield (
            f"Its probabilities of {first} and {second} are identical for all {pair.cases} {where}; check that the two "
            "tasks were not read from one label column."
        )
