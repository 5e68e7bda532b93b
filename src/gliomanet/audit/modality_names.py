"""Findings on what modalities are called: of a case, and of a centre whose columns are mixed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from gliomanet.cohort.findings import Finding
from gliomanet.imaging.modality_check.doubts import SWAP_ACTION, Doubt

RULE = "modality_unlike_its_name"
_FEWEST_CASES = 3


def doubt_finding(doubt: Doubt, case: Mapping[str, str]) -> Finding:
    """The finding that a doubt about a case's images is."""
    file = f"{doubt.image}: {case[doubt.image]}"
    return Finding(doubt.severity, doubt.rule, case.get("center", ""), case["case_id"], file, doubt.found, doubt.action)


def with_mixed_columns(
    cases: Sequence[Mapping[str, str]], looks: Sequence[str], findings: Sequence[Finding]
) -> list[Finding]:
    """The findings of a centre, those of one mix-up of modalities that most cases share made one.

    Args:
        cases: rows of the centre's case table.
        looks: `Doubt.looks` of each, "" where nothing looks like another modality.
        findings: of its cases.
    """
    counts = Counter(filter(None, looks))
    shared, number = counts.most_common(1)[0] if counts else ("", 0)
    if number < _FEWEST_CASES or 2 * number <= len(cases):
        return list(findings)
    having = sorted(case["case_id"] for case, one in zip(cases, looks, strict=True) if one == shared)
    found = (
        f"the centre's modalities are mixed up: in {number} of {len(cases)} cases {shared}; cases: {', '.join(having)}"
    )
    together = Finding("warning", RULE, cases[0].get("center", ""), "", "", found, SWAP_ACTION)
    return [*(one for one in findings if one.rule != RULE or one.case_id not in having), together]
