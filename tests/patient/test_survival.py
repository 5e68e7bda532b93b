"""Reference survival beside an answer: every type that it leaves open, of the right age, and nothing where unknown."""

from __future__ import annotations

import pandas as pd
import pytest

from gliomanet.bundle.read import Bundle
from gliomanet.bundle.survival import SURVIVAL, survival_in
from gliomanet.evaluation.survival.reference_curves import reference_curves
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.patient.compose import not_assessed
from gliomanet.patient.open_states import open_states
from gliomanet.patient.survival import open_types, survival_beside
from gliomanet.release.survival import groups_of
from tests.evaluation.survival.cohorts import outcomes

WILDTYPE = {"idh": ("wildtype",), "codel_1p19q": ("intact",), "grade": ("4",)}
UNSURE = {"idh": ("wildtype", "mutant"), "codel_1p19q": ("intact", "codeleted"), "grade": ("2-3", "4")}
GLIOBLASTOMA = "glioblastoma, IDH-wildtype, grade 4"


@pytest.fixture(scope="module")
def bundle(stack_bundle):
    return Bundle.open(stack_bundle)


def test_types_are_all_that_the_sets_leave_open():
    assert open_types(WILDTYPE, DEFAULT_TASKS) == ((GLIOBLASTOMA,), False)
    assert len(open_types(UNSURE, DEFAULT_TASKS)[0]) == 8
    mutant = {"idh": ("mutant",), "codel_1p19q": ("intact", "codeleted"), "grade": ("4",)}
    assert open_types(mutant, DEFAULT_TASKS)[0] == ("astrocytoma, IDH-mutant, grade 4",)
    unlike = {**WILDTYPE, "idh": ()}  # an empty set tells nothing
    assert set(open_types(unlike, DEFAULT_TASKS)[0]) == {GLIOBLASTOMA, "astrocytoma, IDH-mutant, grade 4"}


def test_sets_that_contradict_each_other_leave_all_types_and_say_so():
    contradictory = {"idh": ("wildtype",), "codel_1p19q": ("codeleted",), "grade": ("4",)}
    assert open_states(contradictory, DEFAULT_TASKS) == ()
    types, said = open_types(contradictory, DEFAULT_TASKS)
    assert said
    assert types == open_types(UNSURE, DEFAULT_TASKS)[0]


def test_a_model_of_fewer_tasks_gets_idh_groups_or_none():
    one = {"idh": DEFAULT_TASKS["idh"]}
    assert open_types({"idh": ("mutant",)}, one) == (("IDH-mutant",), False)
    assert open_types({"grade": ("4",)}, {"grade": DEFAULT_TASKS["grade"]}) == ((), False)


def test_curves_of_the_bundle_are_the_study_s(bundle, tiny_study):
    study = pd.read_csv(tiny_study.layout.evaluation("survival_groups"), sep="\t")
    held = survival_in(bundle)
    assert [one.n for one in held.groups] == study["n"].tolist()
    assert [one.deaths for one in held.groups] == study["deaths"].tolist()
    medians = [float("nan") if one.median_months is None else one.median_months for one in held.groups]
    pd.testing.assert_series_equal(pd.Series(medians), study["median_months"], check_names=False)
    assert all(point.at_risk >= 5 for one in held.groups for point in one.curve)


def test_a_patient_is_beside_any_age_and_the_own_band(bundle):
    found = survival_beside(WILDTYPE, 65.0, bundle)
    assert found.age_band == "60–70"
    assert {one.group for one in found.groups} == {GLIOBLASTOMA}
    assert {(one.center, one.age_band) for one in found.groups} >= {("A", "all"), ("A", "60–70"), ("pooled", "all")}
    assert all(one.resection == "all" for one in found.groups)
    assert found.simulated == ("A", "X")
    without = survival_beside(WILDTYPE, None, bundle)
    assert without.age_band == ""
    assert {one.age_band for one in without.groups} == {"all"}


def test_no_type_stands_alone_where_several_are_open_and_small_groups_are_named(bundle):
    found = survival_beside(UNSURE, None, bundle)
    shown = {one.group for one in found.groups}
    assert len(shown) == 3
    assert set(found.lacking) == set(found.types) - shown
    few = next(one for one in found.groups if one.group.startswith("oligodendroglioma"))
    assert (few.deaths, few.median_months) == (0, None)
    assert few.note.startswith("too few events")


def test_a_median_that_is_not_reached_is_told_apart_from_too_few_deaths():
    cases = outcomes("A", 60, 5)
    cases["os_event"] = ["1"] * 12 + ["0"] * 48
    found = reference_curves(cases, pd.DataFrame({"center": [], "case_id": [], "tumour_volume_ml": []}), 0.95)
    one = groups_of(found.groups, found.curves)[0]
    assert one.median_months is None
    assert one.note.endswith("not reached")
    assert {at.years for at in one.at_years} >= {1, 2}


def test_a_bundle_without_survival_says_so(bundle):
    files = {name: digest for name, digest in bundle.description.files.items() if name != SURVIVAL}
    bare = Bundle(bundle.folder, bundle.description.model_copy(update={"files": files}), bundle.digest)
    assert survival_beside(WILDTYPE, 50.0, bare) is None
    told = {"mask": True, "on_images": True, "types": True, "fast": False}
    assert any(one.code.startswith("not_assessed.survival") for one in not_assessed(bare, survival=False, **told))
    assert not any(one.code.startswith("not_assessed.survival") for one in not_assessed(bundle, survival=True, **told))
