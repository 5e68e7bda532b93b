"""Quality control as pages: one a centre, `index.html`, and one a case. Local results: they show heads with skull."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gliomanet.files.atomic import write_atomically
from gliomanet.imaging.quality.center_table import LARGEST_Z, METRICS, is_out_of_bounds, is_outlier, robust_z
from gliomanet.reporting.format import MINUS, listing, plural
from gliomanet.reporting.quality.captions import EXPLAINED, HISTOGRAMS, MODALITIES, NAMES, OVERVIEW, SECTIONS
from gliomanet.reporting.quality.plots import Curve, Dot, curve_of, histograms, shared_limits, strip

Curves = Mapping[str, Mapping[tuple[str, str], Curve]]
"""Case → (modality, "before" or "after") → its histogram."""

_PLACES = {
    "residual_shift_mm": 1,
    "brain_volume_ml": 0,
    "tumour_volume_ml": 1,
    "coverage": 2,
    "tumour_outside_brain": 2,
}


def write_quality_pages(case_dirs: Sequence[Path], pictures: Path, table: pd.DataFrame, out_dir: Path) -> None:
    """Write a centre's pages: `index.html` and a page per case; equal inputs give equal bytes.

    Args:
        case_dirs: `results/preprocessed/<center>/<case>` folders.
        pictures: `results/pictures/<center>`, a folder per case.
        table: the centre's quality table, as `collect_qc` makes it.
        out_dir: `results/qc/<center>`.
    """
    curves = read_curves(case_dirs, pictures)
    write_center_page(case_dirs, pictures, table, out_dir / "index.html", curves=curves)
    rows = {str(row["case_id"]): row for row in _tidy(table).to_dict("records")}
    for case_dir in case_dirs:
        case_id = str(_record(case_dir)["case_id"])
        write_case_page(case_dir, pictures, rows[case_id], table, out_dir / page_name(case_id), curves=curves)


def write_case_page(
    case_dir: Path,
    pictures: Path,
    qc_row: Mapping[Any, Any],
    center_table: pd.DataFrame,
    out: Path,
    *,
    curves: Curves | None = None,
) -> None:
    """Write one case's page: its decision, its metrics among the centre's, every picture and how to judge it.

    Args:
        case_dir: the case's folder, with `preprocess.json`.
        pictures: the centre's pictures, a folder per case with `qc.png` and `qc/`.
        qc_row: its row of the centre's quality table.
        center_table: that table.
        out: the HTML file.
        curves: the centre's histograms, see `read_curves`; default: the case's own, alone.
    """
    record, case_id = _record(case_dir), str(qc_row["case_id"])
    table = _tidy(center_table)
    ids = [str(name) for name in table["case_id"]]
    here = ids.index(case_id)
    curves = read_curves([case_dir], pictures) if curves is None else curves
    folder = pictures / case_dir.name
    context = {
        "case_id": case_id,
        "center": str(qc_row["center"]),
        "row": {**qc_row, "flags": _sentences(qc_row["flags"])},
        "ok": record["status"] == "ok",
        "metrics": _case_metrics(case_id, table),
        "sections": SECTIONS,
        "pictures": {one.anchor: _picture(folder / "qc" / f"{one.anchor}.webp") for one in SECTIONS},
        "scans": _scans(record),
        "histograms": _case_histograms(case_id, curves),
        "histogram_words": HISTOGRAMS,
        "overview": _picture(folder / "qc.png"),
        "overview_words": OVERVIEW,
        "steps": record.get("steps", []),
        "versions": record.get("versions", {}),
        "previous": (ids[here - 1], _address(ids[here - 1])) if here else None,
        "next": (ids[here + 1], _address(ids[here + 1])) if here + 1 < len(ids) else None,
        "place": f"case {here + 1} of {len(ids)}",
    }
    _write(out, "quality_case.html.j2", context)


def write_center_page(
    case_dirs: Sequence[Path], pictures: Path, table: pd.DataFrame, out: Path, *, curves: Curves | None = None
) -> None:
    """Write a centre's page: whom to look at, every metric of every case, histograms, thumbnails, and the decisions.

    Args:
        case_dirs: `results/preprocessed/<center>/<case>` folders.
        pictures: `results/pictures/<center>`, a folder per case.
        table: the centre's quality table, as `collect_qc` makes it.
        out: `results/qc/<center>/index.html`; case pages are looked for beside it.
        curves: the histograms, see `read_curves`; default: read here.
    """
    table = _tidy(table)
    curves = read_curves(case_dirs, pictures) if curves is None else curves
    folders = {str(_record(path)["case_id"]): pictures / path.name for path in case_dirs}
    cases = [_listed(row, table, folders.get(str(row["case_id"]))) for row in table.to_dict("records")]
    decided = table["decision"].value_counts()
    context = {
        "center": str(table["center"].iloc[0]) if len(table) else "",
        "totals": [
            (len(table), "cases"),
            *((int(decided.get(name, 0)), name) for name in ("keep", "review", "exclude")),
            (int((table["status"] != "ok").sum()), "without images"),
        ],
        "cases": cases,
        "look": [case for case in cases if case["flags"] and case["ok"]],
        "lost": [case for case in cases if not case["ok"]],
        "strips": _strips(table),
        "compared": int((table["status"] == "ok").sum()) >= 5,
        "histograms": _center_histograms(curves, {case["id"] for case in cases if case["flags"]}),
        "histogram_words": HISTOGRAMS,
        "columns": [(NAMES[name], EXPLAINED[name]) for name in _shown(table)],
        "largest_z": LARGEST_Z,
    }
    _write(out, "quality_center.html.j2", context)


def page_name(case_id: str) -> str:
    """`<case>.html`; a case called "index" makes way for the centre's page."""
    return f"{case_id}.html" if case_id != "index" else "index-case.html"


def read_curves(case_dirs: Sequence[Path], pictures: Path) -> dict[str, dict[tuple[str, str], Curve]]:
    """The histograms of the cases that have them."""
    found: dict[str, dict[tuple[str, str], Curve]] = {}
    for case_dir in case_dirs:
        path = pictures / case_dir.name / "qc" / "histograms.json"
        if not path.is_file():
            continue
        case_id = str(_record(case_dir)["case_id"])
        modalities = json.loads(path.read_text(encoding="utf-8"))["modalities"]
        found[case_id] = {
            (modality, when): curve_of(case_id, both[when])
            for modality, both in modalities.items()
            for when in ("before", "after")
        }
    return found


def _tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Metrics as floats, the rest as text without NaN, in the order of the case ids."""
    table = table.copy()
    for column in (*METRICS, "case_id", "center", "status", "flags", "reason", "decision", "decided_by"):
        if column not in table:
            table[column] = np.nan if column in METRICS else ""
    if "decision_reason" not in table:
        table["decision_reason"] = ""
    for column in table.columns:
        if column in METRICS:
            table[column] = pd.to_numeric(table[column], errors="coerce").astype(float)
        else:
            table[column] = table[column].astype(object).where(table[column].notna(), "").map(str)
    return table.sort_values("case_id", kind="stable").reset_index(drop=True)


def _shown(table: pd.DataFrame) -> list[str]:
    return [name for name in METRICS if table[name].notna().any()]


def _case_metrics(case_id: str, table: pd.DataFrame) -> list[dict[str, str]]:
    rows, here = [], int(np.flatnonzero(table["case_id"] == case_id)[0])
    for name in _shown(table):
        values, metric = table[name].to_numpy(dtype=float), METRICS[name]
        value, score = float(values[here]), float(robust_z(values)[here])
        known = values[~np.isnan(values)]
        allowed = [f"at least {metric.least:g}"] if np.isfinite(metric.least) else []
        allowed += [f"at most {metric.most:g}"] if np.isfinite(metric.most) else []
        wrong = is_out_of_bounds(value, metric) or is_outlier(score, metric)
        rows.append(
            {
                "name": NAMES[name],
                "explained": EXPLAINED[name],
                "value": _number(name, value),
                "center": f"{_number(name, float(np.median(known)))} "
                f"({_number(name, known.min())} to {_number(name, known.max())})",
                "z": _score(score, values),
                "allowed": " and ".join(allowed),
                "wrong": metric.meaning if wrong else "",
            }
        )
    return rows


def _listed(row: Mapping[Any, Any], table: pd.DataFrame, folder: Path | None) -> dict[str, Any]:
    """A case as the centre's page shows it."""
    cells = []
    for name in _shown(table):
        values, metric = table[name].to_numpy(dtype=float), METRICS[name]
        at = int(np.flatnonzero(table["case_id"] == row["case_id"])[0])
        score = float(robust_z(values)[at])
        kind = "wrong" if is_out_of_bounds(values[at], metric) or is_outlier(score, metric) else ""
        z = _score(score, values)
        cells.append({"text": _number(name, float(values[at])), "small": f"z {z}" if z else "", "kind": kind})
    return {
        "id": str(row["case_id"]),
        "page": _address(str(row["case_id"])),
        "ok": row["status"] == "ok",
        "status": row["status"],
        "reason": row["reason"] or "no reason was recorded",
        "flags": _sentences(row["flags"]),
        "decision": row["decision"] or "not decided",
        "decided_by": row["decided_by"],
        "decision_reason": row["decision_reason"],
        "cells": cells,
        "thumbnail": _picture(folder / "qc" / "thumbnail.webp") if folder is not None else None,
    }


def _strips(table: pd.DataFrame) -> list[dict[str, Any]]:
    drawn = []
    for name in _shown(table):
        values, metric = table[name].to_numpy(dtype=float), METRICS[name]
        scores = robust_z(values)
        known = values[~np.isnan(values)]
        center = float(np.median(known))
        spread = float(np.median(np.abs(known - center))) if len(known) >= 5 and metric.bad_side else np.nan
        reach = LARGEST_Z * spread / 0.6745 if spread > 0 else np.nan
        low, high = center - reach, center + reach
        if metric.bad_side == -1:
            high = np.inf if np.isnan(low) else max(high, float(known.max()))
        dots = [
            Dot(
                str(case_id),
                float(value),
                _address(str(case_id)),
                is_out_of_bounds(value, metric) or is_outlier(score, metric),
                f"{case_id}: {_number(name, value)}" + (f", robust z {z}" if (z := _score(score, values)) else ""),
            )
            for case_id, value, score in zip(table["case_id"], values, scores, strict=True)
            if not np.isnan(value)
        ]
        named = [dot.name for dot in dots if dot.outlier]
        drawing = strip(
            f"{NAMES[name]} of {plural(len(dots), 'case')}; outliers: {listing(named) or 'none'}",
            dots,
            least=metric.least,
            most=metric.most,
            center=center,
            usual=(low, high),
        )
        drawn.append({"name": NAMES[name], "explained": EXPLAINED[name], "svg": drawing, "named": named})
    return drawn


def _center_histograms(curves: Curves, flagged: set[str]) -> list[dict[str, Any]]:
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
                both[when] = histograms(label, mine, limits=shared_limits(mine))
        if "after" in both:
            drawn.append(both)
    return drawn


def _case_histograms(case_id: str, curves: Curves) -> list[dict[str, Any]]:
    drawn = []
    for modality, name in MODALITIES.items():
        both: dict[str, Any] = {"name": name}
        for when in ("before", "after"):
            own = curves.get(case_id, {}).get((modality, when))
            everyone = [c for found in curves.values() if (c := found.get((modality, when))) is not None]
            if own is not None:
                label = f"{name} inside the brain {when} normalisation, this case over {plural(len(everyone), 'case')}"
                both[when] = histograms(label, everyone, own=own, limits=shared_limits(everyone))
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


def _sentences(flags: str) -> list[str]:
    """Flags with the metrics' labels instead of the table's."""
    said = []
    for flag in (part.strip() for part in str(flags).split(";")):
        column, separator, rest = flag.partition(" ")
        said.append(f"{NAMES[column].partition(',')[0]}{separator}{rest}" if column in NAMES else flag)
    return [flag for flag in said if flag]


def _score(score: float, values: np.ndarray[Any, Any]) -> str:
    """A robust z as text; nothing where there are too few cases or most are equal, so that every z is 0."""
    return f"{score:+.1f}".replace("-", MINUS) if not np.isnan(score) and np.nan_to_num(robust_z(values)).any() else ""


def _number(name: str, value: float) -> str:
    if np.isnan(value):
        return ""
    return f"{value:,.{_PLACES.get(name, 3)}f}".replace("-", MINUS)


def _address(case_id: str) -> str:
    return quote(page_name(case_id))


def _picture(path: Path) -> str | None:
    if not path.is_file():
        return None
    kind = "png" if path.suffix == ".png" else "webp"
    return f"data:image/{kind};base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def _record(case_dir: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((case_dir / "preprocess.json").read_text(encoding="utf-8"))
    return record


def _write(out: Path, template: str, context: Mapping[str, Any]) -> None:
    environment = Environment(
        loader=PackageLoader("gliomanet.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, Markup(environment.get_template(template).render(context)).encode())
