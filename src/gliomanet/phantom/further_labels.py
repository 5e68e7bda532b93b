"""Further labels of phantom patients: drawn by lot, so that nothing in the images goes with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.phantom.ids import case_ids
from gliomanet.phantom.seeds import generator

if TYPE_CHECKING:
    from gliomanet.config.sources import PhantomSource


def with_further_labels(
    cases: pd.DataFrame, labels: Mapping[str, Sequence[str]], center_id: str, source: PhantomSource, seed: int
) -> pd.DataFrame:
    """A phantom centre's case table with further labels, each value equally likely and independent of everything else.

    No signal is planted: a model that seems to predict such a label fools itself. They are drawn when the table is
    read, not when the patients are simulated, so that naming a label makes no image anew.

    Args:
        cases: The centre's case table, one row per case, with the columns `<label>`, `<label>_source`, `<label>_raw`.
        labels: Further label → its values.
        center_id: The centre's key in the study.
        source: Its number of cases, and the rate at which labels are unknown.
        seed: The study's seed; a case's values depend on it, the centre, the case and the label alone.
    """
    index_of = {case: index for index, case in enumerate(case_ids(center_id, source), start=1)}
    drawn = cases.copy()
    for label, values in labels.items():
        dealt = [_deal(label, values, center_id, index_of[case], seed) for case in drawn["case_id"]]
        cells = ["" if chance < source.missing_labels else value for value, chance in dealt]
        drawn[label] = drawn[f"{label}_raw"] = cells
        drawn[f"{label}_source"] = ["measured" if cell else "" for cell in cells]
    return drawn


def true_further_labels(
    labels: Mapping[str, Sequence[str]], center_id: str, source: PhantomSource, seed: int
) -> dict[str, list[str]]:
    """The values of every case of a centre, in the order of `case_ids`: before any is left out of the case table.

    Args:
        labels: Further label → its values.
        center_id: The centre's key in the study.
        source: Its number of cases.
        seed: The study's seed, as `with_further_labels` is given it.
    """
    indices = range(1, source.cases + 1)
    return {
        label: [_deal(label, values, center_id, index, seed)[0] for index in indices]
        for label, values in labels.items()
    }


def _deal(label: str, values: Sequence[str], center_id: str, index: int, seed: int) -> tuple[str, float]:
    """A case's value, and the lot in [0, 1) that decides whether it is known."""
    rng = generator(seed, center_id, index, f"label {label}")
    return values[int(rng.integers(len(values)))], float(rng.random())
