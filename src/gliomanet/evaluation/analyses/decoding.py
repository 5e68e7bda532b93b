"""Effect of WHO-consistent joint decoding: every model's decisions without it and with it, drawn together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gliomanet.evaluation.analyses.contradictions import METRICS, answered_together
from gliomanet.evaluation.metrics.classification import Floats, Integers, matthews
from gliomanet.evaluation.predictions import Scored
from gliomanet.evaluation.resampling import Resampling, names_of
from gliomanet.evaluation.rows import JOINT, LEAVE_ONE_CENTER_OUT, POOLED, Row
from gliomanet.evaluation.statistics.counts import drawn_pairs
from gliomanet.evaluation.statistics.paired import difference_of_draws
from gliomanet.evaluation.subgroups import ALL
from gliomanet.labels.consistency import STATUSES, statuses
from gliomanet.labels.decision import called_class
from gliomanet.labels.joint_decoding import most_probable_classes
from gliomanet.labels.vocabulary import MISSING
from gliomanet.tables.columns import HELD_OUT
from gliomanet.tables.notes import not_estimable

Decisions = dict[str, Integers]


@dataclass(frozen=True)
class _Answers:
    """One model's answers on the cases that all its tasks answered."""

    names: Row
    rows: Integers
    """Index into the cases, ascending."""
    independent: Decisions
    joint: Decisions

    @property
    def decisions(self) -> tuple[Decisions, Decisions]:
        return self.independent, self.joint


def decoding_rows(study: Resampling, scored: list[Scored]) -> Iterator[Row]:
    """MCC of each task, and contradictions of all together, of both decisions and their paired difference.

    The joint decision is the most probable combination of classes (`joint_decoding.most_probable_classes`). Models
    whose tasks cannot contradict each other have no rows, and metrics are over the cases that all tasks answered.
    Centres that leave-one-centre-out holds out are pooled, too, each with the answers of the fits that never saw it, as
    the scenario `leave-one-center-out`.
    """
    blocks: dict[tuple[str, str], list[_Answers]] = {}
    for members, rows in answered_together(study, scored):
        blocks.setdefault((members[0].scenario, members[0].role), []).append(_answers(study, members, rows))
    if held_out := _held_out(study, [one for answers in blocks.values() for one in answers]):
        blocks[LEAVE_ONE_CENTER_OUT, "external"] = held_out
    for (scenario, role), answers in blocks.items():
        everywhere = np.unique(np.concatenate([one.rows for one in answers]))
        for center, inside in study.centers_of(everywhere):
            if scenario == LEAVE_ONE_CENTER_OUT and center != POOLED:  # they stand in the scenario that holds them out
                continue
            for task in dict.fromkeys(name for one in answers for name in one.joint):
                for one in answers:
                    if task in one.joint:
                        yield from _mcc(study, one, (scenario, role, task), center, inside)
            for one in answers:
                yield from _contradictions(study, one, (scenario, role, JOINT), center, inside)


def _answers(study: Resampling, members: list[Scored], rows: Integers) -> _Answers:
    probabilities = {m.task: m.probability[np.isin(m.rows, rows)] for m in members}
    names = names_of(members[0])
    del names["task"]
    independent = {name: called_class(values) for name, values in probabilities.items()}
    return _Answers(names, rows, independent, most_probable_classes(probabilities, study.tasks))


def _held_out(study: Resampling, answers: list[_Answers]) -> list[_Answers]:
    """Each model's answers on centres X by its scenarios `without-X`: two at least, which answer the same tasks."""
    by_model: dict[tuple[str, str], list[_Answers]] = {}
    for one in answers:
        mine = np.char.add(HELD_OUT, study.cases.center[one.rows]) == one.names["scenario"]
        if one.names["role"] == "external" and mine.any():
            part = _Answers(one.names, one.rows[mine], *({k: v[mine] for k, v in d.items()} for d in one.decisions))
            by_model.setdefault((one.names["model"], one.names["stage"]), []).append(part)
    return [_together(parts) for parts in by_model.values() if len(parts) > 1 and _same_tasks(parts)]


def _same_tasks(parts: list[_Answers]) -> bool:
    return all(part.joint.keys() == parts[0].joint.keys() for part in parts)


def _together(parts: list[_Answers]) -> _Answers:
    """Answers on different cases as one model's, in the order of the cases."""
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows)
    independent, joint = (
        {task: np.concatenate([part.decisions[kind][task] for part in parts])[order] for task in parts[0].joint}
        for kind in (0, 1)
    )
    return _Answers(parts[0].names | {"scenario": LEAVE_ONE_CENTER_OUT}, rows[order], independent, joint)


def _mcc(
    study: Resampling,
    one: _Answers,
    block: tuple[str, str, str],
    center: str,
    inside: np.ndarray,
) -> Iterator[Row]:
    _, role, task = block
    classes = study.tasks[task].class_names
    truth = study.truth(task, role)[one.rows]
    at = np.flatnonzero(inside[one.rows] & (truth != MISSING))
    names = one.names | {"center": center, "task": task, "metric": "mcc", "n": at.size}
    absent = [name for k, name in enumerate(classes) if not (truth[at] == k).any()]
    if absent:
        reason = f"no {', '.join(absent)} case" if at.size else "no case of known label"
        yield names | {"note": not_estimable(reason)}
        return
    patients = study.patients(one.rows[at])
    generator = study.generator(one.rows[at], block, center, ALL, "decoding")
    before, after = one.independent[task][at], one.joint[task][at]
    drawn = drawn_pairs(truth[at], before, after, patients, len(classes), study.settings.resamples, generator)
    note = f"{int((before != after).sum())} of {at.size} decisions changed"
    yield names | _difference(study, matthews(drawn[0]), matthews(drawn[1]), note)


def _contradictions(
    study: Resampling,
    one: _Answers,
    block: tuple[str, str, str],
    center: str,
    inside: np.ndarray,
) -> Iterator[Row]:
    at = np.flatnonzero(inside[one.rows])
    if not at.size:
        return
    before, after = (statuses(decided, study.tasks)[at] for decided in (one.independent, one.joint))
    for metric, kind in METRICS:
        found = [(status == STATUSES.index(kind)).astype(np.int64) for status in (before, after)]
        everybody, patients = np.zeros(at.size, dtype=np.int64), study.patients(one.rows[at])
        generator = study.generator(one.rows[at], block, center, ALL, metric)
        drawn = drawn_pairs(everybody, found[0], found[1], patients, 2, study.settings.resamples, generator)
        independent, joint = (1000 * counts[0, 1] / at.size for counts in drawn)
        note = f"{int(found[0].sum())}, then {int(found[1].sum())} of {at.size} cases"
        names = one.names | {"center": center, "task": JOINT, "metric": metric, "n": at.size}
        yield names | _difference(study, independent, joint, note)


def _difference(study: Resampling, independent: Floats, joint: Floats, note: str) -> Row:
    """Both values, and joint minus independent with its interval, of (1 + draws,) each."""
    found = difference_of_draws(joint, independent, study.settings.confidence)
    both = {"independent": float(independent[0]), "joint": float(joint[0]), "difference": found.value}
    return both | {"ci_low": found.low, "ci_high": found.high, "note": note}
