"""Findings on what modalities are called: of a case, and of a centre whose columns are mixed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gliomanet.cohort.findings import Finding
from gliomanet.imaging.modality_check.doubts import SWAP_ACTION, Doubt
from gliomanet.modalities import MODALITIES

RULE = "modality_unlike_its_name"
_FEWEST_CASES = 3

Looks = Mapping[str, tuple[str, ...]]
"""`Doubt.looks`."""


def doubt_finding(doubt: Doubt, case: Mapping[str, str]) -> Finding:
    """The finding that a doubt about a case's images is."""
    file = f"{doubt.image}: {case[doubt.image]}"
    return Finding(doubt.severity, doubt.rule, case.get("center", ""), case["case_id"], file, doubt.found, doubt.action)


def with_mixed_columns(
    cases: Sequence[Mapping[str, str]], looks: Sequence[Looks], findings: Sequence[Finding]
) -> list[Finding]:
    """The findings of a centre, those of one mix-up of modalities that most cases share made one.

    Args:
        cases: rows of the centre's case table.
        looks: `Doubt.looks` of each, empty where nothing looks like another modality.
        findings: of its cases.
    """
    shared = _shared(looks)
    having = sorted(case["case_id"] for case, one in zip(cases, looks, strict=True) if one and _fits(one, shared))
    if len(having) < _FEWEST_CASES or 2 * len(having) <= len(cases):
        return list(findings)
    said = ", ".join(f"{name} looks like {like}" for name, like in shared.items())
    found = (
        f"the centre's modalities are mixed up: in {len(having)} of {len(cases)} cases {said}; "
        f"cases: {', '.join(having)}"
    )
    together = Finding("warning", RULE, cases[0].get("center", ""), "", "", found, SWAP_ACTION)
    return [*(one for one in findings if one.rule != RULE or one.case_id not in having), together]


def _shared(looks: Sequence[Looks]) -> dict[str, str]:
    """Modality → what it looks like in most cases, of the modalities that most doubtful cases name."""
    doubtful = [one for one in looks if one]
    shared = {}
    for name in MODALITIES:
        likes = [one[name] for one in doubtful if name in one]
        if 2 * len(likes) > len(doubtful):
            # A case that leaves it open (T1 or T1c) is half a vote for either.
            votes = {like: sum(1 / len(some) for some in likes if like in some) for like in MODALITIES}
            shared[name] = max(votes, key=lambda like: votes[like])
    return shared


def _fits(looks: Looks, shared: Mapping[str, str]) -> bool:
    named = [name for name in looks if name in shared]
    return bool(named) and all(shared[name] in looks[name] for name in named)
