"""The names of folds: light enough to be imported wherever a workflow is parsed."""

from __future__ import annotations

from collections.abc import Sequence

REFIT = "all"
"""The fold in which every case teaches and none validates."""


def fold_id(transfer: str, fold: int | str, transfers: Sequence[str]) -> str:
    """`"0"` or `"all"`; in a study of several transfers, `"<transfer>.0"`, so that each id names one fit."""
    return str(fold) if len(transfers) == 1 else f"{transfer}.{fold}"


def fold_ids(transfer: str, folds: int, transfers: Sequence[str]) -> list[str]:
    """The folds of a transfer in order, the refit last."""
    return [fold_id(transfer, fold, transfers) for fold in (*range(folds), REFIT)]
