"""Findings of the audit: every one that wants a person, and the count of those that are notes only."""

from __future__ import annotations

import pandas as pd

from gliomanet.cohort.findings import SEVERITIES
from gliomanet.reporting.format import count, plural
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.cohort import FINDINGS

NOTE = "note"


def section(results: StudyResults) -> Section | None:
    """Findings of the audit, where one was run."""
    if results.audit is None:
        return None
    guards = results.prediction_findings
    findings = results.audit if guards is None or guards.empty else pd.concat([results.audit, guards])
    content = {
        "counts": audit_sentence(findings),
        "findings": findings_table(findings),
        "notes": notes_table(findings),
    }
    return Section("audit", "Audit", content)


def findings_table(findings: pd.DataFrame, name: str = "audit") -> Table:
    """Every finding that is more than a note, the gravest first.

    Args:
        findings: rows of `FINDINGS`.
        name: of the table on the page.
    """
    grave = _tidied(findings).query("severity != @NOTE")
    rows = [
        (
            Cell(row["severity"]),
            Cell(row["rule"].replace("_", " ")),
            Cell(row["center"] or "the study"),
            Cell(row["case_id"]),
            Cell(row["found"], row["file"]),
            Cell(row["action"]),
        )
        for row in grave.to_dict("records")
    ]
    columns = (
        Column("Severity", choose=True),
        Column("Rule", choose=True),
        Column("Centre", choose=True),
        Column("Case"),
        Column("Found"),
        Column("What to do"),
    )
    caption = f"{plural(len(rows), 'finding')} that a person should look at, with the file below what was found."
    return Table(name, caption, columns, tuple(rows), filterable=len(rows) > 12)


def notes_table(findings: pd.DataFrame) -> Table:
    """Count of each rule's notes by centre, with one example."""
    notes = _tidied(findings).query("severity == @NOTE")
    rows = []
    for (rule, center), mine in notes.groupby(["rule", "center"], sort=True):
        first = mine.iloc[0]
        example = f"{first['case_id']}: {first['found']}" if first["case_id"] else first["found"]
        name = str(rule).replace("_", " ")
        rows.append((Cell(name), Cell(str(center) or "the study"), numeric(count(len(mine))), Cell(example)))
    columns = (Column("Rule", choose=True), Column("Centre", choose=True), Column("Times", True), Column("For example"))
    caption = "Understood and handled: nothing to do. All of them are in cohort/audit.tsv of the results folder."
    return Table("audit-notes", caption, columns, tuple(rows), filterable=len(rows) > 12)


def audit_sentence(findings: pd.DataFrame) -> str:
    """Count the findings of each severity."""
    counts = _tidied(findings)["severity"].value_counts()
    found = [plural(int(counts[name]), name) for name in SEVERITIES if name in counts and name != "fatal"]
    return (
        f"The audit of tables, images and predictions: {', '.join(found)}."
        if found
        else "The audit found nothing to report."
    )


def _tidied(findings: pd.DataFrame) -> pd.DataFrame:
    return tidy(findings, text=FINDINGS.names())
