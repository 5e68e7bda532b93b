"""Tasks that a model predicts alike: what a label column read twice looks like in the predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from gliomanet.cohort.audit.columns import Identical, identical_columns

_RUN = ["stage", "transfer", "role"]


def identical_task_notes(predictions: Mapping[str, pd.DataFrame]) -> list[tuple[str, str]]:
    """Model and sentence: which two tasks have identical probabilities, each pair once a model.

    Args:
        predictions: model → its rows of `results/predictions/`; validation rows and external `ensemble` rows are read,
            of each task the raw probability of the last class named.
    """
    return [(model, sentence) for model, rows in predictions.items() for sentence in _sentences(rows)]


def _sentences(rows: pd.DataFrame) -> Iterator[str]:
    external = (rows["role"] == "external") & (rows["fold"].astype(str) == "ensemble")
    used = rows[external | (rows["role"] == "validation")]
    found: dict[tuple[str, str], list[tuple[Identical, str]]] = {}
    for (stage, transfer, role), run in used.groupby(_RUN, sort=True):
        # One probability a task: of two classes the other one says the same. Before calibration, whose temperatures
        # differ where the columns differ by as little as one unknown label.
        last = run.drop_duplicates(["center", "case_id", "task"], keep="last")
        table = last.pivot_table(index=["center", "case_id"], columns="task", values="raw_probability").reset_index()
        for pair in identical_columns(table, sorted(last["task"].unique())):
            where = f"{role} cases of transfer {transfer}, stage {stage}"
            found.setdefault((pair.first, pair.second), []).append((pair, where))
    for (first, second), places in found.items():
        pair, where = max(places, key=lambda place: place[0].cases)
        yield (
            f"Its probabilities of {first} and {second} are identical for all {pair.cases} {where}; check that the two "
            "tasks were not read from one label column."
        )
