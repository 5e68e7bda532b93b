"""What WHO-consistent decoding changes, as the page tells it."""

import numpy as np
import pandas as pd
import pytest

from gliomanet.reporting.study.page import write_report
from gliomanet.reporting.study.sections.decoding import decoding_sentence, decoding_table
from tests.reporting.conftest import decoding


def texts(table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_a_row_per_model_stage_and_role_with_external_cases_first():
    table = decoding_table(decoding())
    assert [column.title for column in table.columns] == [
        *("Model", "Role", "MCC IDH", "MCC 1p/19q", "MCC Grade"),
        *("Contradictions per 1,000", "Diagnoses of earlier editions per 1,000"),
    ]
    assert [row[:2] for row in texts(table)] == [
        *(["cmtlnet · supervised", "external"], ["cmtlnet · pseudo-label", "external"]),
        *(["forest · supervised", "external"], ["age_only · supervised", "external"]),
        *(["cmtlnet · supervised", "validation"], ["cmtlnet · pseudo-label", "validation"]),
        *(["forest · supervised", "validation"], ["age_only · supervised", "validation"]),
    ]
    assert texts(table)[0][2:] == [".45 → .48"] * 3 + ["81.1 → .00", "27.0 → 54.1"]
    assert table.rows[0][2].small == ".03 [−.01, .07]; n 37"
    assert table.rows[0][5].small == "−81.1 [−90.1, −72.1]; n 37"


def test_a_figure_that_is_not_estimable_says_why():
    alone = decoding().query("center == 'west'").assign(center="pooled")
    cell = decoding_table(alone).rows[0][3]
    assert (cell.text, cell.small, cell.kind) == ("not estimable", "no codeleted case", "muted")


def test_scenarios_and_models_of_other_tasks_have_their_place():
    several = pd.concat([decoding(), decoding().assign(scenario="second").query("task != 'idh'")])
    table = decoding_table(several)
    assert [column.title for column in table.columns][1] == "Scenario"
    missing = next(row for row in table.rows if row[1].text == "second")
    assert missing[3].text == "–"
    assert table.filterable


def test_held_out_centres_together_speak_for_the_scenarios_that_hold_one_out():
    parts = [decoding().assign(scenario=f"without-{center}") for center in ("east", "west")]
    mean = decoding().query("role == 'external' and center == 'pooled'").assign(scenario="leave-one-center-out")
    table = decoding_table(pd.concat([*parts, mean]))
    named = {(row[1].text, row[2].text) for row in table.rows}
    assert named == {
        ("leave-one-center-out", "external"),
        ("without-east", "validation"),
        ("without-west", "validation"),
    }
    assert decoding_sentence(pd.concat([*parts, mean])).startswith("Of 12 changes of an MCC on external cases")


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.01, 0.07, "Of 12 changes of an MCC on external cases, 0 are above 0 with the whole interval and 0 below."),
        (0.01, 0.07, "12 are above 0 with the whole interval and 0 below."),
        (-0.05, -0.01, "0 are above 0 with the whole interval and 12 below."),
    ],
)
def test_changes_beyond_chance_are_counted(low, high, said):
    table = decoding()
    table.loc[table["metric"] == "mcc", ["ci_low", "ci_high"]] = low, high
    assert decoding_sentence(table).endswith(said)


def test_validation_cases_speak_where_nothing_is_external():
    table = decoding().query("role == 'validation' and model == 'forest' and task == 'idh'")
    assert decoding_sentence(table).startswith("Of 1 change of an MCC on validation cases, 0 are")
    assert decoding_sentence(table.assign(difference=np.nan)) == ""
    assert decoding_sentence(None) == ""
    assert not decoding_table(None)


def test_the_page_shows_it(image_study, tmp_path):
    page = tmp_path / "index.html"
    write_report(image_study, page)
    assert "What WHO-consistent decoding changes" in page.read_text(encoding="utf-8")
    assert ".45 → .48" in page.read_text(encoding="utf-8")
