"""A centre's quality table: every case's figures, what is wrong with them, and what becomes of the case."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from gliomanet.errors import StudyStopError
from gliomanet.modalities import MODALITIES
from gliomanet.tables.cohort import IMAGE_QUALITY

LARGEST_Z = 3.5
_FEWEST_CASES = 5


@dataclass(frozen=True)
class Figure:
    """A quality figure, and when it is wrong.

    Attributes:
        bad_side: which outliers of a centre are flagged: -1 low ones, 1 high ones, 2 both, 0 none.
        least: a value below is flagged whatever the other cases are.
        most: a value above is flagged whatever the other cases are.
        meaning: what a person should think of when it is flagged.
    """

    bad_side: Literal[-1, 0, 1, 2] = 0
    least: float = -np.inf
    most: float = np.inf
    meaning: str = ""


_MISPLACED = "the modality may not lie on the reference"
FIGURES: Mapping[str, Figure] = {
    "atlas_similarity": Figure(-1, meaning="the case may not lie on the atlas"),
    # Real modalities in place: .07 to .30, shifted by 15 mm: .02 to .05; phantoms in place: .17 to .57.
    **{f"similarity_{name}": Figure(-1, least=0.04, meaning=_MISPLACED) for name in MODALITIES},
    "coregistration_gain": Figure(
        0, least=-0.01, meaning="registration made a modality less alike than its header did"
    ),
    # In place: 0 to 2 mm; shifted by 15 mm along an axis: 14 to 16 mm, once 8 mm.
    "residual_shift_mm": Figure(0, most=5.0, meaning=_MISPLACED),
    "coverage": Figure(0, least=0.95, meaning="a modality does not show the whole brain"),
    "brain_volume_ml": Figure(2, least=900.0, meaning="the mask leaves brain out, or takes in more"),
    # Real cases and phantoms: .92 to .99.
    "mask_atlas_dice": Figure(-1, least=0.85, meaning="the mask is no brain's shape, or the case is not on the atlas"),
    # Good masks on heads with skull: .09 to .47 (few modalities), stripped images 0; eroded by 5 mm: .57 to 1.0.
    "rim_outside": Figure(0, most=0.5, meaning="brain lies outside the mask"),
    # Good masks: .36 to .90; grown by 5 mm: 0 to .16 with several modalities.
    "rim_inside": Figure(0, least=0.25, meaning="more than brain lies inside the mask, or a modality is off"),
    "tumour_volume_ml": Figure(0),
    "tumour_outside_brain": Figure(0, most=0.1, meaning="the brain mask cuts the tumour, or the tumour mask is off"),
}
"""The table's figures in their order. Bounds were set on four real cases, each as it is and spoilt, and on phantoms."""


def collect_qc(
    case_dirs: Sequence[Path],
    min_success_fraction: float,
    decisions: Mapping[str, tuple[str, str]] | None = None,
    review: Literal["keep", "exclude"] = "keep",
) -> pd.DataFrame:
    """The figures of a centre's cases, a row a case in the order of their ids, flagged and decided on.

    A case is flagged by what its own preprocessing saw; where a figure passes the bounds of `FIGURES`; and, from five
    cases on, where its robust z (Iglewicz & Hoaglin 1993: 0.6745 (x - median) / MAD) among the centre's cases is beyond
    3.5 in the direction that is bad. Figures are empty for cases that failed or were dropped, and for what a case
    lacks. Similarities are to the reference modality, whose own is empty.

    The pipeline's decision: `exclude` what has no images, `review` what carries a flag, else `keep`. A person's
    replaces it; on a case without images it is recorded, and changes nothing for the later stages.

    Args:
        case_dirs: `results/preprocessed/<center>/<case>` folders, each with a `preprocess.json`.
        min_success_fraction: share of the cases that must be `ok`, 0 to 1.
        decisions: case → a person's decision (`keep`, `review`, `exclude`) and its reason.
        review: `exclude` turns the pipeline's own reviews into exclusions; a person's `review` stays.

    Raises:
        StudyStopError: fewer are; every other case is named with its reason.
    """
    records = [json.loads((path / "preprocess.json").read_text(encoding="utf-8")) for path in case_dirs]
    table = pd.DataFrame(
        [_row(record) for record in sorted(records, key=lambda r: str(r["case_id"]))], columns=IMAGE_QUALITY.names()
    )
    ok = table["status"] == "ok"
    if len(table) and ok.mean() < min_success_fraction:
        lost = "\n".join(f"  - {row.case_id}: {row.status}: {row.reason}" for row in table[~ok].itertuples())
        raise StudyStopError(
            f"centre {table['center'].iloc[0]}: {int(ok.sum())} of {len(table)} cases survived preprocessing "
            f"({ok.mean():.0%}); min_success_fraction allows no less than {min_success_fraction:.0%}. Mend the "
            f"cases, or lower min_success_fraction:\n{lost}"
        )
    for index, flags in enumerate(_flags(table)):
        table.loc[index, "flags"] = "; ".join(flags)
    for index, row in enumerate(table.to_dict("records")):
        decision = _decide(row, (decisions or {}).get(str(row["case_id"])), review)
        table.loc[index, ["decision", "decided_by", "decision_reason"]] = decision
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


def is_outlier(score: float, figure: Figure) -> bool:
    """Whether a robust z is beyond `LARGEST_Z` in the figure's bad direction; never for NaN."""
    return (score < -LARGEST_Z and figure.bad_side in (-1, 2)) or (score > LARGEST_Z and figure.bad_side in (1, 2))


def is_out_of_bounds(value: float, figure: Figure) -> bool:
    """Whether a value passes the figure's own bounds; never for NaN."""
    return value < figure.least or value > figure.most


def _flags(table: pd.DataFrame) -> list[list[str]]:
    flags = [[text] if text else [] for text in table["flags"]]
    for column, figure in FIGURES.items():
        values = table[column].to_numpy(dtype=float)
        for index, (value, score) in enumerate(zip(values, robust_z(values), strict=True)):
            if is_out_of_bounds(value, figure) and not _said_before(column, flags[index]):
                bound = f"at least {figure.least:g}" if value < figure.least else f"at most {figure.most:g}"
                flags[index].append(f"{column} is {value:.3g}, allowed: {bound}: {figure.meaning}")
            if is_outlier(score, figure):
                flags[index].append(f"{column} is an outlier (robust z {score:.1f})")
    return flags


def _said_before(column: str, flags: Sequence[str]) -> bool:
    """Preprocessing has its own words, naming the modality, for what it saw already."""
    words = {"coverage": "of the brain", "tumour_outside_brain": "of the tumour lies outside"}
    return column in words and any(words[column] in flag for flag in flags)


def _decide(row: Mapping[Any, Any], person: tuple[str, str] | None, review: str) -> list[str]:
    if person is not None:
        return [person[0], "person", person[1]]
    if row["status"] != "ok":
        return ["exclude", "pipeline", f"preprocessing: {row['status']}"]
    if not row["flags"]:
        return ["keep", "pipeline", ""]
    if review == "exclude":
        return ["exclude", "pipeline", "flagged, and quality.review is exclude"]
    return ["review", "pipeline", "flagged"]


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    ok, qc = record["status"] == "ok", record["qc"]
    figures = dict.fromkeys(FIGURES, np.nan)
    if ok:
        figures |= {name: float(qc[name]) for name in FIGURES if name in qc}
        figures |= _over_modalities(qc)
    return {
        "case_id": record["case_id"],
        "center": record["center"],
        "status": record["status"],
        "modalities": ",".join(record["modalities"]),
        **figures,
        "flags": "; ".join(qc.get("flags", [])),
        "reason": record["reason"],
        "decision": "",
        "decided_by": "",
        "decision_reason": "",
    }


def _over_modalities(qc: Mapping[str, Any]) -> dict[str, float]:
    """The worst modality's figure, for what is told of each."""
    aligned = [name for name in MODALITIES if f"similarity_{name}" in qc and f"similarity_{name}_before" in qc]
    found = {
        "coregistration_gain": [qc[f"similarity_{name}"] - qc[f"similarity_{name}_before"] for name in aligned],
        "residual_shift_mm": [-qc[key] for name in MODALITIES if (key := f"residual_shift_{name}_mm") in qc],
        "coverage": [qc[key] for name in MODALITIES if (key := f"coverage_{name}") in qc],
    }
    worst = {column: float(min(values)) for column, values in found.items() if values}
    return {column: -value if column == "residual_shift_mm" else value for column, value in worst.items()}
