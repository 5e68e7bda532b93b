"""Labels that cannot stand together, were not measured, or come from several editions of the classification."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.audit.context import AuditContext, counted, listed
from gliomanet.cohort.findings import Finding
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.labels.who import contradiction

_CURRENT = "2021"


def who_contradiction(context: AuditContext) -> Iterator[Finding]:
    """Labels that no diagnosis of WHO 2021 has: warning. States of earlier editions are a rule's name of their own."""
    columns = ["center", "case_id", *VOCABULARY, "grade_edition"]
    reasons: dict[tuple[str, str, str], str | None] = {}
    for center, case_id, idh, codel, grade, edition in context.cases[columns].itertuples(index=False):
        labels = (idh, codel, grade)
        if labels not in reasons:
            reasons[labels] = contradiction(*labels)
        reason = reasons[labels]
        if reason is None:
            continue
        legacy = "before WHO 2021" in reason
        given = f"grade_edition is {edition!r}" if edition else "grade_edition is empty"
        yield Finding(
            "warning",
            "labels_of_an_earlier_edition" if legacy else "who_contradiction",
            center,
            case_id,
            "",
            f"{reason}; {given}",
            "keep it knowingly: correct grade_edition, or the labels to WHO 2021, or exclude the case"
            if legacy
            else "check the three labels against the pathology report; empty those that are not certain",
        )


def labels_derived(context: AuditContext) -> Iterator[Finding]:
    """Number of a centre's labels that follow from a rule instead of a measurement: note."""
    for center, cases in context.by_center():
        for label in context.vocabulary:
            number = int((cases[f"{label}_source"] == "derived").sum())
            if number:
                yield Finding(
                    "note",
                    "labels_derived",
                    center,
                    "",
                    "",
                    f"{label} of {counted(number, 'case')} of {len(cases)} is derived, not measured",
                    f"nothing; {label}_source tells them apart",
                )


def grade_editions_mixed(context: AuditContext) -> Iterator[Finding]:
    """Grades of several editions in a centre, or among centres: note. Before 2021 histology alone decided."""
    graded = context.cases[context.cases["grade"] != ""]
    counts = {
        str(center): edition.value_counts().sort_index().to_dict()
        for center, edition in graded.groupby("center", sort=False)["grade_edition"]
    }
    for center, found in counts.items():
        if len(found) > 1:
            editions = ", ".join(f"{_edition(edition)} {number}" for edition, number in found.items())
            yield Finding(
                "note",
                "grade_editions_mixed",
                center,
                "",
                "",
                f"grades of several editions: {editions} cases",
                _action(found),
            )
    used = {edition for found in counts.values() for edition in found}
    if len(counts) > 1 and len(used) > 1:
        centers = "; ".join(f"{center}: {', '.join(map(_edition, found))}" for center, found in counts.items())
        yield Finding(
            "note",
            "grade_editions_mixed",
            "",
            "",
            "",
            f"grades of several editions among centres: {centers}",
            _action(used),
        )


def _edition(edition: object) -> str:
    return f"WHO {edition}" if edition else "edition unknown"


def _action(editions: object) -> str:
    assert hasattr(editions, "__contains__")
    histology = (
        "grades before 2021 are by histology alone, those of 2021 by molecules too: " if _CURRENT in editions else ""
    )
    return f"{histology}read metrics of grade with this in mind, or fill in grade_edition where it is unknown"


# ------------------------------------------------------------------------------------------------ scans of a patient


def labels_differ_among_scans(context: AuditContext) -> Iterator[Finding]:
    """IDH or 1p/19q of one patient that changes from scan to scan: warning. Grade may progress; these do not."""
    several = context.cases[context.cases.duplicated(["center", "patient_id"], keep=False)]
    for (center, patient), scans in several.groupby(["center", "patient_id"], sort=False):
        for label in ("idh", "codel_1p19q", "sex"):
            known = scans[scans[label] != ""]
            if known[label].nunique() > 1:
                values = listed(f"{case} {value}" for case, value in zip(known["case_id"], known[label], strict=True))
                yield Finding(
                    "warning",
                    "sex_differs_among_scans" if label == "sex" else "labels_differ_among_scans",
                    str(center),
                    str(known["case_id"].iloc[1]),
                    "",
                    f"{label} of patient {patient!r} differs among scans: {values}",
                    "check that the scans are of one person; then correct the wrong cell",
                )
