"""Predictions of any table, answer by answer: tables of a row per answer, and wide ones of a row per case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gliomanet.cohort.case_ids import known_patient, rewritten_id_problems
from gliomanet.cohort.importers.feature_cells import Cell, numbers_of
from gliomanet.cohort.read_rows import CellError, no_case, no_column, read_numbered_rows
from gliomanet.cohort.remarks import remark
from gliomanet.errors import CohortError, Problem
from gliomanet.labels.tasks import Task
from gliomanet.scoring.column_map import LONG, ROLES, ROW, SHARED, ColumnMap
from gliomanet.scoring.label_rows import no_id
from gliomanet.scoring.options import Words

Rows = Sequence[tuple[int, Mapping[str, str]]]
PREDICTED, PROBABILITY = "predicted", "probability"


@dataclass(frozen=True)
class Unit:
    """A case as one model answers for it in one task, and where it stands."""

    model: str
    stage: str
    scenario: str
    fold: str
    role: str
    center: str
    case: str
    task: str
    patient: str = field(compare=False)


@dataclass
class Answer:
    """A model's answer for a unit.

    Attributes:
        line: line of the first cell.
        given: class → its probability.
        lines: class → line of its probability.
        predicted: the class that it decides for; "" where the table does not say.
        sole: probability without a class beside it: of the predicted class, or of the positive one.
    """

    line: int
    given: dict[str, float] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    predicted: str = ""
    sole: float | None = None


def wide_names(tasks: Mapping[str, Task]) -> dict[str, tuple[str, str]]:
    """Names of ours for the columns of a wide table → task, and class, `predicted` or `probability`."""
    return {
        f"{name}:{what}": (name, what)
        for name, task in tasks.items()
        for what in (*task.class_names, PREDICTED, PROBABILITY)
    }


def read_answers(
    path: Path, columns: ColumnMap, tasks: Mapping[str, Task], words: Words
) -> tuple[dict[Unit, Answer], Sequence[str]]:
    """Read the answers of a table of predictions.

    Args:
        path: CSV, TSV or Excel file: a column per class (`idh:mutant`), or a row per answer (`task`, `class`, …).
        columns: options on its columns.
        tasks: the questions.
        words: the words of cells.

    Returns:
        The answers in the order of the file, and the table's columns.

    Raises:
        CohortError: everything that is wrong with the table: no column of cases or answers, cells that are no class or
            no number, an answer twice.
    """
    header, rows = read_numbered_rows(path)
    wide = wide_names(tasks)
    # `idh:mutant` of an option; of a table `idh_mutant`, too.
    spelt = {name: name.replace(":", "_") for name in wide}
    named = columns.in_table("predictions", path, header, [*SHARED, *ROW, *LONG, *wide, *spelt.values()])
    named = {**{name: named[other] for name, other in spelt.items() if other in named}, **named}
    if "case_id" not in named:
        problem = no_column(path, ["case_id"], list(header)).at(action="say which column it is by --map case_id=…")
        raise CohortError([problem], where="the table of predictions")
    if not rows:
        raise CohortError([no_case(path)], where="the table of predictions")
    reader = _Reader(path, named, tasks, words, rows)
    answering = [name for name in wide if name in named]
    if answering:
        reader.read_wide({name: wide[name] for name in answering})
    else:
        reader.read_long(header)
    problems = [
        *rewritten_id_problems(path, named["case_id"], (c[named["case_id"]] for _, c in rows)),
        *reader.problems,
    ]
    if problems:
        raise CohortError(problems, where="the table of predictions")
    return reader.answers, header


class _Reader:
    """The rows of a table on their way to answers, and what is wrong with them."""

    def __init__(
        self, path: Path, named: Mapping[str, str], tasks: Mapping[str, Task], words: Words, rows: Rows
    ) -> None:
        self.path, self.named, self.tasks, self.words, self.rows = path, named, tasks, words, rows
        self.answers: dict[Unit, Answer] = {}
        self.other_tasks: dict[str, _Row] = {}
        self.patients: dict[tuple[str, str], _Row] = {}
        self.problems: list[Problem] = []

    def read_wide(self, columns: Mapping[str, tuple[str, str]]) -> None:
        """A row per case, a column per class or per task."""
        numbers = {name: self._numbers(name) for name, (_, what) in columns.items() if what != PREDICTED}
        for row in self._rows():
            for name, (task, what) in columns.items():
                column = self.named[name]
                called = self._class_of(task, row, column) if what == PREDICTED else ""
                value = None if what == PREDICTED else numbers[name][row.place]
                if value is None and not called:
                    continue
                answer = self.answers.setdefault(row.unit(task), Answer(row.line))
                if answer.line != row.line:
                    self._twice(row, answer.line)
                elif value is None:
                    answer.predicted = called
                elif what == PROBABILITY:
                    answer.sole = value
                else:
                    answer.given[what] = value

    def read_long(self, header: Sequence[str]) -> None:
        """A row per answer."""
        if not {"class", PREDICTED, PROBABILITY} & set(self.named):
            first = next(iter(wide_names(self.tasks)))
            action = f"name a column per class by --map {first}=…, or one of these by --map"
            self.problems.append(
                no_column(self.path, ["class", PREDICTED, PROBABILITY], list(header)).at(action=action)
            )
        elif "task" not in self.named and len(self.tasks) > 1:
            action = f"name it by --map task=…, or the one task by --task; tasks: {', '.join(self.tasks)}"
            self.problems.append(no_column(self.path, ["task"], list(header)).at(action=action))
        else:
            numbers = self._numbers(PROBABILITY) if PROBABILITY in self.named else None
            for row in self._rows():
                if task := self._task_of(row):
                    self._read_answer(row, task, numbers)
            self._tell_other_tasks()

    def _read_answer(self, row: _Row, task: str, numbers: list[float | None] | None) -> None:
        """One row of a table of a row per answer."""
        named = next((name for name in ("class", PREDICTED) if name in self.named), "")
        called = self._class_of(task, row, self.named[named]) if named else ""
        value = numbers[row.place] if numbers is not None else None
        if (named and not called) or (numbers is not None and value is None):
            return
        answer = self.answers.setdefault(row.unit(task), Answer(row.line))
        if named == "class" and value is not None:
            if called in answer.given:
                self._twice(row, answer.lines[called], f"class {called!r} ")
            answer.given[called], answer.lines[called] = value, row.line
        elif answer.line != row.line:
            self._twice(row, answer.line)
        else:
            answer.predicted, answer.sole = called, value

    def _task_of(self, row: _Row) -> str:
        """The task of a row; "" where it is none that is asked for."""
        if "task" not in self.named:
            return next(iter(self.tasks))
        task = row.cells[self.named["task"]]
        if task in self.tasks:
            return task
        self.other_tasks.setdefault(task, row)
        return ""

    def _tell_other_tasks(self) -> None:
        """Rows of tasks that are not asked for: a warning, and a problem where no row is left."""
        for task, row in self.other_tasks.items():
            action = f"tasks: {', '.join(self.tasks)}; another one is named, with its classes, by --task"
            place = {"file": str(self.path), "case": row.case, "column": self.named["task"]}
            found = f"{task!r} is no task that is asked for" + (", and its rows are left out" if self.answers else "")
            problem = Problem(found, action, line=row.line, rule="unknown_task").at(**place)
            if self.answers:
                remark(problem, "warning")
            else:
                self.problems.append(problem)

    def _rows(self) -> Iterator[_Row]:
        for place, (line, cells) in enumerate(self.rows):
            case = cells[self.named["case_id"]]
            if not case:
                self.problems.append(no_id(str(self.path), line, self.named["case_id"]))
                continue
            names = {name: cells[self.named[name]] if name in self.named else "" for name in (*ROW, "center")}
            patient = ""
            if "patient_id" in self.named:
                patient = known_patient(self.path, case, cells[self.named["patient_id"]])
            row = _Row(place, line, cells, case, patient, names)
            first = self.patients.setdefault((names["center"], case), row)
            if first.patient != patient:
                found = f"is of patient {patient!r} here and of {first.patient!r} in line {first.line}"
                self._say(Problem(found, "correct one", rule="two_patients"), row, self.named["patient_id"])
            if names["role"] not in ("", *ROLES):
                action = f"allowed: {', '.join(ROLES)}; validation cases choose thresholds, external ones are tested"
                self._say(Problem(f"{names['role']!r} is no role", action, rule="no_role"), row, self.named["role"])
            yield row

    def _numbers(self, name: str) -> list[float | None]:
        """The numbers of a column; those that are no probability are said."""
        column, case = self.named[name], self.named["case_id"]
        cells = [
            Cell("" if self.words.is_unknown(row[column]) else row[column], row[case], line) for line, row in self.rows
        ]
        values, problems = numbers_of(cells, column)
        self.problems += [problem.at(file=str(self.path)) for problem in problems]
        negative = {cell.text for cell, value in zip(cells, values, strict=True) if value < 0}
        action = "allowed: 0 to 1; divide percentages by 100, and turn logits and scores into probabilities"
        if len(negative) == 1:  # of more, none is a sign
            action += "; if {0} means unknown, say so by --unknown {0}".format(*negative)
        for cell, value in zip(cells, values, strict=True):
            if value < 0 or value > 1:
                problem = Problem(f"{cell.text} is no probability", action, file=str(self.path), rule="no_probability")
                self.problems.append(problem.at(line=cell.line, case=cell.case, column=column))
        return [None if value != value else value for value in values]

    def _class_of(self, task: str, row: _Row, column: str) -> str:
        """The class that a cell names; "" where it is unknown, or wrong, which is said."""
        try:
            return self.words.class_of(self.tasks[task], row.cells[column])
        except CellError as error:
            self._say(error.problem, row, column)
            return ""

    def _twice(self, row: _Row, first: int, what: str = "") -> None:
        found = f"{what}is answered twice for the same case, also in line {first}"
        action = (
            "keep one row; rows of several models, folds, stages or scenarios need a column of these: --map model=…"
        )
        self._say(Problem(found, action, rule="answer_twice"), row, "")

    def _say(self, problem: Problem, row: _Row, column: str) -> None:
        self.problems.append(problem.at(file=str(self.path), line=row.line, case=row.case, column=column))


@dataclass(frozen=True)
class _Row:
    """A row of the table, and what it says of its case."""

    place: int
    line: int
    cells: Mapping[str, str]
    case: str
    patient: str
    names: Mapping[str, str]

    def unit(self, task: str) -> Unit:
        return Unit(**self.names, case=self.case, patient=self.patient, task=task)
