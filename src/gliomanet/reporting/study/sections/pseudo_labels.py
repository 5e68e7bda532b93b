"""Labels that models gave to cases without one, and how many of them are true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from gliomanet.labels.tasks import Task
from gliomanet.reporting.format import count, listing, number, plural, stage_name, task_name
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.sections.biomarkers import reason_kind
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.stages import stage_of_round, stage_order

_TEXT = ("model", "stage", "fold", "case_id", "center", "task", "label", "accepted", "reason")


def section(results: StudyResults) -> Section | None:
    """Pseudo-labels, where a model gave some."""
    table = pseudo_labels_table(results.pseudo_labels, results.tasks, results.pseudo_label_accuracy)
    settings = results.settings["pseudo_labels"]
    content = {"rounds": rounds_sentence(settings), "check": check_sentence(settings), "table": table}
    return Section("pseudo_labels", "Pseudo-labels", content) if table else None


def rounds_sentence(settings: Mapping[str, Any]) -> str:
    """Thresholds of every round, and its teacher."""
    limits = [
        f"the mean probability is at least {number(r['min_probability'])} and the standard deviation at most "
        f"{number(r['max_std'])}"
        for r in settings["rounds"]
    ]
    named = [f"{limit} ({stage_name(stage_of_round(i))})" for i, limit in enumerate(limits, start=1)]
    needed, again = limits[0], ""
    if len(limits) > 1:
        needed, again = listing(named), " The model of a round is the teacher of the next."
    return (
        f"A case without a label gets the model's own where over {settings['passes']} stochastic passes {needed}. "
        f"The next stage is trained anew with these.{again}"
    )


def check_sentence(settings: Mapping[str, Any]) -> str:
    """Condition that a teacher had to meet; empty where there was none."""
    if settings["teacher_alpha"] >= 1:
        return ""
    return (
        "A teacher labels a task only if its validation cases show, with a confidence of "
        f"{100 * (1 - settings['teacher_alpha']):g} %, that it is better than chance at it."
    )


def pseudo_labels_table(
    pseudo_labels: pd.DataFrame | None, tasks: Mapping[str, Task], accuracy: pd.DataFrame | None = None
) -> Table:
    """Count accepted pseudo-labels per model, stage, task and class, over folds.

    Args:
        pseudo_labels: the tables of selected labels, with the columns model, stage and fold added.
        tasks: the study's tasks.
        accuracy: `results/pseudo_labels/accuracy.tsv`; a column of true ones is shown where it knows some.

    """
    table = tidy(pseudo_labels, text=_TEXT, numbers=("probability",))
    order = {(name, label): at for at, (name, label) in enumerate((n, c) for n in tasks for c in tasks[n].class_names)}
    place = [order.get(pair, len(order)) for pair in zip(table["task"], table["label"], strict=True)]
    stages = sorted(set(table["stage"]), key=stage_order)
    table = table.assign(place=place, at=table["stage"].map(stages.index)).sort_values(
        ["model", "at", "place"], kind="stable"
    )
    several = len(set(table["stage"])) > 1
    true = _true_ones(accuracy)
    rows = []
    for key, mine in table.groupby(["model", "stage", "task", "label"], sort=False):
        model, stage, task, label = map(str, key)
        cells = [Cell(model), *([Cell(stage_name(stage))] if several else []), Cell(task_name(task)), Cell(label)]
        cells += _counts(mine)
        cells += [true.get((model, stage, task, label), numeric(""))] if true else []
        refused = Counter(reason_kind(reason) for reason in mine.loc[mine["accepted"] != "yes", "reason"])
        why = [f"{reason} ({count(n)})" for reason, n in sorted(refused.items(), key=lambda item: (-item[1], item[0]))]
        rows.append((*cells, Cell("; ".join(why), kind="note")))
    columns = [Column("Model"), *([Column("Stage", choose=True)] if several else []), Column("Task", choose=True)]
    columns += [Column("Class"), Column("Candidates", True), Column("Accepted", True), Column("Share", True)]
    columns += [Column("True", True)] if true else []
    columns += [Column("Refused because")]
    folds = sorted(set(table["fold"]) - {""})
    over = f", over {plural(len(folds), 'fold')}" if folds else ""
    known = "; True: of those accepted whose label is known (simulated, or hidden for this)" if true else ""
    caption = f"Labels given to cases without one{over}{known}."
    return Table("pseudo", caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)


def _counts(mine: pd.DataFrame) -> list[Cell]:
    accepted = mine[mine["accepted"] == "yes"]
    per_fold = accepted.groupby("fold").size().reindex(sorted(set(mine["fold"])), fill_value=0)
    small = [f"{per_fold.min()} to {per_fold.max()} per fold"] if len(per_fold) > 1 else []
    completed = int(accepted["reason"].str.startswith("completed").sum())
    small += [f"{count(completed)} by WHO rules"] if completed else []
    share = numeric(f"{100 * len(accepted) / len(mine):.0f} %")
    return [numeric(count(len(mine))), numeric(count(len(accepted)), ", ".join(small)), share]


def _true_ones(accuracy: pd.DataFrame | None) -> dict[tuple[str, str, str, str], Cell]:
    """(model, stage, task, class) → how many accepted labels are true, over folds; empty where none is known."""
    columns = ("model", "stage", "fold", "task", "class")
    table = tidy(accuracy, text=columns, numbers=("n_truth", "correct", "accuracy"))
    known = table[(table["fold"] == "pooled") & (table["n_truth"].astype(float) > 0)]
    return {
        (row["model"], row["stage"], row["task"], row["class"]): numeric(
            f"{100 * float(row['accuracy']):.0f} %", f"{count(row['correct'])} of {count(row['n_truth'])}"
        )
        for row in known.to_dict("records")
    }
