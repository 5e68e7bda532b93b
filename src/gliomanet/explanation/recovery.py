"""Recovery of what was planted in a phantom study by the biomarkers that were found."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.tables.cohort import PHANTOM_TRUTH
from gliomanet.tables.explanation import RECOVERY

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task

_TRUTH = [name for name in PHANTOM_TRUTH.names() if name != "why"]
_UP, _DOWN = ("+", "up", "higher", "positive", "increase"), ("-", "−", "down", "lower", "negative", "decrease")


def recovery(biomarkers: pd.DataFrame, truth: pd.DataFrame, tasks: Mapping[str, Task] = DEFAULT_TASKS) -> pd.DataFrame:
    """Compare kept biomarkers with planted features.

    Args:
        biomarkers: the table of `gliomanet.explanation.biomarkers`.
        truth: feature (exact, or a pattern such as `t1c_firstorder_*`), region (empty = any), label, direction of the
            label's last class (a number's sign, or higher / lower; empty = any), kind {signal, shortcut}, center.
        tasks: the study's tasks; a truth row belongs to every task of its label.

    Returns:
        One row per scenario and task: counts; precision = kept features that are a planted signal in its direction, of
        those kept; recall = signals found, of those planted; shortcut_rejection = shortcuts that no kept feature
        matches, of those that a linked one matches: what was never a candidate was not rejected. A share of nothing is
        empty, and so is the number of rejected shortcuts where none was a candidate, with a note. A table without a
        row gives rows of an empty scenario, with a recall of zero.

    Raises:
        ValueError: the truth lacks a column, or holds a kind or a direction that is not known.
    """
    absent = [column for column in _TRUTH if column not in truth]
    if absent:
        raise ValueError(f"truth: lacks the columns {', '.join(absent)}; found: {', '.join(map(str, truth))}")
    unknown = sorted(set(truth["kind"].astype(str)) - {"signal", "shortcut"})
    if unknown:
        raise ValueError(f"truth: kind {unknown[0]!r}; allowed: signal, shortcut")
    planted = [
        {name: "" if pd.isna(row[name]) else str(row[name]) for name in _TRUTH} for row in truth.to_dict("records")
    ]
    for row in planted:
        row["sign"] = _sign(row["direction"])
    rows = []
    # A study that links nothing found nothing: leaving it out would flatter the mean over studies.
    for scenario in biomarkers["scenario"].unique() if len(biomarkers) else [""]:
        for name, task in tasks.items():
            here = biomarkers[(biomarkers["scenario"] == scenario) & (biomarkers["task"] == name)]
            linked = here[["region", "feature"]].to_dict("records")
            kept = here.loc[here["status"] == "kept", ["region", "feature", "summary"]].to_dict("records")
            signals = [row for row in planted if row["label"] == task.label and row["kind"] == "signal"]
            shortcuts = [row for row in planted if row["label"] == task.label and row["kind"] == "shortcut"]
            true = sum(any(_matches(k, s) and _agrees(k, s) for s in signals) for k in kept)
            found = sum(any(_matches(k, s) and _agrees(k, s) for k in kept) for s in signals)
            candidates = [s for s in shortcuts if any(_matches(row, s) for row in linked)]
            rejected = sum(not any(_matches(k, s) for k in kept) for s in candidates)
            counts = (len(linked), len(kept), len(signals), found, len(shortcuts), len(candidates))
            shares = (_share(true, len(kept)), _share(found, len(signals)), _share(rejected, len(candidates)))
            note = _note(len(linked), len(shortcuts), len(candidates))
            rows.append((scenario, name, *counts, rejected if candidates else pd.NA, *shares, note))
    table = pd.DataFrame(rows, columns=[name for name in RECOVERY.names() if name != "model"])
    return table.astype({"shortcuts_rejected": "Int64"})


def _note(linked: int, shortcuts: int, candidates: int) -> str:
    """The reason why no shortcut counts as rejected, where none does."""
    if not linked:
        return "no radiomic feature was linked to a deep feature: none could be kept or rejected"
    if shortcuts and not candidates:
        return "no shortcut was linked to a deep feature: none could be rejected"
    return ""


def _matches(found: Mapping[Any, Any], planted: Mapping[str, str]) -> bool:
    return fnmatchcase(found["feature"], planted["feature"]) and planted["region"] in ("", found["region"])


def _agrees(kept: Mapping[Any, Any], planted: Mapping[str, str]) -> bool:
    return planted["sign"] in ("", "+" if kept["summary"] > 0 else "-")


def _sign(direction: str) -> str:
    word = direction.strip().lower()
    if word in ("", *_UP, *_DOWN):
        return "" if not word else "+" if word in _UP else "-"
    try:
        number = float(word)
    except ValueError:
        raise ValueError(f"truth: direction {direction!r}; allowed: a number, {', '.join((*_UP, *_DOWN))}") from None
    return "+" if number > 0 else "-" if number < 0 else ""


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float(np.nan)
