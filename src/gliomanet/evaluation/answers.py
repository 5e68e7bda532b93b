"""Answers of a model with its doubts: the class it calls, the classes it cannot rule out, how unsure it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.evaluation.predictions import GROUP, Scored, evaluated_rows, score, text
from gliomanet.evaluation.resampling import Resampling, names_of
from gliomanet.evaluation.rows import LEAVE_ONE_CENTER_OUT, Row
from gliomanet.labels.decision import called_class
from gliomanet.tables.columns import HELD_OUT
from gliomanet.uncertainty.probabilities import entropy

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]

SPREADS = ("fold_std", "pass_std")
"""Columns of predictions that say how unsure a model is, beside the entropy of what it says."""


@dataclass(frozen=True)
class Answers:
    """One model's answers to one task.

    Attributes:
        names: model, stage, scenario, role and task.
        rows: index into the cases (cases,), ascending.
        called: class index that is called (cases,), see `gliomanet.labels.decision`.
        sets: True where a class is in the case's prediction set (cases, classes); None: predictions without sets.
        doubt: column of the predictions → how unsure the model is (cases,); `uncertainty` always.
    """

    names: Row
    rows: Integers
    called: Integers
    sets: Truths | None
    doubt: Mapping[str, Floats]

    def of(self, chosen: Truths) -> Answers:
        """The answers to some of the cases."""
        return replace(
            self,
            rows=self.rows[chosen],
            called=self.called[chosen],
            sets=None if self.sets is None else self.sets[chosen],
            doubt={name: values[chosen] for name, values in self.doubt.items()},
        )


def answers_of(study: Resampling, predictions: pd.DataFrame) -> list[Answers]:
    """Answers of validation cases, and of the ensembles' external cases.

    Centres that leave-one-centre-out holds out are answered together once more, each by the fits that never saw it, as
    the scenario `leave-one-center-out`.

    Args:
        study: the cases and the tasks.
        predictions: rows of `results/predictions/`, of any number of models; without sets and without the columns of
            `SPREADS` there are none of these.

    Raises:
        ValueError: predictions and cases do not fit each other, see `gliomanet.evaluation.predictions.score`.
    """
    scored = score(predictions, study.cases, study.tasks)
    used = evaluated_rows(predictions)
    places = used.groupby(GROUP).indices
    answers = []
    for member in scored:
        names = names_of(member)
        mine = used.iloc[places[tuple(names[key] for key in GROUP)]]
        answers.append(_answers(study, member, names, mine))
    return answers + list(_held_out(study, answers))


def _answers(study: Resampling, member: Scored, names: Row, rows: pd.DataFrame) -> Answers:
    called = called_class(member.probability)
    doubt = {"uncertainty": np.array([entropy(of_case) for of_case in member.probability.tolist()])}
    for name in SPREADS:
        if name in rows and rows[name].notna().all():
            spread = _cells(study, member, rows, name).astype(np.float64)
            doubt[name] = spread[np.arange(called.size), called]
    with_sets = "in_set" in rows and (rows["in_set"] != "").all()
    sets = _cells(study, member, rows, "in_set") == "yes" if with_sets else None
    return Answers(names, member.rows, called, sets, doubt)


def _cells(study: Resampling, member: Scored, rows: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """A column of the predictions as (cases, classes), in the member's order."""
    keyed = pd.Series(
        rows[column].to_numpy(dtype=object),
        index=pd.MultiIndex.from_arrays([text(rows["center"]), text(rows["case_id"]), text(rows["class"])]),
    )
    center, case = (np.char.array(of[member.rows]) for of in (study.cases.center, study.cases.case_id))
    classes = study.tasks[member.task].class_names
    columns = [
        keyed.reindex(pd.MultiIndex.from_arrays([center, case, np.full(member.rows.size, name)])).to_numpy(dtype=object)
        for name in classes
    ]
    return np.stack(columns, axis=1)


def _held_out(study: Resampling, answers: list[Answers]) -> Iterator[Answers]:
    """Each model's answers on centres X by its scenarios `without-X`, where there are two at least."""
    parts: dict[tuple[str, str, str], list[Answers]] = {}
    for one in answers:
        mine = np.char.add(HELD_OUT, study.cases.center[one.rows]) == one.names["scenario"]
        if one.names["role"] == "external" and mine.any():
            key = (one.names["model"], one.names["stage"], one.names["task"])
            parts.setdefault(key, []).append(one.of(mine))
    return (_together(found) for found in parts.values() if len(found) > 1)


def _together(parts: list[Answers]) -> Answers:
    """Answers to different cases as those of one model."""
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows)
    doubts = [name for name in parts[0].doubt if all(name in part.doubt for part in parts)]
    sets = [part.sets for part in parts if part.sets is not None]
    return Answers(
        parts[0].names | {"scenario": LEAVE_ONE_CENTER_OUT},
        rows[order],
        np.concatenate([part.called for part in parts])[order],
        np.concatenate(sets)[order] if len(sets) == len(parts) else None,
        {name: np.concatenate([part.doubt[name] for part in parts])[order] for name in doubts},
    )
