"""The parts of a result, from what was computed: tasks, image quality, warnings, and what is not told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gliomanet.bundle.description import NeverSeen
from gliomanet.bundle.read import Bundle
from gliomanet.bundle.survival import SURVIVAL
from gliomanet.imaging.quality.center_table import METRICS
from gliomanet.labels.decision import called_class
from gliomanet.patient.result import LEARNT_CASE, LEARNT_CENTER, ClassAnswer, Quality, TaskAnswer, simulated
from gliomanet.patient.statements.statement import Statement, state
from gliomanet.patient.trust.said import Trust


def task_answers(
    rows: pd.DataFrame, bundle: Bundle, worth: Mapping[str, Mapping[str, float]]
) -> tuple[TaskAnswer, ...]:
    """The answer to every task.

    Args:
        rows: of `answers.Answers`.
        bundle: whose thresholds and level are taken.
        worth: task → modality → Shapley value.
    """
    return tuple(_task_answer(name, of_task, bundle, worth.get(name)) for name, of_task in _by_task(rows, bundle))


def called_classes(rows: pd.DataFrame, bundle: Bundle) -> dict[str, str]:
    """Task → the class at the frozen threshold."""
    return {name: _called(name, of_task, bundle)[0] for name, of_task in _by_task(rows, bundle)}


def quality_of(record: Mapping[str, Any], bundle: Bundle) -> tuple[Quality, ...]:
    """Image quality metrics of a case beside the training cases' range, from its `preprocess.json`."""
    ranges, found = bundle.look.get("quality", {}), []
    for name in METRICS:
        value = record["qc"].get(name)
        if not isinstance(value, int | float):
            continue
        low, high = ranges.get(name, {}).get("low"), ranges.get(name, {}).get("high")
        outside = low is not None and not low <= value <= high
        found.append(Quality(metric=name, value=float(value), low=low, high=high, outside=outside))
    return tuple(found)


def warnings_of(bundle: Bundle, trust: Trust, *, center: str, of_study: bool, fast: bool) -> tuple[Statement, ...]:
    """Statements that are to be read before any number.

    Args:
        bundle: that answered.
        trust: in the images.
        center: of the study, as it was told; any other name: of none.
        of_study: the images are of a case of the study.
        fast: one fold alone answered.
    """
    description = bundle.description
    said = [simulated()] if description.simulated else []
    if center in description.centers and description.learnt_from(center):
        said.append(state(LEARNT_CASE if of_study else LEARNT_CENTER, center=center))
    said += trust.reasons
    if not description.has_images:
        said.append(state("warning.feature_tables"))
    if fast:
        said.append(state("warning.fast"))
    if trust.verdict == "not judged":
        said.append(state("warning.not_judged"))
    return tuple(said)


def not_assessed(
    bundle: Bundle, *, mask: bool, on_images: bool, types: bool, survival: bool, fast: bool
) -> tuple[Statement, ...]:
    """Things that are not told of this case, and why."""
    said = [state("not_assessed.lobes")]
    if SURVIVAL not in bundle.description.files:
        said.append(state("not_assessed.survival_no_curves"))
    elif not survival:
        said.append(state("not_assessed.survival_no_idh"))
    if not mask:
        said.append(state("not_assessed.no_mask"))
    if on_images and fast:
        said.append(state("not_assessed.worth_fast"))
    if not types:
        said.append(state("not_assessed.no_integrated_type"))
    return (*said, *map(unseen, bundle.description.never_seen))


def unseen(one: NeverSeen) -> Statement:
    """A kind of patients that no training case was, as a statement."""
    return state(f"never_seen.{one.kind}", **one.model_dump(exclude={"kind"}, exclude_none=True))


def _by_task(rows: pd.DataFrame, bundle: Bundle) -> list[tuple[str, pd.DataFrame]]:
    found = []
    for name, task in bundle.description.tasks.items():
        of_task = rows[rows["task"] == name]
        if len(of_task):
            found.append((name, of_task.set_index("class").reindex(list(task.class_names))))
    return found


def _called(name: str, of_task: pd.DataFrame, bundle: Bundle) -> tuple[str, float | None]:
    """The class at the frozen threshold, and that threshold; without one at one half."""
    description = bundle.description
    decision = bundle.decisions.of(description.answers.stage, description.scenario).tasks[name]
    probability = of_task["probability"].to_numpy(dtype=np.float64)[None]
    threshold = decision.threshold if len(of_task) == 2 else None
    place = called_class(probability, 0.5 if threshold is None else threshold)[0]
    return str(of_task.index[place]), threshold


def _task_answer(name: str, of_task: pd.DataFrame, bundle: Bundle, worth: Mapping[str, float] | None) -> TaskAnswer:
    called, threshold = _called(name, of_task, bundle)
    classes = tuple(
        ClassAnswer(
            name=str(label),
            probability=float(row["probability"]),
            raw_probability=float(row["raw_probability"]),
            joint_probability=_number(row["joint_probability"]),
            fold_std=_number(row["fold_std"]),
            pass_std=_number(row["pass_std"]),
            set_p=float(row["set_p"]),
            in_set=row["in_set"] == "yes",
        )
        for label, row in of_task.iterrows()
    )
    members = tuple(one.name for one in classes if one.in_set)
    uncertainty = float(of_task["uncertainty"].iloc[0])
    return TaskAnswer(
        task=name,
        label=bundle.description.tasks[name].label,
        classes=classes,
        uncertainty=uncertainty,
        uncertainty_share=uncertainty / math.log(len(classes)),
        called=called,
        threshold=threshold,
        prediction_set=members,
        set_level=bundle.decisions.level,
        abstains=len(members) != 1,
        worth_of_modalities=None if worth is None else dict(worth),
    )


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
