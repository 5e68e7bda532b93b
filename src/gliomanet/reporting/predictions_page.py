"""Page of somebody else's predictions: the sections of a study's page that predictions and labels alone can fill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gliomanet.files.atomic import write_atomically
from gliomanet.reporting.format import listing, plural, task_name
from gliomanet.reporting.study.answers import FAMILY, Answer, beaten, external_scenario, tidy_comparisons
from gliomanet.reporting.study.figures.forest import marks_sentence
from gliomanet.reporting.study.page import render_sections
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.sections import (
    audit,
    calibration,
    comparisons,
    confusion,
    contradictions,
    decision_curves,
    decoding,
    metrics,
    reading,
    roc,
)
from gliomanet.reporting.study.sections.headline import forests, mcc_rows
from gliomanet.tables.notes import NOT_ESTIMABLE


def write_predictions_page(results: StudyResults, out: Path) -> None:
    """Write the page. Equal results give equal bytes.

    Args:
        results: tables of the evaluation, findings as `audit`; of `study` the title, the tasks and `evaluation`.
        out: the HTML file.
    """
    sections = [section for make in _SECTIONS if (section := make(results)) is not None]
    reference = results.settings["evaluation"]["reference"]
    about = {
        "title": results.settings["title"],
        "warnings": [],
        "question": f"Does any model beat {reference}?",
        "answers": answers(results, reference) if reference else [],
    }
    write_atomically(out, render_sections(about, sections).encode())


def answers(results: StudyResults, reference: str) -> list[Answer]:
    """Of every task, who beats the reference; whom the models were trained on is not known here."""
    table = tidy_comparisons(results.comparisons)
    scenario = external_scenario(table)
    table = table[(table["family"] == FAMILY) & (table["scenario"] == scenario) & table["difference"].notna()]
    found = []
    for task in results.tasks:
        rows = table[table["task"] == task]
        text = f"not known: no model could be held against {reference} on external cases."
        text = beaten(results, rows, reference) if len(rows) else text
        found.append(Answer(task_name(task), "open", text))
    return found


def paragraph(results: StudyResults) -> str:
    """Models, tasks, centres and cases, and what could not be estimated."""
    table = results.metrics
    models = list(dict.fromkeys(table["model"].astype(str)))
    tasks = [f"{task_name(name)} ({' / '.join(task.class_names)})" for name, task in results.tasks.items()]
    centers = list(dict.fromkeys(results.cases["center"].astype(str)))
    patients = results.cases[["center", "patient_id"]].drop_duplicates().shape[0]
    size = plural(len(results.cases), "case") + ("" if patients == len(results.cases) else f" of {patients} patients")
    mcc = table[(table["metric"] == "mcc") & (table["subset"] == "all")]
    empty = int(mcc["value"].isna().sum())
    sentences = [
        f"Predictions of {listing(models)}, scored by the code that scores a study of gliomanet",
        f"{plural(len(tasks), 'task')}: {listing(tasks)}",
        f"{size} of {plural(len(centers), 'centre')}: {listing(centers)}",
    ]
    sentences += [f"{empty} of {len(mcc)} MCC are {NOT_ESTIMABLE}, with the reason in their cell"] if empty else []
    sentences.append("Nothing is known here of how the models were trained, nor on whom")
    return ". ".join(sentences) + "."


def totals(results: StudyResults) -> list[tuple[str, str]]:
    """Counts at the top of the page."""
    counts = {
        "models": results.metrics["model"].nunique(),
        "cases": len(results.cases),
        "centres": results.cases["center"].nunique(),
        "tasks": len(results.tasks),
    }
    return [(f"{number:,}", what if number != 1 else what.removesuffix("s")) for what, number in counts.items()]


def _scored(results: StudyResults) -> Section:
    content = {"paragraph": paragraph(results), "totals": totals(results)}
    return Section("scored", "What was scored", content)


def _forest(results: StudyResults) -> Section | None:
    figures = forests(mcc_rows(results))
    return Section("forest", "MCC", {"forests": figures, "marks": marks_sentence(results.metrics)}) if figures else None


def _metrics(results: StudyResults) -> Section | None:
    """The table without the command that traces a figure of a study."""
    table = metrics.metrics_table(results.metrics)
    return Section("metrics", "All metrics", {"table": table, "trace": ""}) if table else None


_SECTIONS: tuple[Callable[[StudyResults], Section | None], ...] = (
    _scored,
    _forest,
    calibration.section,
    decision_curves.section,
    audit.section,
    _metrics,
    roc.section,
    confusion.section,
    comparisons.section,
    contradictions.section,
    decoding.section,
    reading.section,
)
