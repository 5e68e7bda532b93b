"""Spellings of the labels as found, and counts of those spelt as missing: harmonisation is never silent."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.audit.context import AuditContext, counted
from gliomanet.cohort.findings import Finding


def spellings_harmonised(context: AuditContext) -> Iterator[Finding]:
    """Raw cells that became another value, with their counts: one note per centre and label."""
    for center, cases in context.by_center():
        for label in context.vocabulary:
            changed = cases[
                (cases[f"{label}_raw"] != "") & (cases[label] != "") & (cases[f"{label}_raw"] != cases[label])
            ]
            if changed.empty:
                continue
            counts = changed.groupby([f"{label}_raw", label]).size()
            spelt = ", ".join(f"{key[0]!r} → {key[1]} ({number})" for key, number in counts.items())  # type: ignore[index]
            yield Finding(
                "note",
                "spellings_harmonised",
                center,
                "",
                f"{label}_raw",
                f"{counted(len(counts), 'spelling')}: {spelt}",
                "nothing; read whether each means what it became",
            )


def missing_spellings(context: AuditContext) -> Iterator[Finding]:
    """Number of unknown labels, by their spelling: one note per centre and label."""
    for center, cases in context.by_center():
        for label in context.vocabulary:
            raw = cases.loc[cases[label] == "", f"{label}_raw"]
            if raw.empty:
                continue
            counts = raw.value_counts().sort_index()
            spelt = ", ".join(
                f"{spelling!r} ({number})" if spelling else f"empty ({number})" for spelling, number in counts.items()
            )
            yield Finding(
                "note",
                "labels_missing",
                center,
                "",
                f"{label}_raw",
                f"{label} is unknown for {counted(len(raw), 'case')} of {len(cases)}: {spelt}",
                "nothing; unknown labels are left out of losses and metrics",
            )
