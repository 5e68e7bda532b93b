from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.config.sources import PhantomSource, Prevalence
from gliomanet.labels.who import LEGAL_STATES, contradiction
from gliomanet.phantom.ids import case_ids
from gliomanet.phantom.patients import diagnosis_of, plan_center, plan_patient, state_shares


def test_a_patient_does_not_depend_on_who_else_there_is():
    few, many = (plan_center("A", PhantomSource(cases=n), seed=1) for n in (4, 30))
    assert few == many[:4]
    assert plan_patient("A", PhantomSource(cases=30), 1, 17) == many[16]


def test_ids_of_plan_and_workflow_agree():
    source = PhantomSource(cases=12)
    assert [p.case_id for p in plan_center("A", source, 1)] == case_ids("A", source)


def test_other_seeds_and_centres_give_other_patients():
    source = PhantomSource(cases=5)
    plans = [[p.appearance for p in plan_center(c, source, s)] for c, s in (("A", 1), ("A", 2), ("B", 1))]
    assert plans[0] != plans[1]
    assert plans[0] != plans[2]


@settings(max_examples=20, derandomize=True)
@given(st.integers(0, 1000))
def test_prevalence_is_followed_closely_even_by_small_centres(seed):
    prevalence = Prevalence(glioblastoma=0.5, astrocytoma=0.3, oligodendroglioma=0.2)
    patients = plan_center("A", PhantomSource(cases=40, prevalence=prevalence), seed)
    counts = Counter(diagnosis_of(p.state) for p in patients)
    assert abs(counts["glioblastoma"] - 20) <= 2
    assert abs(counts["astrocytoma"] - 12) <= 2
    assert abs(counts["oligodendroglioma"] - 8) <= 2
    assert all(contradiction(*p.state) is None for p in patients)


def test_shares_cover_the_legal_states_and_sum_to_one():
    shares = state_shares(Prevalence())
    assert tuple(shares) == LEGAL_STATES
    assert sum(shares.values()) == pytest.approx(1)


def test_rates_of_what_is_missing():
    source = PhantomSource(cases=400, missing_modalities=0.3, missing_labels=0.2)
    patients = plan_center("A", source, 1)
    lost = [p.missing_modalities for p in patients if p.missing_modalities]
    assert len(lost) / 400 == pytest.approx(0.3, abs=0.07)
    assert {len(names) for names in lost} == {1, 2}
    assert all("t1c" not in names for names in lost)
    unknown = sum(len(p.missing_labels) for p in patients) / 1200
    assert unknown == pytest.approx(0.2, abs=0.04)
    complete = plan_center("A", PhantomSource(cases=50), 1)
    assert not any(p.missing_modalities or p.missing_labels for p in complete)


def test_missing_rates_change_nothing_else():
    plain, lossy = (plan_center("A", PhantomSource(cases=20, missing_labels=r), 1) for r in (0, 0.5))
    assert [(p.state, p.appearance, p.age) for p in plain] == [(p.state, p.appearance, p.age) for p in lossy]


def test_age_goes_with_the_diagnosis_but_does_not_tell_it():
    ages = {"glioblastoma": [], "astrocytoma": [], "oligodendroglioma": []}
    for patient in plan_center("A", PhantomSource(cases=600), 1):
        ages[diagnosis_of(patient.state)].append(patient.age)
    mean = {name: sum(values) / len(values) for name, values in ages.items()}
    assert mean["glioblastoma"] > mean["oligodendroglioma"] + 8
    assert mean["oligodendroglioma"] > mean["astrocytoma"]
    assert min(ages["glioblastoma"]) < mean["astrocytoma"]
