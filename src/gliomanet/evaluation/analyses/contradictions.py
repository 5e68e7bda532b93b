"""Contradictions of the WHO classification among a model's most probable classes, with intervals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gliomanet.evaluation.predictions import Scored
from gliomanet.evaluation.resampling import Resampling, names_of
from gliomanet.evaluation.rows import JOINT, Row
from gliomanet.evaluation.statistics.counts import Integers, share_interval
from gliomanet.evaluation.subgroups import ALL
from gliomanet.labels.consistency import STATUSES, Status, statuses
from gliomanet.labels.decision import called_class
from gliomanet.labels.who import WHO_LABELS

METRICS: tuple[tuple[str, Status], ...] = (
    ("contradictions_per_1000", "contradiction"),
    ("legacy_per_1000", "legacy"),
)


def answered_together(study: Resampling, scored: list[Scored]) -> Iterator[tuple[list[Scored], Integers]]:
    """Each model's tasks on labels of the WHO classification, where two labels are asked for, and their common cases.

    A model stands here once for every stage, scenario and role; the cases are an index into the study's.
    """
    by_model: dict[tuple[str, str, str, str], list[Scored]] = {}
    for member in scored:
        if study.tasks[member.task].label in WHO_LABELS:
            by_model.setdefault((member.model, member.stage, member.scenario, member.role), []).append(member)
    for members in by_model.values():
        if len({study.tasks[m.task].label for m in members}) < 2:
            continue
        rows = members[0].rows
        for member in members[1:]:
            rows = np.intersect1d(rows, member.rows)
        yield members, rows


def contradiction_rows(study: Resampling, scored: list[Scored]) -> Iterator[Row]:
    """WHO contradictions among the most probable classes of all tasks, labels known or not."""
    for members, rows in answered_together(study, scored):
        predicted = {m.task: called_class(m.probability[np.isin(m.rows, rows)]) for m in members}
        status = statuses(predicted, study.tasks)
        for center, inside in study.centers(members):
            at = np.flatnonzero(inside[rows])
            if not at.size:
                continue
            names = names_of(members[0]) | {
                "center": center,
                "task": JOINT,
                "subset": ALL,
                "n": at.size,
                "n_positive": "",
            }
            patients = study.patients(rows[at])
            for metric, kind in METRICS:
                found = status[at] == STATUSES.index(kind)
                low, high = share_interval(found, patients, study.settings.confidence)
                cells = {"value": 1000 * float(found.mean()), "ci_low": 1000 * low, "ci_high": 1000 * high}
                yield names | {"metric": metric, "note": f"{int(found.sum())} of {at.size} cases"} | cells
