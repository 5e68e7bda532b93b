"""One case's quality page: its decision, its metrics among the centre's, every picture and how to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gliomanet.reporting.format import plural
from gliomanet.reporting.quality.captions import EXPLAINED, HISTOGRAMS, MODALITIES, NAMES, OVERVIEW, SECTIONS
from gliomanet.reporting.quality.curves import Curves, Kind
from gliomanet.reporting.quality.measured import Measured, sentences
from gliomanet.reporting.quality.plots import Band, histogram_of_case
from gliomanet.reporting.quality.records import address, picture, record_of
from gliomanet.reporting.quality.write_page import write_page


def write_case_page(
    case_dir: Path,
    pictures: Path,
    at: int,
    rows: list[dict[Any, Any]],
    metrics: list[Measured],
    curves: Curves,
    bands: Mapping[Kind, Band],
    out: Path,
) -> None:
    """Write one case's page.

    Args:
        case_dir: the case's folder, with `preprocess.json`.
        pictures: the centre's pictures, a folder per case with `qc.png` and `qc/`.
        at: place of its row.
        rows: those of the centre's tidy quality table.
        metrics: the centre's.
        curves: the centre's histograms.
        bands: what they are together.
        out: the HTML file.
    """
    record, row = record_of(case_dir), rows[at]
    case_id, folder = str(row["case_id"]), pictures / case_dir.name
    beside = {"previous": at - 1, "next": at + 1}
    ids = {name: str(rows[other]["case_id"]) for name, other in beside.items() if 0 <= other < len(rows)}
    context = {
        "case_id": case_id,
        "center": str(row["center"]),
        "row": {**row, "flags": sentences(row["flags"])},
        "ok": record["status"] == "ok",
        "metrics": [_shown(metric, at) for metric in metrics],
        "sections": SECTIONS,
        "pictures": {one.anchor: picture(folder / "qc" / f"{one.anchor}.webp") for one in SECTIONS},
        "scans": _scans(record),
        "histograms": _histograms(curves.get(case_id, {}), bands),
        "histogram_words": HISTOGRAMS,
        "overview": picture(folder / "qc.png"),
        "overview_words": OVERVIEW,
        "steps": record.get("steps", []),
        "versions": record.get("versions", {}),
        **{name: (ids[name], address(ids[name])) if name in ids else None for name in beside},
        "place": f"case {at + 1} of {len(rows)}",
    }
    write_page(out, "quality_case.html.j2", context)


def _shown(metric: Measured, at: int) -> dict[str, str]:
    bounds, known = metric.bounds, metric.known
    allowed = [f"at least {bounds.least:g}"] if np.isfinite(bounds.least) else []
    allowed += [f"at most {bounds.most:g}"] if np.isfinite(bounds.most) else []
    return {
        "name": NAMES[metric.name],
        "explained": EXPLAINED[metric.name],
        "value": metric.value(at),
        "center": f"{metric.number(metric.median)} ({metric.number(known.min())} to {metric.number(known.max())})",
        "z": metric.z(at),
        "allowed": " and ".join(allowed),
        "wrong": bounds.meaning if metric.is_wrong(at) else "",
    }


def _histograms(own: Mapping[Kind, Any], bands: Mapping[Kind, Band]) -> list[dict[str, Any]]:
    drawn = []
    for modality, name in MODALITIES.items():
        both: dict[str, Any] = {"name": name}
        for when in ("before", "after"):
            if (modality, when) in own:
                band = bands[modality, when]
                label = f"{name} inside the brain {when} normalisation, this case over {plural(band.number, 'case')}"
                both[when] = histogram_of_case(label, own[modality, when], band)
        if "after" in both:
            drawn.append(both)
    return drawn


def _scans(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each modality's file as its header describes it."""
    rows = []
    for modality, name in MODALITIES.items():
        entry = record.get("transforms", {}).get(modality)
        if entry is None:
            continue
        spacing = np.sqrt((np.array(entry["affine"])[:3, :3] ** 2).sum(axis=0))
        rows.append(
            {
                "name": name + (" (reference)" if modality == record.get("reference") else ""),
                "size": " x ".join(str(n) for n in entry["shape"]),
                "spacing": " x ".join(f"{s:.3g}" for s in spacing),
                "orientation": entry.get("orientation", ""),
            }
        )
    return rows
