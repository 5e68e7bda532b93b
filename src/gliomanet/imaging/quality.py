"""A centre's quality table: every case's figures, its outliers, and whether enough cases are left."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gliomanet.imaging.errors import StudyStopError

COLUMNS = (
    "case_id",
    "center",
    "status",
    "contrasts",
    "atlas_similarity",
    "similarity_t1",
    "similarity_t2",
    "similarity_flair",
    "brain_volume_ml",
    "tumour_volume_ml",
    "flags",
    "reason",
)
LARGEST_Z = 3.5
_FEWEST_CASES = 5
_LOW_IS_BAD = ("atlas_similarity", "similarity_t1", "similarity_t2", "similarity_flair")


def collect_qc(case_dirs: Sequence[Path], minimum_share: float) -> pd.DataFrame:
    """The figures of a centre's cases, a row a case in the order of their ids, outliers flagged.

    A case is flagged where its robust z (Iglewicz & Hoaglin 1993: 0.6745 (x - median) / MAD) among the centre's cases
    is below -3.5 for a similarity, or beyond 3.5 either way for the brain volume; from five cases on. Figures are empty
    for cases that failed or were dropped. Similarities are to the reference contrast, whose own is empty.

    Args:
        case_dirs: `results/preprocessed/<center>/<case>` folders, each with a `preprocess.json`.
        minimum_share: share of the cases that must be `ok`, 0 to 1.

    Raises:
        StudyStopError: fewer are; every other case is named with its reason.
    """
    records = [json.loads((path / "preprocess.json").read_text(encoding="utf-8")) for path in case_dirs]
    table = pd.DataFrame(
        [_row(record) for record in sorted(records, key=lambda r: str(r["case_id"]))], columns=list(COLUMNS)
    )
    ok = table["status"] == "ok"
    if len(table) and ok.mean() < minimum_share:
        lost = "\n".join(f"  - {row.case_id}: {row.status}: {row.reason}" for row in table[~ok].itertuples())
        raise StudyStopError(
            f"centre {table['center'].iloc[0]}: {int(ok.sum())} of {len(table)} cases survived preprocessing "
            f"({ok.mean():.0%}); minimum_share allows no less than {minimum_share:.0%}. Mend the "
            f"cases, or lower minimum_share:\n{lost}"
        )
    for column in (*_LOW_IS_BAD, "brain_volume_ml"):
        scores = robust_z(table[column].to_numpy(dtype=float))
        bad = scores < -LARGEST_Z if column in _LOW_IS_BAD else np.abs(scores) > LARGEST_Z
        for index in (int(i) for i in np.flatnonzero(bad)):
            flags = [
                *filter(None, [str(table.loc[index, "flags"])]),
                f"{column} is an outlier (robust z {scores[index]:.1f})",
            ]
            table.loc[index, "flags"] = "; ".join(flags)
    return table


def robust_z(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """0.6745 (x - median) / MAD of each value; NaN where it is NaN, 0 for all below five values or without spread."""
    known = values[~np.isnan(values)]
    if known.size < _FEWEST_CASES:
        return np.where(np.isnan(values), np.nan, 0.0)
    median = np.median(known)
    spread = np.median(np.abs(known - median))
    if spread == 0:
        return np.where(np.isnan(values), np.nan, 0.0)
    scores: np.ndarray[Any, Any] = 0.6745 * (values - median) / spread
    return scores


def _row(record: dict[str, Any]) -> dict[str, Any]:
    ok, qc = record["status"] == "ok", record["qc"]
    figures = {name: qc.get(name, np.nan) if ok else np.nan for name in COLUMNS[4:10]}
    return {
        "case_id": record["case_id"],
        "center": record["center"],
        "status": record["status"],
        "contrasts": ",".join(record["contrasts"]),
        **figures,
        "flags": "; ".join(qc.get("flags", [])),
        "reason": record["reason"],
    }
