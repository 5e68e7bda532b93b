"""Quality control: metrics by centre, flagged cases and contact sheets."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from gliomanet.reporting.embed import embed_sheets
from gliomanet.reporting.format import count, number, plural
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric

QC = ("case_id", "center", "status", "flags")
SHOWN_METRICS = {
    "atlas_similarity": "Similarity to the atlas",
    "similarity_t1": "T1 to reference",
    "similarity_t2": "T2 to reference",
    "similarity_flair": "FLAIR to reference",
    "brain_volume_ml": "Brain, ml",
    "tumour_volume_ml": "Tumour, ml",
}


def section(results: StudyResults) -> Section | None:
    """Image quality metrics and contact sheets, where images were preprocessed."""
    table, sheets, sent = qc_table(results.qc), embed_sheets(results.sheets), sent_table(results.sent_quality)
    if not (table or sheets or sent):
        return None
    content = {"table": table, "flagged": flagged_table(results.qc), "sent": sent, "sheets": sheets}
    return Section("quality", "Quality control", content)


def qc_table(qc: pd.DataFrame | None) -> Table:
    """Median and range of each centre's image quality metrics."""
    table = tidy(qc, text=QC)
    shown = [name for name in SHOWN_METRICS if name in table and table[name].notna().any()]
    rows = []
    for center, mine in table.groupby("center", sort=False):
        row = [
            Cell(str(center)),
            numeric(count((mine["status"] == "ok").sum())),
            numeric(count((mine["flags"] != "").sum())),
        ]
        for name in shown:
            known, digits = mine[name].dropna(), 0 if name.endswith("_ml") else 2
            show = count if digits == 0 else number
            row.append(
                numeric(show(known.median()), f"{show(known.min())} to {show(known.max())}")
                if len(known)
                else Cell("–", kind="number")
            )
        rows.append(tuple(row))
    columns = [Column("Centre"), Column("Usable cases", True), Column("Flagged", True)]
    columns += [Column(SHOWN_METRICS[name], True) for name in shown]
    return Table("qc", "Image quality metrics: median, and the range below it.", tuple(columns), tuple(rows))


def sent_table(sent: Mapping[str, pd.DataFrame]) -> Table:
    """Image quality at hospitals that keep their scans: median and quartiles, as they sent them."""
    tables = {center: tidy(table, text=("metric",)) for center, table in sent.items()}
    found = {name for table in tables.values() for name in table["metric"]}
    shown = [name for name in SHOWN_METRICS if name in found]
    rows = []
    for center, table in tables.items():
        row, of_metric = [Cell(center)], {one["metric"]: one for one in table.to_dict("records")}
        for name in shown:
            show = count if name.endswith("_ml") else number
            one = of_metric.get(name)
            row.append(
                numeric(show(one["median"]), f"{show(one['lower'])} to {show(one['upper'])} ({count(one['n'])} cases)")
                if one
                else Cell("–", kind="number")
            )
        rows.append(tuple(row))
    columns = [Column("Centre"), *(Column(SHOWN_METRICS[name], True) for name in shown)]
    caption = "Hospitals that keep their scans: median, and the quartiles below it. Nobody of this study saw an image."
    return Table("qc-sent", caption, tuple(columns), tuple(rows))


def flagged_table(qc: pd.DataFrame | None) -> Table:
    """Flagged cases, with what is unusual about them."""
    table = tidy(qc, text=QC)
    rows = [
        (
            Cell(row["case_id"]),
            Cell(row["center"]),
            Cell(row["flags"].replace("_", " ").replace(",", ", ").replace(",  ", ", ")),
        )
        for row in table[table["flags"] != ""].to_dict("records")
    ]
    columns = (Column("Case"), Column("Centre", choose=True), Column("Flags"))
    caption = f"{plural(len(rows), 'case')} far from the rest of the centre: look at the pictures before trusting them."
    return Table("flagged", caption, columns, tuple(rows), filterable=len(rows) > 12)
