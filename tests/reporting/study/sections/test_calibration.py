"""The table of temperatures: one row for what external cases get, and what scaling changed."""

import pandas as pd

from gliomanet.reporting.study.sections.calibration import calibration_table
from tests.reporting.conftest import calibration


def test_a_row_shows_the_temperature_of_all_folds_and_what_it_changed():
    table = calibration_table(calibration())
    assert [column.title for column in table.columns] == [
        *("Model", "Task", "n", "Temperature", "ECE before", "ECE after", "NLL before", "NLL after", "Remarks")
    ]
    texts = [[cell.text for cell in row] for row in table.rows]
    assert len(texts) == 4 * 3
    assert texts[0] == ["cmtlnet · supervised", "IDH", "70", "2.04", ".153", ".042", ".913", ".531", ""]
    note = "not fitted: 0 labelled cases, at least 30 are needed"
    assert texts[-1] == ["age_only · supervised", "Grade", "0", "1.00", "–", "–", "–", "–", note]


def test_stages_and_scenarios_are_named_where_there_are_several():
    one = calibration().query("model == 'forest'")
    assert calibration_table(one).rows[0][0].text == "forest"
    two = calibration_table(pd.concat([one, one.assign(scenario="from-A")]))
    assert two.columns[2].title == "Scenario"
    assert {row[2].text for row in two.rows} == {"main", "from-A"}


def test_a_study_that_does_not_calibrate_has_no_table():
    assert not calibration_table(None)
    assert not calibration_table(calibration().iloc[:0])
