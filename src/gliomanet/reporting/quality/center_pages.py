"""A centre's quality page, `index.html`; of a large centre it is a summary, and its cases are on pages of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gliomanet.imaging.quality.center_table import LARGEST_Z
from gliomanet.reporting.format import listing, plural
from gliomanet.reporting.quality.captions import EXPLAINED, HISTOGRAMS, MODALITIES, NAMES
from gliomanet.reporting.quality.curves import Curves, Kind, bands_of, read_curves
from gliomanet.reporting.quality.measured import Measured, measured, sentences, tidy
from gliomanet.reporting.quality.plots import MOST_DRAWN, Band, Curve, Dot, histograms, strip
from gliomanet.reporting.quality.records import address, picture, record_of
from gliomanet.reporting.quality.write_page import write_page

CASES_A_PAGE = 100
"""A centre of more cases has them on several pages: pictures are kept in the page, some 10 kB each."""


def write_center_pages(
    case_dirs: Sequence[Path],
    pictures: Path,
    table: pd.DataFrame,
    out: Path,
    *,
    curves: Curves | None = None,
    bands: Mapping[Kind, Band] | None = None,
) -> None:
    """Write a centre's page: whom to look at, every metric of every case, histograms, thumbnails, and the decisions.

    From `CASES_A_PAGE` cases on, it holds a searchable list of the cases, and their metrics and pictures follow on
    `pages/1.html`, …

    Args:
        case_dirs: `results/preprocessed/<center>/<case>` folders.
        pictures: `results/pictures/<center>`, a folder per case.
        table: the centre's quality table, as `collect_qc` makes it.
        out: `results/qc/<center>/index.html`; case pages are looked for beside it.
        curves: the histograms, see `read_curves`; default: read here.
        bands: what they are together, see `bands_of`; default: computed here.
    """
    table = tidy(table)
    metrics = measured(table)
    curves = read_curves(case_dirs, pictures) if curves is None else curves
    bands = bands_of(curves) if bands is None else bands
    folders = {str(record_of(path)["case_id"]): pictures / path.name for path in case_dirs}
    cases = [_listed(row, at, metrics, folders) for at, row in enumerate(table.to_dict("records"))]
    look = [case for case in cases if case["flags"] and case["ok"]]
    pages = [cases[start : start + CASES_A_PAGE] for start in range(0, len(cases), CASES_A_PAGE)]
    center = str(table["center"].iloc[0]) if len(table) else ""
    decided = table["decision"].value_counts()
    shared = {
        "center": center,
        "columns": [(NAMES[metric.name], EXPLAINED[metric.name]) for metric in metrics],
        "pages": [(f"{n}.html", page[0]["id"], page[-1]["id"]) for n, page in enumerate(pages, start=1)],
    }
    summary = {
        "totals": [
            (len(table), "cases"),
            *((int(decided.get(name, 0)), name) for name in ("keep", "review", "exclude")),
            (int((table["status"] != "ok").sum()), "without images"),
        ],
        "cases": cases,
        "is_paged": len(pages) > 1,
        "is_crowded": len(cases) > MOST_DRAWN,
        "look": _with_pictures(look[:CASES_A_PAGE]),
        "look_further": look[CASES_A_PAGE:],
        "lost": [case for case in cases if not case["ok"]],
        "strips": [_strip(metric, cases) for metric in metrics if metric.tells],
        "silent": [silent_sentence(metric) for metric in metrics if not metric.tells],
        "compared": int((table["status"] == "ok").sum()) >= 5,
        "histograms": _histograms(curves, bands, {case["id"] for case in cases if case["flags"]}),
        "histogram_words": HISTOGRAMS,
        "largest_z": LARGEST_Z,
    }
    if len(pages) <= 1:
        summary["cases"] = _with_pictures(cases)
    else:
        for number, page in enumerate(pages, start=1):
            own = {"number": number, "cases": _with_pictures(page)}
            write_page(out.parent / "pages" / f"{number}.html", "quality_list.html.j2", {**shared, **own})
    write_page(out, "quality_center.html.j2", {**shared, **summary})


def _listed(
    row: Mapping[Any, Any], at: int, metrics: Sequence[Measured], folders: Mapping[str, Path]
) -> dict[str, Any]:
    """A case as the centre's pages show it, but for its picture."""
    case_id, cells = str(row["case_id"]), []
    for metric in metrics:
        z, kind = metric.z(at), "wrong" if metric.is_wrong(at) else ""
        cells.append({"text": metric.value(at), "small": f"z {z}" if z else "", "kind": kind})
    return {
        "id": case_id,
        "page": address(case_id),
        "ok": row["status"] == "ok",
        "status": row["status"],
        "reason": row["reason"] or "no reason was recorded",
        "flags": sentences(row["flags"]),
        "decision": row["decision"] or "not decided",
        "decided_by": row["decided_by"],
        "decision_reason": row["decision_reason"],
        "cells": cells,
        "list": f"{at // CASES_A_PAGE + 1}.html",
        "folder": folders.get(case_id),
    }


def _with_pictures(cases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The cases of one page, with their thumbnails: of no more cases at once than are on a page."""
    folders = [case["folder"] for case in cases]
    found = [picture(folder / "qc" / "thumbnail.webp") if folder is not None else None for folder in folders]
    return [{**case, "thumbnail": thumbnail} for case, thumbnail in zip(cases, found, strict=True)]


def silent_sentence(metric: Measured) -> str:
    """Say in words what a strip of equal dots would show."""
    low, high = metric.number(float(metric.known.min())), metric.number(float(metric.known.max()))
    span = low if low == high else f"{low} to {high}"
    cases = "the one case" if len(metric.known) == 1 else f"all {len(metric.known)} cases"
    return f"{NAMES[metric.name]}: {span} in {cases} ({EXPLAINED[metric.name]})."


def _strip(metric: Measured, cases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    known, bounds = metric.known, metric.bounds
    spread = float(np.median(np.abs(known - metric.median))) if len(known) >= 5 and metric.bounds.bad_side else np.nan
    reach = LARGEST_Z * spread / 0.6745 if spread > 0 else np.nan
    low, high = metric.median - reach, metric.median + reach
    if bounds.bad_side == -1:
        high = np.inf if np.isnan(low) else max(high, float(known.max()))
    dots = [
        Dot(
            case["id"],
            float(metric.figures[at]),
            case["page"],
            metric.is_wrong(at),
            f"{case['id']}: {metric.value(at)}" + (f", robust z {z}" if (z := metric.z(at)) else ""),
        )
        for at, case in enumerate(cases)
        if not np.isnan(metric.figures[at])
    ]
    named = [dot.name for dot in dots if dot.outlier]
    name = NAMES[metric.name]
    drawing = strip(
        f"{name} of {plural(len(dots), 'case')}; outliers: {listing(named) or 'none'}",
        dots,
        least=bounds.least,
        most=bounds.most,
        center=metric.median,
        usual=(low, high),
    )
    return {"name": name, "explained": EXPLAINED[metric.name], "svg": drawing, "named": named}


def _histograms(curves: Curves, bands: Mapping[Kind, Band], flagged: set[str]) -> list[dict[str, Any]]:
    drawn = []
    for modality, name in MODALITIES.items():
        both: dict[str, Any] = {"name": name}
        for when in ("before", "after"):
            mine = [
                Curve(c.name, c.x, c.y, case_id in flagged)
                for case_id, found in curves.items()
                if (c := found.get((modality, when))) is not None
            ]
            if mine:
                label = f"{name} inside the brain {when} normalisation, {plural(len(mine), 'case')}"
                both[when] = histograms(label, mine, bands[modality, when])
        if "after" in both:
            drawn.append(both)
    return drawn
