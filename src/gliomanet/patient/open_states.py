"""The diagnoses that the tasks' prediction sets leave open."""

from __future__ import annotations

from collections.abc import Mapping

from gliomanet.labels.tasks import Task
from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES, WHO_LABELS, WhoState


def who_tasks(sets: Mapping[str, tuple[str, ...]], tasks: Mapping[str, Task]) -> dict[str, Task]:
    """The tasks with a set, on a label of the WHO classification."""
    return {name: task for name, task in tasks.items() if task.label in WHO_LABELS and name in sets}


def open_states(sets: Mapping[str, tuple[str, ...]], tasks: Mapping[str, Task]) -> tuple[WhoState, ...]:
    """The diagnoses, of earlier editions too, that fit every set; none where the sets contradict each other.

    An empty set tells nothing: the case is unlike every class.

    Args:
        sets: task → classes of its prediction set.
        tasks: the tasks.
    """
    asked = who_tasks(sets, tasks)
    states = LEGAL_STATES + LEGACY_STATES
    return tuple(state for state in states if all(_fits(state, task, sets[name]) for name, task in asked.items()))


def _fits(state: WhoState, task: Task, members: tuple[str, ...]) -> bool:
    if not members:
        return True
    place = task.encode(getattr(state, task.label))
    return place >= 0 and task.class_names[place] in members
