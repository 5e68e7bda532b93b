"""The labels of a fraction of the patients, so that training on few labels can be compared with many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.cohort.table import labels_in, without_labels

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task


def keep_labels(
    cases: pd.DataFrame, share: float, seed: int, tasks: Mapping[str, Task], at_least: int = 1
) -> pd.DataFrame:
    """A centre's cases with the labels of a share of its labelled patients; the others have none.

    A patient's cases keep their labels together. Patients are drawn evenly along an order of their labels, so every
    combination keeps about its share, and the whole keeps the share to within one patient; where a class of a task
    has fewer than `at_least` patients then, more are kept.

    Args:
        cases: the case table of one centre.
        share: of the labelled patients, in (0, 1].
        seed: of the draw; the order of the rows decides nothing.
        tasks: tasks whose classes are to be kept.
        at_least: patients of each class that keep their label, as far as there are so many.
    """
    labels = list(labels_in(cases))
    labelled = cases[(cases[labels].fillna("") != "").any(axis=1)]
    texts: dict[str, set[str]] = {}
    for patient, *values in labelled[["patient_id", *labels]].itertuples(index=False):
        texts.setdefault(str(patient), set()).add("|".join(map(str, values)))
    patients = sorted(texts)
    generator = np.random.default_rng(seed)
    chance = generator.permutation(len(patients)).tolist()
    # Labels first, chance within equal ones.
    order = sorted(range(len(patients)), key=lambda i: (sorted(texts[patients[i]]), chance[i]))
    steps = np.floor(np.arange(len(order) + 1) * share + generator.random())
    kept = np.zeros(len(order), dtype=bool)
    kept[np.array(order, dtype=np.int64)[np.diff(steps) > 0]] = True
    for task in tasks.values():
        values_of = labelled[task.label].map(task.encode)
        for index in range(len(task.classes)):
            mine = np.isin(patients, labelled.loc[values_of == index, "patient_id"].to_numpy(dtype=str))
            _keep_more(kept, generator.permutation(np.flatnonzero(mine)), at_least)
    hidden = labelled[~labelled["patient_id"].isin(np.array(patients, dtype=object)[kept])].index
    result = cases.copy()
    result.loc[hidden] = without_labels(cases.loc[hidden])
    return result


def hidden_labels(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The labels that were taken away between two states of a case table, to count how many are found again.

    Returns:
        One row per case that lost labels: `center`, `case_id`, the label columns and `<label>_source`, "" where nothing
        was hidden.
    """
    labels = labels_in(before)
    columns = [*labels, *(f"{label}_source" for label in labels)]
    lost = before[columns].where(before[columns].ne(after[columns]), "")
    rows = (lost != "").any(axis=1)
    return pd.concat([before.loc[rows, ["center", "case_id"]], lost[rows]], axis=1).reset_index(drop=True)


def with_hidden_labels(cases: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """A case table with hidden labels put back, and their cases marked: for evaluation, never for a fit.

    Args:
        cases: the case tables, as models are trained on them.
        hidden: rows of `hidden_labels`; empty where nothing was hidden.

    Returns:
        The cases in their order with the further column `hidden` (bool). Metrics of cases that a model was validated
        on leave those out; metrics of a centre that a model was tested on count them.

    Raises:
        ValueError: a hidden label is of a case that is not among the cases.
    """
    if hidden.empty:
        return cases.assign(hidden=False)
    key = ["center", "case_id"]
    at = pd.MultiIndex.from_frame(cases[key]).get_indexer(pd.MultiIndex.from_frame(hidden[key]))
    if (at < 0).any():
        first = hidden[at < 0].iloc[0]
        raise ValueError(f"hidden labels: case {first['case_id']} of centre {first['center']} is not among the cases")
    labels = [column for column in hidden if column not in key]
    index = cases.index[at]
    lost, result = hidden[labels].set_axis(index), cases.assign(hidden=cases.index.isin(index))
    result.loc[index, labels] = lost.where(lost != "", cases.loc[index, labels])
    return result


def _keep_more(kept: NDArray[np.bool_], members: NDArray[np.int64], at_least: int) -> None:
    missing = at_least - int(kept[members].sum())
    if missing > 0:
        kept[members[~kept[members]][:missing]] = True
