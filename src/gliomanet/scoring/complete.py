"""Answers made whole: a probability for every class, or one class and the word that no more is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gliomanet.cohort.findings import Finding
from gliomanet.errors import CohortError, Problem
from gliomanet.evaluation.predictions import TOLERANCE
from gliomanet.labels.decision import called_class
from gliomanet.labels.tasks import Task
from gliomanet.scoring.prediction_rows import Answer, Unit

Whole = dict[Unit, tuple[float, ...]]
"""Unit → probability of each class, in the task's order."""

ClassesOnly = frozenset[tuple[str, str]]
"""Models and tasks of which the predicted class alone is known."""

CALLED = 0.75
"""Stands for the probability of a class that is known to be the predicted one, and no more; no figure reads it."""

_MOST_NAMED = 5


@dataclass(frozen=True)
class _Of:
    """An answer beside what it belongs to."""

    unit: Unit
    answer: Answer
    classes: tuple[str, ...]

    def problem(self, found: str, action: str, rule: str) -> Problem:
        where = f"task {self.unit.task}" + (f", model {self.unit.model}" if self.unit.model else "")
        return Problem(f"{where}: {found}", action, line=self.answer.line, case=self.unit.case, rule=rule)


def complete(
    answers: Mapping[Unit, Answer], tasks: Mapping[str, Task], file: str
) -> tuple[Whole, ClassesOnly, list[Finding]]:
    """Give every class its probability.

    One class that has none gets what the others leave of 1. A single probability without a class is that of the
    predicted class or, without one, of the positive class. Where a model gives a task's classes alone, or in a task of
    three classes the probability of the predicted one alone, nothing but the class counts.

    Args:
        answers: the answers as they were read.
        tasks: the questions.
        file: the table, for messages.

    Raises:
        CohortError: probabilities that do not sum to 1, classes without one, a model that gives probabilities of some
            cases and classes alone of others.
    """
    groups: dict[tuple[str, str], list[_Of]] = {}
    for unit, answer in answers.items():
        of = _Of(unit, answer, tasks[unit.task].class_names)
        groups.setdefault((unit.model, unit.task), []).append(of)
    found: Whole = {}
    classes_only: set[tuple[str, str]] = set()
    problems: list[Problem] = []
    findings: list[Finding] = []
    for name, group in groups.items():
        called = {of.unit: _called(of) for of in group} if _gives_classes_only(group) else {}
        if called:
            classes_only.add(name)
        for of in group:
            result = called.get(of.unit) or _probabilities(of)
            if isinstance(result, Problem):
                problems.append(result.at(file=file))
            else:
                found[of.unit] = result
        findings += _other_decisions(group, found, file)
    if problems:
        raise CohortError(problems, where="the table of predictions")
    return {unit: found[unit] for unit in answers}, frozenset(classes_only), findings


def _gives_classes_only(group: Sequence[_Of]) -> bool:
    """True where no answer of a model says enough for probabilities, but each says a class."""
    return all(_decided(of) and not _enough(of) for of in group)


def _enough(of: _Of) -> bool:
    return len(of.answer.given) >= len(of.classes) - 1 or (of.answer.sole is not None and len(of.classes) == 2)


def _decided(of: _Of) -> str:
    """The class that an answer decides for, without the probabilities of all."""
    given = of.answer.given
    return of.answer.predicted or (next(iter(given)) if len(given) == 1 else "")


def _called(of: _Of) -> tuple[float, ...]:
    rest = (1 - CALLED) / (len(of.classes) - 1)
    return tuple(CALLED if name == _decided(of) else rest for name in of.classes)


def _probabilities(of: _Of) -> tuple[float, ...] | Problem:
    answer, classes = of.answer, of.classes
    given = dict(answer.given)
    if answer.sole is not None and not given and len(classes) == 2:
        if answer.predicted and answer.sole < 0.5:
            found = f"{answer.predicted!r} is predicted with probability {answer.sole:g}, so another class is likelier"
            action = f"if the column is the probability of {classes[1]!r} whatever is predicted, "
            action += f"name it by --map {of.unit.task}:{classes[1]}=…, or as `probability` without `predicted`"
            return of.problem(found, action, "less_likely_class_predicted")
        given[answer.predicted or classes[1]] = answer.sole
    missing = [name for name in classes if name not in given]
    if not given or len(missing) > 1:
        if answer.sole is not None and not answer.predicted:
            found = f"one probability, without its class, in a task of {len(classes)} classes"
        elif given:
            found = f"no probability of {', '.join(map(repr, missing))}"
        else:
            found = "a class without probabilities, which other cases of this model have"
        action = f"give each class one ({', '.join(classes)}), of every case, or of none"
        return of.problem(found, action, "class_without_probability")
    total = sum(given.values())
    if missing and total <= 1 + TOLERANCE:
        given[missing[0]] = max(0.0, 1 - total)
    elif missing or abs(total - 1) > TOLERANCE:
        listed = ", ".join(f"{name} {given[name]:g}" for name in classes if name in given)
        action = (
            "allowed: a sum of 1; look whether the columns are those of one task's classes, and not scores or logits"
        )
        return of.problem(f"the probabilities sum to {total:.4g} ({listed})", action, "no_sum_of_one")
    return tuple(given[name] for name in classes)


def _other_decisions(group: Sequence[_Of], found: Whole, file: str) -> list[Finding]:
    """A warning where predicted classes stand beside probabilities, and are not the most probable ones."""
    other = []
    for of in group:
        if of.answer.predicted and (values := found.get(of.unit)):
            called = int(called_class(np.array([values]))[0])
            if of.classes[called] != of.answer.predicted:
                other.append(of.unit.case)
    if not other:
        return []
    shown = ", ".join(other[:_MOST_NAMED]) + (" …" if len(other) > _MOST_NAMED else "")
    unit = group[0].unit
    text = f"{unit.model or 'the model'}, {unit.task}: of {len(other)} of {len(group)} cases another class is predicted"
    text += f" than the most probable one ({shown})"
    action = "metrics call the most probable class, and the last of equals; "
    action += "give the predicted class without probabilities to score that"
    return [Finding("warning", "less_likely_class_predicted", "", "", file, text, action)]
