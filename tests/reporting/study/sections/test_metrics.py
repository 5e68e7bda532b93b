"""The table of metrics: what is not repeated, and where remarks stand."""

import pandas as pd

from gliomanet.reporting.study.sections.metrics import metrics_table
from tests.reporting.study.sections.test_headline import held_out_study


def test_a_pool_of_one_centre_is_not_listed_beside_it(image_study):
    table = metrics_table(held_out_study())
    assert {row[1].text for row in table.rows} == {"A", "B", "random effects"}
    assert any(row[1].text == "all centres" for row in metrics_table(image_study.metrics).rows)


def test_remarks_of_further_metrics_stand_in_their_own_cells():
    table = held_out_study().head(1).assign(note="every case predicted mutant; n per class 3/4")
    further = table.assign(metric="mcc_at_threshold", note="threshold 0.3; n per class 3/4")
    missing = table.assign(metric="auc", value=float("nan"), note="not estimable: no mutant case")
    shown = metrics_table(pd.concat([table, further, missing]))
    (row,) = shown.rows
    cells = dict(zip([column.title for column in shown.columns], row, strict=True))
    assert cells["Remarks"].text == "every case predicted mutant; n per class 3/4"
    assert cells["MCC at threshold"].small == "[.10, .60] threshold 0.3"
    assert (cells["AUC"].text, cells["AUC"].small) == ("not estimable", "no mutant case")


def test_an_interval_that_there_is_none_of_is_a_dash():
    alone = held_out_study().head(1).assign(ci_low=float("nan"), ci_high=float("nan"), note="no interval: one patient")
    shown = metrics_table(alone)
    cells = dict(zip([column.title for column in shown.columns], shown.rows[0], strict=True))
    assert cells["MCC"].small == "–"
    assert cells["Remarks"].text == "no interval: one patient"
