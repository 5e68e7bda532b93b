"""Image quality at hospitals that keep their scans, beside that of the centres whose images the study has."""

import pandas as pd

from gliomanet.reporting.study.sections.quality import sent_table


def test_a_hospital_is_a_row_with_medians_and_quartiles():
    row = {"metric": "brain_volume_ml", "n": 12, "lower": 1201.2, "median": 1300.4, "upper": 1402.0, "outside": None}
    table = sent_table({"RIVER": pd.DataFrame([row]), "ELM": pd.DataFrame(columns=list(row))})
    assert [column.title for column in table.columns] == ["Centre", "Brain, ml"]
    (river, brain), (elm, nothing) = table.rows
    assert (river.text, elm.text, nothing.text) == ("RIVER", "ELM", "–")
    assert "1,300" in brain.text
    assert "12 cases" in str(brain)
    assert not sent_table({})
