"""Quality control as pages: a centre's, and one a case. Local results: they show heads with skull."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gliomanet.reporting.quality.case_page import write_case_page
from gliomanet.reporting.quality.center_pages import write_center_pages
from gliomanet.reporting.quality.curves import bands_of, read_curves
from gliomanet.reporting.quality.measured import measured, tidy
from gliomanet.reporting.quality.records import page_name, record_of


def write_quality_pages(case_dirs: Sequence[Path], pictures: Path, table: pd.DataFrame, out_dir: Path) -> None:
    """Write a centre's pages: `index.html` and a page per case; equal inputs give equal bytes.

    Args:
        case_dirs: `results/preprocessed/<center>/<case>` folders.
        pictures: `results/pictures/<center>`, a folder per case.
        table: the centre's quality table, as `collect_qc` makes it.
        out_dir: `results/qc/<center>`.
    """
    curves = read_curves(case_dirs, pictures)
    bands = bands_of(curves)
    write_center_pages(case_dirs, pictures, table, out_dir / "index.html", curves=curves, bands=bands)
    in_order = tidy(table)
    metrics, rows = measured(in_order), in_order.to_dict("records")
    places = {str(row["case_id"]): at for at, row in enumerate(rows)}
    for case_dir in case_dirs:
        case_id = str(record_of(case_dir)["case_id"])
        out = out_dir / page_name(case_id)
        write_case_page(case_dir, pictures, places[case_id], rows, metrics, curves, bands, out)
