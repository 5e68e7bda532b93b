"""Headline: what is shown first, and the mean over held-out centres."""

from dataclasses import replace

import pandas as pd

from gliomanet.reporting.study.page import write_report
from gliomanet.reporting.study.sections.headline import findings, headline, held_out_headline

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


def test_the_mean_over_held_out_centres_has_its_own_table():
    (table,) = held_out_headline(held_out_study())
    assert "Mean over held-out centres (A, B)" in table.caption
    assert [[cell.text for cell in row] for row in table.rows] == [["age", ".40 [.05, .50]"], ["net", ".30 [.05, .50]"]]
    assert table.rows[0][1].small == "n 60 (20+); centres .30 to .50"
    assert table.rows[0][1].kind == "best"
    names = [t.name for t in headline(held_out_study())]
    assert names == ["headline-without-A", "headline-without-B", "headline-from-A"]
    sentences = findings(held_out_study())
    assert len(sentences) == 2
    assert sentences[0].startswith("IDH (mean over held-out centres): the highest of 2 is .40")
    assert sentences[1].startswith("IDH (from-A): the highest of 2 is 1.00")


def test_a_scenario_without_an_estimable_value_is_named():
    table = held_out_study()
    table.loc[table["scenario"] == "from-A", "value"] = float("nan")
    assert "IDH (from-A): MCC is not estimable on the external cases." in findings(table)


def test_the_page_shows_it_first(image_study, tmp_path):
    write_report(replace(image_study, metrics=held_out_study()), tmp_path / "index.html")
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 0 < html.index('id="table-headline-held-out"') < html.index('id="table-headline-without-A"')


def test_without_such_a_design_there_is_no_such_table(image_study):
    assert held_out_headline(image_study.metrics) == []
