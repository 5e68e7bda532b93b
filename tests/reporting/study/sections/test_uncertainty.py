"""Prediction sets and abstention, as the page tells them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from gliomanet.reporting.study.figures.risk_coverage import risk_coverage_plot
from gliomanet.reporting.study.page import render_report
from gliomanet.reporting.study.sections.uncertainty import center_sentences, external_sets, section, sets_table
from gliomanet.reporting.svg import styles_of
from gliomanet.tables.uncertainty import PREDICTION_SETS, RISK_COVERAGE
from tests.reporting.study.sections.test_headline import declared

MODELS = (("cmtlnet", "supervised"), ("cmtlnet", "pseudo_label"), ("forest", "supervised"))


def sets() -> pd.DataFrame:
    """External and validation rows; the forest's sets miss mutants in the west, and few codeleted cases calibrate."""
    rows = []
    for model, stage in MODELS:
        for role, center in (
            ("external", "east"),
            ("external", "west"),
            ("external", "pooled"),
            ("validation", "north"),
        ):
            for task, classes in (("idh", ("wildtype", "mutant")), ("codel_1p19q", ("intact", "codeleted"))):
                for name in (*classes, "all"):
                    missed = (model, center, name) == ("forest", "west", "mutant")
                    row = {"model": model, "stage": stage, "scenario": "main", "role": role, "center": center}
                    row |= {"task": task, "class": name, "level": 0.9, "coverage": 0.6 if missed else 0.91}
                    row |= {"ci_low": 0.45, "ci_high": 0.98, "n": 40, "n_patients": 40, "n_calibration": 30}
                    row |= {"empty": 0.0, "single": 0.75, "several": 0.25, "single_correct": 0.88, "note": ""}
                    if name != "all" and role == "external":
                        row |= {"expected_low": 0.8, "expected_high": 1.0}
                        row |= {"verdict": "below" if missed else "within chance"}
                    if name == "codeleted":
                        few = {"n_calibration": 4, "verdict": "", "expected_low": np.nan, "expected_high": np.nan}
                        row |= few | {"note": "in every set: 4 calibration patients, 9 are needed"}
                    rows.append(row)
    return pd.DataFrame(rows).reindex(columns=PREDICTION_SETS.names())


STYLES = styles_of(list(dict.fromkeys(model for model, _ in MODELS)))


def risk() -> pd.DataFrame:
    rows = []
    for model, stage in MODELS:
        for center in ("east", "west"):
            for answered in (0.25, 0.5, 0.75, 1.0):
                row = {"model": model, "stage": stage, "scenario": "main", "role": "external", "center": center}
                row |= {"task": "idh", "order": "uncertainty", "answered": answered, "error": 0.3 * answered, "n": 40}
                rows.append(row)
            rows.append(rows[-1] | {"order": "single_set", "answered": 0.6, "error": 0.1})
    return pd.DataFrame(rows).reindex(columns=RISK_COVERAGE.names())


@pytest.fixture
def study(image_study):
    return dataclasses.replace(image_study, prediction_sets=sets(), risk_coverage=risk())


def test_the_declared_model_answers_for_each_external_centre():
    found = dict(center_sentences(external_sets(sets()), "forest"))
    assert list(found) == ["east", "west"]
    assert found["west"] == (
        "IDH: wildtype .91 [.45, .98] of 40 (within chance) and mutant .60 [.45, .98] of 40 (below); one class in .75 of "
        "the sets, right in .88 of these. 1p/19q: intact .91 [.45, .98] of 40 (within chance) and codeleted "
        ".91 [.45, .98] of 40 (in every set: 4 patients to calibrate with); one class in .75 of the sets, right in .88 "
        "of these."
    )


def test_without_a_declared_model_all_are_counted():
    found = dict(center_sentences(external_sets(sets()), None))
    assert found == {
        "east": "IDH: wildtype 2 of 2 and mutant 2 of 2. 1p/19q: intact 2 of 2.",
        "west": "IDH: wildtype 2 of 2 and mutant 1 of 2. 1p/19q: intact 2 of 2.",
    }
    nothing = external_sets(sets().assign(verdict=""))
    assert dict(center_sentences(nothing, None))["east"].startswith("nothing can be judged")


def test_the_table_is_of_each_model_s_last_stage_in_single_external_centres():
    table = sets_table(external_sets(sets()))
    assert len(table.rows) == 2 * 2 * 2 * 3
    assert {row[0].text for row in table.rows} == {"cmtlnet · pseudo-label", "forest · supervised"}
    missed = next(row for row in table.rows if [cell.text for cell in row[:2]] == ["forest · supervised", "west"])
    assert missed[4].text == ".91 [.45, .98]"
    assert missed[5].text == ".80–1.00"


def test_a_figure_per_task_with_a_panel_per_centre():
    svg = risk_coverage_plot(risk(), "idh", STYLES)
    assert "east, n 40" in svg
    assert "west, n 40" in svg
    assert svg == risk_coverage_plot(risk(), "idh", STYLES)
    assert risk_coverage_plot(risk(), "grade", STYLES) == ""
    two = pd.concat([risk(), risk().assign(scenario="second")])
    assert "west (second), n 40" in risk_coverage_plot(two, "idh", STYLES)


def test_a_model_has_the_colour_of_the_other_figures(study):
    ((_, figure),) = section(declared(study)).content["figures"]
    order = ["forest", "age_only", "cmtlnet"]  # the declared model, the reference, the others
    last = risk()[risk()["stage"] != "supervised"]
    last = pd.concat([last, risk()[risk()["model"] == "forest"]], ignore_index=True)
    assert figure.svg == risk_coverage_plot(last, "idh", styles_of(order))
    assert figure.svg != risk_coverage_plot(last, "idh", STYLES)


def test_the_page_shows_the_section_where_there_are_sets(study, image_study):
    assert section(image_study) is None
    page = render_report(study)
    assert 'id="uncertainty"' in page
    assert page.count("risk-idh") > 1
    assert "evaluation/risk_coverage.tsv" in page
