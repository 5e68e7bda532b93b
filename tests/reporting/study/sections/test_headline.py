"""Headline: what is shown first, and the mean over held-out centres."""

from dataclasses import replace

import pandas as pd

from gliomanet.reporting.study.answers import order_of
from gliomanet.reporting.study.page import write_report
from gliomanet.reporting.study.sections.headline import (
    gain_rows,
    gain_table,
    headline,
    held_out_headline,
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


def compared(**changes) -> pd.DataFrame:
    """Comparisons of the forest with age in two centres and over them; changes are of the rows of the question."""
    rows = []
    for task, positive in (("grade", float("nan")), ("idh", 9.0)):
        for center in ("stratified", "east", "west"):
            for metric, low in (("auc", 0.01), ("mcc", -0.02)):
                question = center == "stratified"
                row = {"scenario": "main", "stage_a": "supervised", "stage_b": "supervised", "model_a": "forest"}
                row |= {"model_b": "age_only", "role": "external", "center": center, "task": task, "subset": "all"}
                row |= {"metric": metric, "value_a": 0.93, "value_b": 0.9, "ci_low": low, "p": 0.001}
                row |= {"difference": 0.03 if metric == "auc" else 0.05, "ci_high": 0.05 if metric == "auc" else 0.09}
                row |= {"p_holm": 0.003 if metric == "auc" else 1.0, "n": 37, "n_positive": positive, "note": ""}
                row |= {"family": "reference" if question else "exploratory"} | (changes if question else {})
                rows.append(row)
    return pd.DataFrame(rows)


ORDER = ["net", "age"]


def test_the_mean_over_held_out_centres_has_its_own_table_in_the_studys_order():
    (table,) = held_out_headline(held_out_study(), ORDER)
    assert "Mean over held-out centres (A, B)" in table.caption
    assert [[cell.text for cell in row] for row in table.rows] == [["net", ".30 [.05, .50]"], ["age", ".40 [.05, .50]"]]
    assert table.rows[1][1].small == "n 60 (20+); centres .30 to .50"
    assert {cell.kind for row in table.rows for cell in row} == {"", "number"}  # none stands out for being higher
    names = [t.name for t in headline(held_out_study(), ORDER)]
    assert names == ["headline-without-A", "headline-without-B", "headline-from-A"]


def declared(results, **evaluation):
    """The study with keys of its section `evaluation` changed."""
    settings = {"primary_model": "forest", "reference": "age_only"} | evaluation
    return replace(results, study={**results.study, "evaluation": {**results.study["evaluation"], **settings}})


def test_the_declared_model_comes_first_then_the_reference(image_study):
    assert order_of(declared(image_study)) == ["forest", "age_only", "cmtlnet"]
    assert order_of(image_study) == ["cmtlnet", "forest", "age_only"]


def test_the_forest_shows_each_centre_as_it_was_held_out_and_keeps_the_rest_below():
    shown, rest = shown_and_further(held_out_study())
    assert set(shown["scenario"]) == {"without-A", "without-B", "leave-one-center-out"}
    assert "pooled" not in set(shown["center"])
    assert "from-A" in set(rest["scenario"])
    assert len(shown) + len(rest) == len(held_out_study())


def test_the_gain_is_told_by_task_and_centre_with_a_corrected_p_for_the_question_alone(image_study):
    results = replace(declared(image_study), comparisons=compared())
    rows = gain_rows(results)
    assert list(dict.fromkeys(rows["task"])) == ["idh", "grade"]
    table = gain_table(results, rows)
    shown = [[cell.text for cell in row] for row in table.rows]
    assert shown[0] == ["IDH", "within centres, together", ".03 [.01, .05]", ".003", ".05 [−.02, .09]", "1.00"]
    assert shown[1] == ["IDH", "east", ".03 [.01, .05]", "", ".05 [−.02, .09]", ""]
    assert table.rows[0][2].small == ".93 against .90; n 37 (9+)"
    assert gain_rows(image_study).empty


def test_the_page_shows_it_first(image_study, tmp_path):
    write_report(replace(image_study, metrics=held_out_study()), tmp_path / "index.html")
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 0 < html.index('id="table-headline-held-out"') < html.index('id="table-headline-without-A"')


def test_without_such_a_design_there_is_no_such_table(image_study):
    assert held_out_headline(image_study.metrics, ORDER) == []


def test_a_dash_in_place_of_an_interval_is_explained():
    rows = held_out_study()
    assert "dash" not in held_out_headline(rows, ORDER)[0].caption
    lone = rows["center"] == "summary"
    rows.loc[lone, ["ci_low", "ci_high"]] = float("nan")
    rows.loc[lone, "note"] = "random effects over 2 centres; no interval: two centres do not tell how centres differ"
    assert held_out_headline(rows, ORDER)[0].caption.endswith("a dash stands for the interval.")
