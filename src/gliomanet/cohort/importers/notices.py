"""Findings about many exams at once: one a case while they are few, one for all where they would flood a page."""

from __future__ import annotations

from collections.abc import Mapping

from gliomanet.findings import Finding, Severity

MOST_SINGLE = 20
"""More cases than this share one finding, which counts and names them all."""


def case_findings(
    severity: Severity, rule: str, file: str, cases: Mapping[str, str], together: str, action: str
) -> tuple[Finding, ...]:
    """One finding a case, or one for all of them.

    Args:
        severity: of each.
        rule: the rule's name.
        file: the file concerned, "" for none.
        cases: case → what was found there, one sentence.
        together: what was found, for all cases in one: "cases whose …".
        action: what is allowed, and what to do.
    """
    if len(cases) > MOST_SINGLE:
        return (Finding(severity, rule, "", "", file, f"{len(cases)} {together}: {', '.join(sorted(cases))}", action),)
    return tuple(Finding(severity, rule, "", case, file, found, action) for case, found in sorted(cases.items()))
