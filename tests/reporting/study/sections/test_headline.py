"""Headline: what is shown first, and the mean over held-out centres."""

from dataclasses import replace

import pandas as pd

from gliomanet.reporting.study.page import write_report
from gliomanet.reporting.study.sections.headline import (
    gain_table,
    headline,
    held_out_headline,
    order_of,
    shown_and_further,
)

COLUMNS = ["model", "stage", "scenario", "role", "center", "task", "subset", "metric", "value", "ci_low", "ci_high"]


def held_out_study() -> pd.DataFrame:
    """Two centres, each held out in turn; a further scenario; two models."""
    rows = []
    for model, shift in (("net", 0.0), ("age", 0.1)):
        keys = (model, "supervised")
        for scenario, center, value in (("without-A", "A", 0.2), ("without-B", "B", 0.4), ("from-A", "B", 0.9)):
            for name in (center, "pooled"):
                values = (value + shift, 0.1, 0.6, 30, 10, "")
                rows.append((*keys, scenario, "external", name, "idh", "all", "mcc", *values))
        note = "random effects over 2 centres: tau2 0.01, I2 0.2"
        values = (0.3 + shift, 0.05, 0.5, 60, 20, note)
        rows.append((*keys, "leave-one-center-out", "external", "summary", "idh", "all", "mcc", *values))
    return pd.DataFrame(rows, columns=[*COLUMNS, "n", "n_positive", "note"])


ORDER = ["net", "age"]


def test_the_mean_over_held_out_centres_has_its_own_table_in_the_studys_order():
    (table,) = held_out_headline(held_out_study(), ORDER)
    assert "Mean over held-out centres (A, B)" in table.caption
    assert [[cell.text for cell in row] for row in table.rows] == [["net", ".30 [.05, .50]"], ["age", ".40 [.05, .50]"]]
    assert table.rows[1][1].small == "n 60 (20+); centres .30 to .50"
    assert {cell.kind for row in table.rows for cell in row} == {"", "number"}  # none stands out for being higher
    names = [t.name for t in headline(held_out_study(), ORDER)]
    assert names == ["headline-without-A", "headline-without-B", "headline-from-A"]


def test_the_declared_model_comes_first_then_the_reference(image_study):
    settings = {**image_study.study["evaluation"], "primary_model": "forest", "reference": "age_only"}
    results = replace(image_study, study={**image_study.study, "evaluation": settings})
    assert order_of(results) == ["forest", "age_only", "cmtlnet"]
    assert order_of(image_study) == ["cmtlnet", "forest", "age_only"]


def test_the_forest_shows_each_centre_as_it_was_held_out_and_keeps_the_rest_below():
    shown, rest = shown_and_further(held_out_study())
    assert set(shown["scenario"]) == {"without-A", "without-B", "leave-one-center-out"}
    assert "pooled" not in set(shown["center"])
    assert "from-A" in set(rest["scenario"])
    assert len(shown) + len(rest) == len(held_out_study())


def test_a_study_without_a_declared_pair_has_no_table_of_its_gain(image_study):
    assert gain_table(image_study) is None


def test_the_page_shows_it_first(image_study, tmp_path):
    write_report(replace(image_study, metrics=held_out_study()), tmp_path / "index.html")
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 0 < html.index('id="table-headline-held-out"') < html.index('id="table-headline-without-A"')


def test_without_such_a_design_there_is_no_such_table(image_study):
    assert held_out_headline(image_study.metrics, ORDER) == []
