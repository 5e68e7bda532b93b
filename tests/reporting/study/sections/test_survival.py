"""Survival as the page tells it."""

import dataclasses

import pandas as pd
import pytest

from gliomanet.evaluation.survival.cox import cox_baseline
from gliomanet.evaluation.survival.patients import survival_patients
from gliomanet.evaluation.survival.reference_curves import reference_curves
from gliomanet.reporting.study.page import render_report
from gliomanet.reporting.study.sections.survival import section
from tests.evaluation.survival.cohorts import outcomes


@pytest.fixture
def followed(image_study):
    """A study whose centre A has enough deaths, and whose centre B has few, of patients of known type."""
    few = outcomes("B", 30, 2).assign(os_event=["1"] * 4 + ["0"] * 26)
    few.loc[29, "os_event"] = ""
    cases = pd.concat([outcomes("A", 200, 1, volume=0.6, resection=-0.9), few])
    volumes = cases[["center", "case_id", "tumour_volume_ml"]]
    curves = reference_curves(cases, volumes, 0.95)
    patients = survival_patients(cases.drop(columns="tumour_volume_ml"), volumes)
    baseline = cox_baseline(patients, [{"name": "main", "train": ["A"], "external": ["B"]}], 0.95, 100, 7)
    return dataclasses.replace(
        image_study,
        survival_groups=curves.groups,
        survival_curves=curves.curves,
        survival_models=baseline.models,
        survival_hazards=baseline.hazards,
    )


def test_a_study_without_survival_has_no_section(image_study):
    assert section(image_study) is None
    assert 'id="survival"' not in render_report(image_study)


def test_groups_curves_and_the_baseline(followed):
    page = render_report(followed)
    assert 'id="survival"' in page
    content = section(followed).content
    assert content["unknown"] == ["B 1"]
    rows = {(row[0].text, row[1].text): row for row in content["groups"].rows}
    group = "glioblastoma, IDH-wildtype, grade 4"
    assert rows["A", group][7].small.count("–") == 1
    assert rows["B", group][7].text == "too few events"
    assert f"{group}: 4 deaths, too few events" in content["figure"].svg
    assert "A, cross-validated (main): beats the age alone" in content["sentences"][0]
    assert "B, outside (main): not estimable" in content["sentences"][1]
    assert {row[2].text for row in content["hazards"].rows} == {"A"}
    assert "predict no patient" in page


def test_a_model_that_does_not_beat_the_age_shows_no_figure(followed):
    models = followed.survival_models.assign(beats_age="no")
    results = dataclasses.replace(followed, survival_models=models, survival_hazards=followed.survival_hazards.iloc[:0])
    content = section(results).content
    assert not content["models"]
    assert not content["hazards"]
    assert "does not beat the age alone, and is not shown" in content["sentences"][0]
