import re
from dataclasses import replace

import numpy as np
import pandas as pd

from gliomanet.reporting.study.page import write_report
from gliomanet.reporting.study.sections.segmentation import segmentation_table


def rows(*changes):
    base = {
        "model": "gmmas",
        "stage": "supervised",
        "scenario": "main",
        "role": "external",
        "center": "pooled",
        "region": "whole",
        "metric": "dice",
        "mean": 0.8312,
        "median": 0.85,
        "ci_low": 0.79,
        "ci_high": 0.87,
        "n": 40,
        "note": "",
    }
    return pd.DataFrame([{**base, **change} for change in changes])


HD95 = {"metric": "hd95_mm", "mean": 6.25, "median": 4.0, "ci_low": 5.1, "ci_high": 7.9, "n": 38}


def test_a_row_per_region_with_both_metrics():
    table = segmentation_table(rows({}, HD95))
    assert [column.title for column in table.columns] == [
        "Model",
        "Role",
        "Centre",
        "Region",
        "Dice",
        "n",
        "HD95, mm",
        "n",
    ]
    (row,) = table.rows
    assert [cell.text for cell in row] == ["gmmas", "external", "all centres", "whole", ".83", "40", "6.2", "38"]
    assert row[4].small == "[.79, .87] median .85"


def test_what_is_not_estimable_says_why():
    lost = {"mean": np.nan, "median": np.nan, "ci_low": np.nan, "ci_high": np.nan, "n": 0}
    note = "not estimable: no case has this metric"
    table = segmentation_table(rows({**lost, "note": note}, {**HD95, **lost, "note": note}))
    assert (table.rows[0][4].text, table.rows[0][4].small) == ("not estimable", "no case has this metric")


def test_several_scenarios_are_named_and_no_table_is_none():
    both = rows({}, HD95, {"scenario": "from-A"}, {**HD95, "scenario": "from-A"})
    assert segmentation_table(both).columns[1].title == "Scenario"
    assert not segmentation_table(None)


def test_the_page_shows_it_where_there_is_one(image_study, tmp_path):
    page = tmp_path / "index.html"
    write_report(replace(image_study, segmentation=rows({}, HD95)), page)
    html = page.read_text(encoding="utf-8")
    assert '<a href="#segmentation">Segmentation</a>' in html
    assert "[.79, .87] median .85" in html
    write_report(image_study, page)
    assert "segmentation" not in re.sub(r"<pre.*?</pre>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
