"""Ages that do not fit adult-type gliomas, or the same patient's other scans."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.audit.context import AuditContext, listed
from gliomanet.cohort.findings import Finding

_ADULT, _OLDEST = 18, 100
_MOST_YEARS = 15
_BIRTHDAY = 1.01  # years are whole in many tables


def age_implausible(context: AuditContext) -> Iterator[Finding]:
    """Children, whose gliomas WHO 2021 classifies otherwise, and ages over 100: warning."""
    cases = context.cases[(context.cases["age"] < _ADULT) | (context.cases["age"] > _OLDEST)]
    for center, case_id, age in cases[["center", "case_id", "age"]].itertuples(index=False):
        child = age < _ADULT
        yield Finding(
            "warning",
            "age_of_a_child" if child else "age_implausible",
            center,
            case_id,
            "",
            f"age {age:g} years" + (": adult-type gliomas are of patients from 18 on" if child else ""),
            "check the unit and the cell; exclude the case if it is right"
            if child
            else "check the cell; empty it if unsure",
        )


def age_differs_among_scans(context: AuditContext) -> Iterator[Finding]:
    """A later scan of a younger patient, or scans many years apart: warning."""
    several = context.cases[context.cases.duplicated(["center", "patient_id"], keep=False)]
    for (center, patient), scans in several.groupby(["center", "patient_id"], sort=False):
        known = scans[scans["age"].notna()]
        if len(known) < 2:
            continue
        first = known[known["scan"].isin(["", "baseline"])]["age"]
        later = known[~known["scan"].isin(["", "baseline"])]["age"]
        backwards = len(first) > 0 and len(later) > 0 and later.min() < first.max() - _BIRTHDAY
        if backwards or known["age"].max() - known["age"].min() > _MOST_YEARS:
            columns = zip(known["case_id"], known["age"], known["scan"], strict=True)
            values = listed(f"{case_id} {age:g} ({scan or 'baseline'})" for case_id, age, scan in columns)
            yield Finding(
                "warning",
                "age_differs_among_scans",
                str(center),
                str(known["case_id"].iloc[1]),
                "",
                f"ages of patient {patient!r} do not fit one person: {values}",
                "check that the scans are of one person; then correct the wrong cell",
            )
