"""Histograms of a centre's cases: each case's curve, and what all of them are together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gliomanet.files.reading_back import read_written_json
from gliomanet.reporting.quality.plots import Band, Curve, band_of, curve_of, shared_limits
from gliomanet.reporting.quality.records import record_of

Kind = tuple[str, str]
"""Modality, and "before" or "after" normalisation."""

Curves = Mapping[str, Mapping[Kind, Curve]]
"""Case → kind → its histogram."""


def read_curves(case_dirs: Sequence[Path], pictures: Path) -> dict[str, dict[Kind, Curve]]:
    """The histograms of the cases that have them.

    Args:
        case_dirs: `results/preprocessed/<center>/<case>` folders.
        pictures: `results/pictures/<center>`, a folder per case.
    """
    found: dict[str, dict[Kind, Curve]] = {}
    for case_dir in case_dirs:
        path = pictures / case_dir.name / "qc" / "histograms.json"
        if not path.is_file():
            continue
        case_id = str(record_of(case_dir)["case_id"])
        modalities = read_written_json(path, delete=pictures)["modalities"]
        found[case_id] = {
            (modality, when): curve_of(case_id, both[when])
            for modality, both in modalities.items()
            for when in ("before", "after")
        }
    return found


def bands_of(curves: Curves) -> dict[Kind, Band]:
    """Kind → axis, median and middle half of all cases' curves: once a centre, not once a case."""
    kinds = dict.fromkeys(kind for found in curves.values() for kind in found)
    everyone = {kind: [found[kind] for found in curves.values() if kind in found] for kind in kinds}
    return {kind: band_of(mine, shared_limits(mine)) for kind, mine in everyone.items()}
