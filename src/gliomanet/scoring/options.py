"""Tasks, classes and a hospital's own words, as options of the command say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from gliomanet.cohort.read_rows import CellError
from gliomanet.cohort.vocabulary import harmonise
from gliomanet.config.labels import Labels, label_problems, task_problems
from gliomanet.config.messages import describe
from gliomanet.errors import Problem, StudyError
from gliomanet.labels.spellings import plain
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary, vocabulary_of

_OPTIONS = "the command's options"


def tasks_of(options: Iterable[str]) -> tuple[dict[str, Task], Vocabulary]:
    """Tasks and labels of options such as `grade=2,3,4`, `grade=2+3,4` and `mgmt=unmethylated,methylated`.

    A task is on the label of its name; its classes are parted by commas, values of one class joined by `+`. Without
    options, the tasks are those that a study has by default. The last class is the positive one.

    Raises:
        StudyError: every option that names no task.
    """
    options = list(options)
    if not options:
        return dict(DEFAULT_TASKS), VOCABULARY
    tasks: dict[str, Task] = {}
    further: dict[str, list[str]] = {}
    problems = []
    for option in options:
        name, sign, text = option.partition("=")
        classes = [[value.strip() for value in part.split("+") if value.strip()] for part in text.split(",")]
        if not (name and sign) or len(classes) < 2 or not all(classes):
            found, action = "no task", "write --task grade=2,3,4: a label and its classes, the positive one last"
            problems.append(Problem(found, action, key=f"--task {option}", rule="no_task"))
        elif name in tasks:
            problems.append(Problem(f"{name} is given twice", "keep one", key=f"--task {option}", rule="task_twice"))
        else:
            try:
                tasks[name] = Task(label=name, classes={"-".join(values): values for values in classes})
            except ValidationError as error:
                problems += [problem.at(key=f"--task {option}") for problem in describe(error, Task)]
            if name not in VOCABULARY:
                further[name] = [value for values in classes for value in values]
    if not problems:
        problems = label_problems(further)
    if problems:
        raise StudyError(problems, where=_OPTIONS)
    try:
        vocabulary = vocabulary_of(Labels.model_validate({"labels": further}).labels)
    except ValidationError as error:
        raise StudyError(describe(error, Labels), where=_OPTIONS) from None
    if problems := task_problems(tasks, vocabulary):
        raise StudyError(problems, where=_OPTIONS)
    return tasks, vocabulary


@dataclass(frozen=True)
class Words:
    """Words of cells and the values that they stand for.

    Attributes:
        vocabulary: labels and their values.
        own: (label, plain spelling) → value.
        unknown: plain spellings of *not known*, beside those of every table.
    """

    vocabulary: Vocabulary = field(default_factory=lambda: VOCABULARY)
    own: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()

    @classmethod
    def of(cls, values: Iterable[str], unknown: Iterable[str], vocabulary: Vocabulary) -> Words:
        """Read options such as `idh:R132H found=mutant`.

        Raises:
            StudyError: every option that names no label, no word or no value of the label.
        """
        own: dict[tuple[str, str], str] = {}
        problems = []
        for option in values:
            left, _, value = option.rpartition("=")
            label, colon, word = left.partition(":")
            if not (colon and label in vocabulary and word.strip()):
                action = (
                    f"write --value idh:positive=mutant: label, the word, its value; labels: {', '.join(vocabulary)}"
                )
                problems.append(Problem("no label and word", action, key=f"--value {option}", rule="no_label_and_word"))
            elif value not in vocabulary[label]:
                found, action = f"{value!r} is no value of {label}", f"allowed: {', '.join(vocabulary[label])}"
                problems.append(Problem(found, action, key=f"--value {option}", rule="unknown_value"))
            else:
                own[label, plain(word)] = value
        if problems:
            raise StudyError(problems, where=_OPTIONS)
        return cls(vocabulary, own, frozenset(map(plain, unknown)))

    def is_unknown(self, cell: str) -> bool:
        """True for an empty cell, and for one that an option says to be unknown."""
        return not cell or plain(cell) in self.unknown

    def value(self, label: str, cell: str) -> str:
        """The value of a cell; "" where unknown.

        Raises:
            CellError: a spelling that is not known.
        """
        if self.is_unknown(cell):
            return ""
        try:
            return self.own.get((label, plain(cell))) or harmonise(label, cell, self.vocabulary)
        except CellError as error:
            word = f"--value {label}:{cell}=…"
            action = f"{error.problem.action}; or say what it means by {word}, or that it is unknown by --unknown"
            raise CellError(Problem(error.problem.found, action, rule=error.problem.rule)) from None

    def class_of(self, task: Task, cell: str) -> str:
        """The class that a cell names, by the class's name or by a value in it; "" where unknown.

        Raises:
            CellError: neither.
        """
        if cell in task.class_names:
            return cell
        value = self.value(task.label, cell)
        index = task.encode(value)
        if value and index < 0:
            found, action = f"{cell!r} is in no class of the task", f"classes: {', '.join(task.class_names)}"
            raise CellError(Problem(found, action, rule="unknown_class"))
        return task.class_names[index] if value else ""
