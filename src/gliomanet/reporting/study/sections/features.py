"""Radiomic features that models and explanation go without, and what the audit found in the feature tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gliomanet.reporting.format import count, feature_name, plural
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.sections.audit import findings_table
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric

WORDS = {
    "empty": "no case has a value",
    "constant": "the same in every case",
    "one grey level": "texture of images that the histogram's bins made uniform",
    "mask alone": "texture that is the same in two contrasts, so that it tells of the mask alone",
    "duplicate": "another feature but for a factor",
}
NAMED = 12
"""Features that a row names; the others are in the table of the results folder."""


def section(results: StudyResults) -> Section | None:
    """Features left out and findings on features, where there is one or the other."""
    void, findings = results.void_features, results.feature_findings
    if void is None or findings is None:
        return None
    left_out, found = void_table(void), findings_table(findings, "features")
    if not left_out and not found:
        return None
    return Section("features", "Features", {"sentence": void_sentence(void), "void": left_out, "findings": found})


def void_sentence(void: pd.DataFrame) -> str:
    """Count the features left out, of how many, in each scenario."""
    table = _tidied(void)
    parts = [
        f"{count(len(rows))} of {plural(int(rows.iloc[0]['n_features']), 'feature')} ({scenario})"
        for scenario, rows in table.groupby("scenario", sort=True)
    ]
    if not parts:
        return "Every feature carries something in the training centres."
    return f"Left out of models, explanation and biomarkers: {', '.join(parts)}."


def void_table(void: pd.DataFrame) -> Table:
    """The features left out by scenario and reason."""
    rows = []
    for (scenario, why), members in _tidied(void).groupby(["scenario", "why"], sort=True):
        named = [_named(row) for row in members.head(NAMED).to_dict("records")]
        more = f" and {count(len(members) - NAMED)} more" if len(members) > NAMED else ""
        cells = (Cell(str(scenario)), Cell(WORDS.get(str(why), str(why))), numeric(count(len(members))))
        rows.append((*cells, Cell(", ".join(named) + more)))
    columns = (
        Column("Scenario", choose=True),
        Column("Reason", choose=True),
        Column("Features", True),
        Column("Names"),
    )
    caption = (
        "Features that carry nothing in the training centres, which alone decide. All of them are in "
        "audit/features/void.tsv of the results folder."
    )
    return Table("void-features", caption, columns, tuple(rows), filterable=len(rows) > 12)


def _named(row: Mapping[Any, Any]) -> str:
    name = feature_name(row["feature"])
    return f"{name} (as {feature_name(row['twin'])})" if row["twin"] else name


def _tidied(void: pd.DataFrame) -> pd.DataFrame:
    return tidy(void, text=("scenario", "feature", "why", "twin"), numbers=("n", "n_features"))
