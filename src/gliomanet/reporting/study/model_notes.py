"""Notes on trained models that a reader of their metrics must know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from gliomanet.audit.rules.columns import Identical, identical_columns

NYUL = "Its modalities are mapped to a common histogram, learnt from each fold's training cases."
JOINT_LIKELIHOOD = "It was trained with the joint likelihood (weight {:g}): read its joint decoding."


def model_notes(models: Iterable[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """Model and sentence: how its data were harmonised, how it learnt to do without modalities, and how to read it.

    Each sentence comes once per model.

    Args:
        models: (model, `model.json`) of every trained model.
    """
    found: dict[tuple[str, str], None] = {}
    for model, description in models:
        if note := description.get("harmonization", {}).get("note"):
            found[model, note] = None
        if description.get("input", {}).get("intensities") == "nyul":
            found[model, NYUL] = None
        if note := _missing_modalities(description.get("missing_modalities", {})):
            found[model, note] = None
        if weight := description.get("joint_likelihood_weight"):
            found[model, JOINT_LIKELIHOOD.format(weight)] = None
    return list(found)


def _missing_modalities(weights: Mapping[str, float]) -> str:
    """Say how a network learnt to do without modalities, from its `model.json`; empty where it did not."""
    if not weights.get("modality_dropout"):
        return ""
    named = {
        "distillation_weight": "self-distillation from the whole case",
        "contrastive_weight": "contrastive learning across subsets",
    }
    beside = [f"{words} (weight {weights[key]:g})" for key, words in named.items() if weights.get(key)]
    dropped = f"It learnt to do without modalities: each was taken away at a rate of {weights['modality_dropout']:g}"
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
