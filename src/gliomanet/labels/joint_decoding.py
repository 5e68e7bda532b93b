"""WHO-consistent joint decoding: what independent answers mean together, where only real diagnoses are possible.

The tasks' class probabilities, taken as independent, spread over every combination of classes. Here the combinations
that no diagnosis fits are ruled out and the rest is scaled to one:

    p(state) ∝ Π_t p_t(the state's class) / (number of states of the same classes in every task)

over the states of WHO CNS5 and, unless they are left out, those of earlier editions. So a combination of classes that
is possible at all has the product of its probabilities, however many grades a task groups or nobody asked for, and a
case whose answers hold no contradiction keeps its probabilities.

Tasks on other labels than the three of the classification pass through untouched. Two tasks on one label both count.
A state with a value that a task's classes leave out is impossible: the task's answer supposes one of its classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gliomanet.labels.decision import called_class, last_largest
from gliomanet.labels.vocabulary import MISSING
from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES, WHO_LABELS

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Combinations:
    """The classes that tasks may have together.

    Attributes:
        tasks: those on the labels of the WHO classification, in the study's order.
        classes: for each combination, ascending, the class index of every task.
        of_state: for each state, the combination that it means; `MISSING` where a task's classes leave it out.
    """

    tasks: tuple[str, ...]
    classes: tuple[tuple[int, ...], ...]
    of_state: tuple[int, ...]


def decodes_jointly(tasks: Mapping[str, Task]) -> bool:
    """Tell if tasks ask for two labels of the classification or more, so that answers can contradict each other."""
    return len({task.label for task in tasks.values()}.intersection(WHO_LABELS)) > 1


def combinations_of(tasks: Mapping[str, Task], *, legacy: bool = True) -> Combinations:
    """The combinations of classes that some state fits.

    Args:
        tasks: task name → task; those on other labels are left aside.
        legacy: whether the states of editions before WHO 2021 are possible; their columns follow the legal ones'.

    Raises:
        ValueError: no task is on a label of the classification, or the tasks' classes leave no state.
    """
    states = LEGAL_STATES + LEGACY_STATES if legacy else LEGAL_STATES
    asked = {name: task for name, task in tasks.items() if task.label in WHO_LABELS}
    if not asked:
        raise ValueError(
            f"no task is on a label of the WHO classification ({', '.join(WHO_LABELS)}); "
            f"tasks: {', '.join(f'{name} ({task.label})' for name, task in tasks.items()) or 'none'}"
        )
    meant = [tuple(task.encode(getattr(state, task.label)) for task in asked.values()) for state in states]
    possible = sorted({classes for classes in meant if MISSING not in classes})
    if not possible:
        raise ValueError(f"no diagnosis has a class in every one of the tasks {', '.join(asked)}: change their classes")
    place = {classes: index for index, classes in enumerate(possible)}
    return Combinations(tuple(asked), tuple(possible), tuple(place.get(classes, MISSING) for classes in meant))


def state_probabilities(
    probabilities: Mapping[str, Floats], tasks: Mapping[str, Task], *, legacy: bool = True
) -> Floats:
    """Probability of every state.

    Where certain answers contradict each other, so that every state has a probability of 0 as a factor, each 0 stands
    for the same tiny number: the states that deny the fewest certainties share the case.

    Args:
        probabilities: task name → (cases, classes); only ratios within a row matter.
        tasks: the tasks of these names.
        legacy: as in `combinations_of`.

    Returns:
        (cases, states), rows summing to one: `LEGAL_STATES`, then `LEGACY_STATES` where they are possible.

    Raises:
        ValueError: as `combinations_of`; or probabilities of another shape, negative, not finite, or all 0.
    """
    combinations = combinations_of(tasks, legacy=legacy)
    mass = _mass(probabilities, tasks, combinations)
    of_state = np.array(combinations.of_state)
    sharing = np.bincount(of_state[of_state != MISSING], minlength=mass.shape[1])
    return np.where(of_state != MISSING, mass[:, of_state] / sharing[of_state], 0.0)


def joint_marginals(
    probabilities: Mapping[str, Floats], tasks: Mapping[str, Task], *, legacy: bool = True
) -> dict[str, Floats]:
    """Each task's class probabilities after joint decoding.

    Arguments and errors are those of `state_probabilities`, whose sums these are.

    Returns:
        Task name → (cases, classes). Tasks on other labels as they came; all of them where fewer than two labels of
        the classification are asked for, because nothing can contradict then.
    """
    decoded = dict(probabilities)
    if not decodes_jointly(_asked(probabilities, tasks)):
        return decoded
    combinations = combinations_of(_asked(probabilities, tasks), legacy=legacy)
    mass = _mass(probabilities, tasks, combinations)
    for name, classes in zip(combinations.tasks, np.array(combinations.classes).T, strict=True):
        decoded[name] = mass @ np.eye(len(tasks[name].class_names))[classes]
    return decoded


def joint_passes(passes: Mapping[str, Floats], tasks: Mapping[str, Task]) -> dict[str, Floats]:
    """Stochastic passes of a model that is to be read decoded: each pass of each case is decoded by itself.

    Args:
        passes: task name → (passes, cases, classes) probabilities; NaN for a case that has none.
        tasks: the tasks of these names.

    Returns:
        Task name → its class probabilities after joint decoding, in the same order; NaN stays.

    Raises:
        ValueError: as `state_probabilities`.
    """
    flat = {name: np.asarray(values, dtype=np.float64).reshape(-1, values.shape[2]) for name, values in passes.items()}
    answered = np.logical_and.reduce([~np.isnan(values).any(axis=1) for values in flat.values()])
    decoded = joint_marginals({name: values[answered] for name, values in flat.items()}, tasks)
    for name, values in flat.items():
        whole = values.copy()
        whole[answered] = decoded[name]
        decoded[name] = whole.reshape(passes[name].shape)
    return decoded


def most_probable_classes(
    probabilities: Mapping[str, Floats], tasks: Mapping[str, Task], *, legacy: bool = True
) -> dict[str, Integers]:
    """The most probable combination of classes: a decision that never contradicts the classification.

    It is a decision on the combination and not on a state, which a task that groups grades tells nothing about; and
    not task by task from the marginals, which may contradict each other. Among equals the last
    one wins, as in `decision.called_class`.

    Arguments and errors are those of `state_probabilities`.

    Returns:
        Task name → class index (cases,); the most probable class of tasks that are not decoded jointly.
    """
    chosen = {name: called_class(values) for name, values in probabilities.items()}
    if not decodes_jointly(_asked(probabilities, tasks)):
        return chosen
    combinations = combinations_of(_asked(probabilities, tasks), legacy=legacy)
    best = last_largest(_mass(probabilities, tasks, combinations))
    for name, classes in zip(combinations.tasks, np.array(combinations.classes).T, strict=True):
        chosen[name] = classes[best]
    return chosen


def _asked(probabilities: Mapping[str, Floats], tasks: Mapping[str, Task]) -> dict[str, Task]:
    """The tasks that have probabilities, in the tasks' order."""
    return {name: task for name, task in tasks.items() if name in probabilities}


def _mass(probabilities: Mapping[str, Floats], tasks: Mapping[str, Task], combinations: Combinations) -> Floats:
    """Probability of every combination: (cases, combinations), rows summing to one."""
    cases = len(probabilities[combinations.tasks[0]])
    log_mass = np.zeros((cases, len(combinations.classes)))
    denied = np.zeros(log_mass.shape, dtype=np.int64)
    for name, classes in zip(combinations.tasks, np.array(combinations.classes).T, strict=True):
        values = np.asarray(probabilities[name], dtype=np.float64)
        shape = (cases, len(tasks[name].class_names))
        if values.shape != shape:
            raise ValueError(f"probabilities of task {name} have shape {values.shape}; (cases, classes) is {shape}")
        wrong = ~np.isfinite(values).all(1) | (values < 0).any(1) | ~(values > 0).any(1)
        if wrong.any():
            first = int(np.argmax(wrong))
            raise ValueError(
                f"probabilities of task {name} are {values[first].tolist()} in row {first}; "
                "they must be finite, at least 0 and not all 0"
            )
        factor = values[:, classes]
        denied += factor == 0
        log_mass += np.log(np.where(factor > 0, factor, 1.0))
    log_mass[denied > denied.min(axis=1, keepdims=True)] = -np.inf
    mass = np.exp(log_mass - log_mass.max(axis=1, keepdims=True))
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))
