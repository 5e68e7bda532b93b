"""The table of patients that a bundle was asked for."""

from __future__ import annotations

from gliomanet.tables.columns import CASE_ID, Schema, text

PATIENTS = Schema(
    title="Patients that a bundle was asked for",
    paths=("cases.tsv",),
    row="one per row of the table of cases",
    columns=(
        CASE_ID,
        text("status", "Outcome", ("ok", "failed")),
        text("rule", "Name of the check that the case failed at; empty: none"),
        text("reason", "Reason why it has no result; empty: it has one"),
    ),
    key=("case_id",),
)
