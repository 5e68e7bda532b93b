"""What the trained models say of themselves that a reader of their figures must know."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

NYUL = "Its contrasts are mapped to a common histogram, learnt from each fold's training cases."


def model_notes(files: Sequence[Path]) -> list[tuple[str, str]]:
    """Model and sentence: how features or intensities were harmonised, each sentence once a model.

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
    return list(found)
