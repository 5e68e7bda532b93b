"""Identity by image fingerprints: the same voxels, or the same head, under two names."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from gliomanet.cohort.findings import Finding, Severity

PAIR_COLUMNS = ("center_a", "case_a", "center_b", "case_b", "modality", "similarity", "same_voxels")


def image_identity(
    pairs: pd.DataFrame, cases: pd.DataFrame, leaks: Collection[frozenset[str]] | None = None
) -> list[Finding]:
    """Findings on pairs of cases whose images look like one patient's.

    The same voxels under two names: error, fatal where one centre trains and the other tests. The same head under
    two patient ids: warning inside a centre, error across centres, fatal across training and test centres. Scans of one
    patient_id share a head, but not their voxels: warning.

    Args:
        pairs: `PAIR_COLUMNS`, one row per modality; `similarity` in [0, 1], `same_voxels`
            ("yes" or "no", as the fingerprints' table has it, or a truth value) whether the arrays are equal.
        cases: case tables of all centres; pairs of cases that it does not hold (excluded ones) are passed over.
        leaks: pairs of centres of which one trains and the other tests; default: by the roles of the cases.
    """
    rows = {(row["center"], row["case_id"]): row for row in cases.to_dict("records")}
    found: dict[tuple[tuple[str, str], tuple[str, str]], list[dict[Any, Any]]] = {}
    for pair in pairs.to_dict("records"):
        one, other = sorted([(pair["center_a"], pair["case_a"]), (pair["center_b"], pair["case_b"])])
        if one != other and one in rows and other in rows:
            found.setdefault((one, other), []).append(pair)
    findings = [_judge(rows[one], rows[other], together, leaks) for (one, other), together in sorted(found.items())]
    return [finding for finding in findings if finding is not None]


def _judge(
    one: dict[Any, Any], other: dict[Any, Any], pairs: list[dict[Any, Any]], leaks: Collection[frozenset[str]] | None
) -> Finding | None:
    centers = frozenset((one["center"], other["center"]))
    same_patient = one["patient_id"] == other["patient_id"] and len(centers) == 1
    equal = [pair for pair in pairs if pair["same_voxels"] in ("yes", True)]
    if same_patient and not equal:
        return None
    leak = centers in leaks if leaks is not None else len(centers) == 2 and _trains(one) != _trains(other)
    severity: Severity = "fatal" if leak else "error"
    if same_patient or (len(centers) == 1 and not equal):
        severity = "warning"
    told = sorted(equal or pairs, key=lambda pair: (-float(pair["similarity"]), str(pair["modality"])))
    modalities = ", ".join(f"{pair['modality']} {float(pair['similarity']):.3f}" for pair in told)
    what = "the same voxels" if equal else "the same head"
    return Finding(
        severity,
        "same_voxels_under_two_names" if equal else "same_head_under_two_names",
        other["center"],
        other["case_id"],
        "",
        f"case {other['case_id']!r} shows {what} as case {one['case_id']!r} of centre {one['center']} "
        f"(patients {one['patient_id']!r}, {other['patient_id']!r}); similarity: {modalities}",
        "look at both; exclude one in quality.decisions, or give both the same patient_id inside a centre",
    )


def _trains(row: dict[Any, Any]) -> bool:
    return bool(row["role"] != "external")
