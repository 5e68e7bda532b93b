"""Survival that cannot be right, or that is told by half."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from gliomanet.audit.context import AuditContext, counted, listed
from gliomanet.cohort.findings import Finding

_FEWEST_DEATHS = 10
_MEDIAN_DAYS = 60.0
"""Patients of a glioma who die live for longer, half of them: some 14 months in glioblastoma, 3 with a biopsy alone."""

_LONGEST_MONTHS = 480.0


def survival_in_months(context: AuditContext) -> Iterator[Finding]:
    """Days so few in every patient that they are months or years: warning."""
    for center, cases in context.by_center():
        days = pd.to_numeric(cases["os_days"], errors="coerce")
        of_dead = days[cases["os_event"].eq("1")].dropna()
        if len(of_dead) < _FEWEST_DEATHS or of_dead.median() >= _MEDIAN_DAYS or days.max() > _LONGEST_MONTHS:
            continue
        found = f"half of {counted(len(of_dead), 'dead patient')} lived {of_dead.median():g} days or less, "
        found += f"and nobody is observed for more than {days.max():g}: months or years?"
        action = "write days into os_days: months times 30.44, years times 365.25"
        yield Finding("warning", "survival_column_in_months", center, "", "", found, action)


def survival_told_by_half(context: AuditContext) -> Iterator[Finding]:
    """Days without their end, or an end without days: those patients are in no curve: note."""
    for center, cases in context.by_center():
        days, told = pd.to_numeric(cases["os_days"], errors="coerce").notna(), cases["os_event"].ne("")
        half = cases.loc[days != told, "case_id"]
        if len(half):
            found = f"{counted(len(half), 'case')} with only one of os_days and os_event: {listed(half)}"
            action = "fill the other, or leave them out of survival"
            yield Finding("note", "survival_told_by_half", center, "", "", found, action)


def survival_differs_among_scans(context: AuditContext) -> Iterator[Finding]:
    """Scans of one patient that disagree on the death: warning."""
    told = context.cases[context.cases["os_event"].ne("")]
    for (center, patient), scans in told.groupby(["center", "patient_id"], sort=False):
        if len({*scans["os_event"]}) > 1:
            columns = zip(scans["case_id"], scans["os_event"], strict=True)
            values = listed(f"{case_id} {event}" for case_id, event in columns)
            found = f"os_event of patient {patient!r} differs: {values}"
            action = "correct the wrong cell; the first scan before treatment is taken"
            case_id = str(scans["case_id"].iloc[0])
            yield Finding("warning", "survival_differs_among_scans", str(center), case_id, "", found, action)
