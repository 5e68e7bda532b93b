"""Quality table of a centre: image quality metrics of every case, its flags, and the decision on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from gliomanet.errors import Problem, StudyStopError
from gliomanet.files.reading_back import read_written_json
from gliomanet.modalities import MODALITIES
from gliomanet.tables.cohort import IMAGE_QUALITY, PREPROCESSED_CASES

LARGEST_Z = 3.5
_FEWEST_CASES = 5


@dataclass(frozen=True)
class MetricBounds:
    """Bounds of an image quality metric.

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
METRICS: Mapping[str, MetricBounds] = {
    "atlas_similarity": MetricBounds(-1, meaning="the case may not lie on the atlas"),
    # Real modalities in place: .07 to .30, shifted by 15 mm: .02 to .05; phantoms in place: .17 to .57.
    **{f"similarity_{name}": MetricBounds(-1, least=0.04, meaning=_MISPLACED) for name in MODALITIES},
    "coregistration_gain": MetricBounds(
        0, least=-0.01, meaning="registration made a modality less alike than its header did"
    ),
    # In place: 0 to 2 mm; shifted by 15 mm along an axis: 14 to 16 mm, once 8 mm.
    "residual_shift_mm": MetricBounds(0, most=5.0, meaning=_MISPLACED),
    "coverage": MetricBounds(0, least=0.95, meaning="a modality does not show the whole brain"),
    "brain_volume_ml": MetricBounds(2, least=900.0, meaning="the mask leaves brain out, or takes in more"),
    # Real cases and phantoms: .92 to .99.
    "mask_atlas_dice": MetricBounds(
        -1, least=0.85, meaning="the mask is no brain's shape, or the case is not on the atlas"
    ),
    # Good masks on heads with skull: .09 to .47 (few modalities), stripped images 0; eroded by 5 mm: .57 to 1.0.
    "rim_outside": MetricBounds(0, most=0.5, meaning="brain lies outside the mask"),
    # Good masks: .36 to .90; grown by 5 mm: 0 to .16 with several modalities.
    "rim_inside": MetricBounds(0, least=0.25, meaning="more than brain lies inside the mask, or a modality is off"),
    "tumour_volume_ml": MetricBounds(0),
    "tumour_outside_brain": MetricBounds(
        0, most=0.1, meaning="the brain mask cuts the tumour, or the tumour mask is off"
    ),
}
"""Image quality metrics of the table, in their order.

Bounds were set on four real cases, each as it is and spoilt, and on phantoms.
"""


def collect_qc(
    case_dirs: Sequence[Path],
    min_success_fraction: float,
    decisions: Mapping[str, tuple[str, str]] | None = None,
    review: Literal["keep", "exclude"] = "keep",
) -> pd.DataFrame:
    """Gather the image quality metrics of a centre's cases, one row per case in the order of their ids, with decisions.

    A case is flagged by what its own preprocessing saw; where a metric passes the bounds of `METRICS`; and, from five
    cases on, where its robust z (Iglewicz & Hoaglin 1993: 0.6745 (x - median) / MAD) among the centre's cases is beyond
    3.5 in the direction that is bad. Metrics are empty for cases that failed or were dropped, and for what a case
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
    records = [read_written_json(path / "preprocess.json", delete=path) for path in case_dirs]
    records.sort(key=lambda record: str(record["case_id"]))
    table = pd.DataFrame([_row(record) for record in records], columns=IMAGE_QUALITY.names())
    flagged = [record["qc"].get("flagged_metrics", ()) for record in records]
    ok = table["status"] == "ok"
    if len(table) and ok.mean() < min_success_fraction:
        lost = "\n".join(f"  - {row.case_id}: {row.status}: {row.reason}" for row in table[~ok].itertuples())
        found = (
            f"{int(ok.sum())} of {len(table)} cases survived preprocessing ({ok.mean():.0%}), and "
            f"min_success_fraction allows no less than {min_success_fraction:.0%}"
        )
        action = f"mend the cases, or lower min_success_fraction:\n{lost}"
        center = str(table["center"].iloc[0])
        raise StudyStopError(Problem(found, action, center=center, rule="too_few_cases_left"))
    for index, flags in enumerate(_flags(table, flagged)):
        table.loc[index, "flags"] = "; ".join(flags)
    for index, row in enumerate(table.to_dict("records")):
        decision = _decide(row, (decisions or {}).get(str(row["case_id"])), review)
        table.loc[index, ["decision", "decided_by", "decision_reason"]] = decision
    return table


def preprocessed_cases(case_dirs: Sequence[Path], contents: Sequence[Path]) -> pd.DataFrame:
    """Outcome, flag and content of a centre's cases, one row per case in the order of their ids; no decision is in it.

    Args:
        case_dirs: as given to `collect_qc`.
        contents: of each in the same order, the list of its files (see `files.contents`).
    """
    digests = {path.name: sha256(file.read_bytes()).hexdigest() for path, file in zip(case_dirs, contents, strict=True)}
    table = collect_qc(case_dirs, min_success_fraction=0)
    table["flagged"] = np.where(table["flags"].ne(""), "yes", "no")
    table["contents"] = table["case_id"].map(digests)
    return table[PREPROCESSED_CASES.names()]


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


def is_outlier(score: float, metric: MetricBounds) -> bool:
    """True for a robust z beyond `LARGEST_Z` in the metric's bad direction; never for NaN."""
    return (score < -LARGEST_Z and metric.bad_side in (-1, 2)) or (score > LARGEST_Z and metric.bad_side in (1, 2))


def is_out_of_bounds(value: float, metric: MetricBounds) -> bool:
    """True for a value that passes the metric's own bounds; never for NaN."""
    return value < metric.least or value > metric.most


def _flags(table: pd.DataFrame, flagged: Sequence[Collection[str]]) -> list[list[str]]:
    """Each case's flags: those of its preprocessing, then bounds of metrics that it did not flag, and outliers."""
    flags = [[text] if text else [] for text in table["flags"]]
    for column, metric in METRICS.items():
        values = table[column].to_numpy(dtype=float)
        for index, (value, score) in enumerate(zip(values, robust_z(values), strict=True)):
            if is_out_of_bounds(value, metric) and column not in flagged[index]:
                bound = f"at least {metric.least:g}" if value < metric.least else f"at most {metric.most:g}"
                flags[index].append(f"{column} is {value:.3g}, allowed: {bound}: {metric.meaning}")
            if is_outlier(score, metric):
                flags[index].append(f"{column} is an outlier (robust z {score:.1f})")
    return flags


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
    metrics = dict.fromkeys(METRICS, np.nan)
    if ok:
        metrics |= {name: float(qc[name]) for name in METRICS if name in qc}
        metrics |= _over_modalities(qc)
    return {
        "case_id": record["case_id"],
        "center": record["center"],
        "status": record["status"],
        "modalities": ",".join(record["modalities"]),
        **metrics,
        "flags": "; ".join(qc.get("flags", [])),
        "reason": record["reason"],
        "decision": "",
        "decided_by": "",
        "decision_reason": "",
    }


def _over_modalities(qc: Mapping[str, Any]) -> dict[str, float]:
    """The worst modality's value, for metrics of each modality."""
    aligned = [name for name in MODALITIES if f"similarity_{name}" in qc and f"similarity_{name}_before" in qc]
    found = {
        "coregistration_gain": [qc[f"similarity_{name}"] - qc[f"similarity_{name}_before"] for name in aligned],
        "residual_shift_mm": [-qc[key] for name in MODALITIES if (key := f"residual_shift_{name}_mm") in qc],
        "coverage": [qc[key] for name in MODALITIES if (key := f"coverage_{name}") in qc],
    }
    worst = {column: float(min(values)) for column, values in found.items() if values}
    return {column: -value if column == "residual_shift_mm" else value for column, value in worst.items()}
