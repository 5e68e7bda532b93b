"""What the trained models say of themselves that a reader of their figures must know."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

NYUL = "Its contrasts are mapped to a common histogram, learnt from each fold's training cases."


def model_notes(files: Sequence[Path]) -> list[tuple[str, str]]:
    """Model and sentence: how its data were harmonised, how it learnt to do without contrasts, and how to read it.

    Each sentence comes once a model.

    Args:
        files: every `results/models/<model>/<stage>/fold<k>/model.json`.
    """
    found: dict[tuple[str, str], None] = {}
    for path in files:
        model, content = path.parts[-4], json.loads(path.read_text(encoding="utf-8"))
        if note := content.get("harmonization", {}).get("note"):
            found[model, note] = None
        if content.get("input", {}).get("intensities") == "nyul":
            found[model, NYUL] = None
        if note := _missing_contrasts(content.get("missing_contrasts", {})):
            found[model, note] = None
        if weight := content.get("joint_likelihood"):
            found[model, f"It was trained with the joint likelihood (weight {weight:g}): read its joint decoding."] = (
                None
            )
    return list(found)


def _missing_contrasts(weights: Mapping[str, float]) -> str:
    """How a network learnt to do without contrasts, from what its `model.json` says of it; empty where it did not."""
    if not weights.get("modality_dropout"):
        return ""
    named = {"distillation": "self-distillation from the whole case", "contrast": "contrastive learning across subsets"}
    beside = [f"{words} (weight {weights[key]:g})" for key, words in named.items() if weights.get(key)]
    dropped = f"It learnt to do without contrasts: each was taken away at a rate of {weights['modality_dropout']:g}"
    return f"{dropped}{', with ' if beside else ''}{' and '.join(beside)}."
