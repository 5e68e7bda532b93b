"""Jobs of a study without the engine: who trains, who predicts whom, and what pseudo-labels are learnt from."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.cohort.splits import development_splits, external_splits
from gliomanet.config.load import load_study
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.pipeline.plan import Plan

ROLES = st.lists(st.sampled_from(["train", "external", "unlabelled"]), min_size=1, max_size=5).map(
    lambda roles: {f"C{number}": role for number, role in enumerate(("train", "train", *roles))}
)
DESIGNS = st.sampled_from(["fixed", "leave_one_center_out"])
MODELS: dict[str, Any] = {
    "gmmas": {"kind": "gmmas"},
    "single": {"kind": "singletask", "tasks": ["idh"], "stages": ["supervised"]},
    "net": {"kind": "tabular_net", "stages": ["supervised", "pseudo_label"]},
    "age": {"kind": "logistic", "inputs": ["age"], "refit": False},
}


def plan_of(roles=None, models=MODELS, **changes) -> Plan:
    source = {"kind": "phantom", "cases": 4}
    roles = roles or {"A": "train", "B": "external"}
    centers = {name: {"role": role, "source": source} for name, role in roles.items()}
    return Plan(load_study({"centers": centers, "models": models, **changes}))


# -- models and stages


def test_models_are_sorted_by_what_they_look_at():
    plan = plan_of()
    assert plan.image_models == ["gmmas", "single"]
    assert plan.tabular_models == ["net", "age"]
    assert plan.networks == ["gmmas", "single", "net"]
    assert plan.segmenting_models == ["gmmas"]
    assert plan.subset_models == plan.fusing_models == []


def test_a_stack_takes_the_last_stage_of_its_members_and_is_refitted():
    stack = {"kind": "stack", "members": ["gmmas", "age"], "clinical": ["sex"]}
    plan = plan_of(models=MODELS | {"both": stack}, pseudo_labels={"rounds": [{}]})
    assert plan.stacks == ["both"]
    assert "both" not in (*plan.tabular_models, *plan.networks, *plan.image_models, *plan.explained_models)
    assert plan.stages_of_members("both") == {"gmmas": "pseudo_label", "age": "supervised"}
    assert plan.predicting_folds("both", "B") == ["all"]
    assert (plan.reads("both", "sex"), plan.reads("both", "age")) == (True, False)


def test_a_study_may_want_no_segmentations_and_subsets_of_modalities():
    plan = plan_of(prediction={"segmentation": False}, evaluation={"modality_subsets": True})
    assert plan.segmenting_models == []
    assert plan.subset_models == ["gmmas", "single"]
    assert plan.fusing_models == ["gmmas"]


def test_a_network_predicts_with_its_own_flips_or_the_studys():
    models = MODELS | {
        "own": {"kind": "gmmas", "test_time_augmentation": "all"},
        "off": {"kind": "psnet", "test_time_augmentation": "none"},
    }
    plan = plan_of(models=models, prediction={"test_time_augmentation": "left_right"})
    flips = {"gmmas": "left_right", "single": "left_right", "net": "none", "age": "none", "own": "all", "off": "none"}
    assert {name: plan.flips_of(name) for name in models} == flips


def test_what_a_model_reads_of_a_patient():
    plan = plan_of(models={"both": {"kind": "logistic", "inputs": ["age", "sex"]}, **MODELS})
    told = {
        name: [fact for fact in ("age", "sex") if plan.reads(name, fact)] for name in ("both", "age", "net", "gmmas")
    }
    assert told == {"both": ["age", "sex"], "age": ["age"], "net": ["age"], "gmmas": []}
    assert plan_of(models={"gmmas": {"kind": "gmmas", "clinical": ["sex"]}}).reads("gmmas", "sex")


def test_each_round_is_a_stage_taught_by_the_one_before():
    plan = plan_of(pseudo_labels={"rounds": [{"min_probability": value} for value in (0.9, 0.8, 0.7)]})
    stages = ["supervised", "pseudo_label", "pseudo_label_2", "pseudo_label_3"]
    assert plan.stages_of("gmmas") == stages
    assert plan.stages_of("single") == ["supervised"]
    assert (plan.final_stage("gmmas"), plan.final_stage("age")) == ("pseudo_label_3", "supervised")
    assert [plan.teacher_stage("net", stage) for stage in stages[1:]] == stages[:-1]
    assert plan.pseudo_label_stages == set(stages[1:])
    assert {fit[1] for fit in plan.pseudo_labelled_fits()} == set(stages[1:])


def test_a_later_rounds_thresholds_are_no_setting_of_an_earlier_round():
    def plan(last):
        return plan_of(pseudo_labels={"rounds": [{"min_probability": 0.9}, {"min_probability": last}]})

    first, second = plan(0.8), plan(0.7)
    assert first.selection_settings("pseudo_label") == second.selection_settings("pseudo_label")
    assert first.selection_settings("pseudo_label_2") != second.selection_settings("pseudo_label_2")


# -- folds and centres


@given(ROLES, DESIGNS, st.integers(2, 4), st.sampled_from(sorted(MODELS)))
def test_who_trains_and_who_is_predicted(roles, design, folds, model):
    plan = plan_of(roles, split={"design": design, "folds": folds})
    external = {name for name, role in roles.items() if role == "external"}
    unlabelled = {name for name, role in roles.items() if role == "unlabelled"}
    assert set(plan.predicted_centers) == set(roles) - unlabelled
    for fold in plan.folds_of(model):
        supervised, later = (set(plan.training_centers(s, fold)) for s in ("supervised", "pseudo_label"))
        assert not supervised & (external | unlabelled)
        assert later == supervised | unlabelled
        predicted = {center for center in roles if plan.predicts(model, fold, center)}
        assert not predicted & unlabelled
        if plan.folds[fold].is_refit:
            assert not predicted & supervised
        held_out = set(plan.folds[fold].external) - external
        assert len(held_out) == (design == "leave_one_center_out")
        assert not held_out & later


@given(ROLES, DESIGNS, st.integers(2, 4), st.sampled_from(sorted(MODELS)))
def test_a_centre_is_external_to_one_kind_of_fit_in_each_scenario(roles, design, folds, model):
    """A refitted model's external cases are predicted once per scenario, another's by each fold."""
    plan = plan_of(roles, split={"design": design, "folds": folds})
    for scenario in plan.scenarios:
        mine = [fold for fold in plan.folds.values() if fold.scenario == scenario.name]
        for center in scenario.external:
            predicting = [fold.id for fold in mine if plan.predicts(model, fold.id, center)]
            wanted = [fold.id for fold in mine if fold.is_refit == plan.is_refitted(model)]
            assert predicting == wanted == [f for f in plan.predicting_folds(model, center) if f in predicting]
            assert len(predicting) == (1 if plan.is_refitted(model) else folds)
        for center in scenario.train:
            assert [fold.id for fold in mine if plan.predicts(model, fold.id, center)] == [
                fold.id for fold in mine if not fold.is_refit
            ]


@given(DESIGNS, st.integers(2, 3), st.integers(0, 3))
@settings(deadline=None, max_examples=24)  # the first example imports scikit-learn
def test_a_labelled_training_case_is_predicted_by_exactly_the_folds_that_did_not_train_on_it(design, folds, seed):
    roles = {"A": "train", "B": "train", "X": "external", "U": "unlabelled"}
    plan = plan_of(roles, split={"design": design, "folds": folds})
    rows = [
        {"case_id": f"{center}{n}", "patient_id": f"{center}{n // 2}", "center": center, "role": role, "idh": label}
        for center, role in roles.items()
        for n, label in enumerate(["wildtype", "mutant"] * 6)
    ]
    cases, tasks = pd.DataFrame(rows), {"idh": DEFAULT_TASKS["idh"]}
    development = development_splits(cases, plan.scenarios, folds, seed, tasks)
    split = pd.concat([development, external_splits(cases, plan.scenarios, folds)])
    assert set(split["fold"]) == set(plan.folds)
    for (scenario, center, _case), parts in split.groupby(["scenario", "center", "case_id"]):
        part_of = dict(zip(parts["fold"], parts["part"], strict=True))
        if roles[center] == "unlabelled":
            assert set(part_of.values()) == {"unlabelled"}
            continue
        predicting = {f for f in part_of if plan.predicts("age", f, center) and part_of[f] != "train"}
        trained_on = {f for f, part in part_of.items() if part == "train"}
        cross_validation = {f for f in plan.cross_validation_folds if plan.folds[f].scenario == scenario}
        assert predicting == cross_validation - trained_on
        assert all(center in plan.training_centers("supervised", fold) for fold in trained_on)


@given(ROLES, DESIGNS, st.integers(2, 4))
def test_a_teacher_is_judged_by_validation_cases_of_its_own_scenario(roles, design, folds):
    plan = plan_of(roles, split={"design": design, "folds": folds})
    for fold in plan.folds.values():
        judged = plan.judged_folds(fold.id)
        assert {plan.folds[other].scenario for other in judged} == {fold.scenario}
        assert not any(plan.folds[other].is_refit for other in judged)
        assert judged == [fold.id] if not fold.is_refit else len(judged) == folds


@given(ROLES, DESIGNS, st.integers(2, 4))
def test_a_centre_is_segmented_by_the_folds_of_one_scenario_that_tests_it_where_one_does(roles, design, folds):
    plan = plan_of(roles, split={"design": design, "folds": folds})
    for center in plan.predicted_centers:
        chosen = [plan.folds[fold] for fold in plan.segmenting_folds(center)]
        assert len(chosen) == folds
        assert len({fold.scenario for fold in chosen}) == 1
        tested = any(center in scenario.external for scenario in plan.scenarios)
        assert (center in chosen[0].external) == tested


def test_fits_are_every_stage_of_every_fold_and_refits_of_refitted_models():
    plan = plan_of(split={"folds": 2}, pseudo_labels={"rounds": [{}]})
    assert plan.fits("single") == [("single", "supervised", "0"), ("single", "supervised", "1")]
    assert plan.fits("net")[:3] == [("net", "supervised", fold) for fold in ("0", "1", "all")]
    assert plan.fits() == [fit for model in plan.models for fit in plan.fits(model)]
    assert plan.predicting_fits("net", "B") == [("net", stage, "all") for stage in ("supervised", "pseudo_label")]


# -- labels that are hidden


def test_labels_are_hidden_in_training_centres_only_and_enough_for_every_fold_are_kept():
    roles = {"A": "train", "B": "train", "X": "external", "U": "unlabelled"}
    plan = plan_of(roles, label_fraction=0.3, split={"folds": 5})
    kept = {center: plan.labels_kept(center) for center in roles}
    assert kept["X"] is None
    assert kept["U"] is None
    assert kept["A"]["share"] == 0.3
    assert kept["A"]["at_least"] == 3  # of each of two centres, so that every one of five folds holds a patient
    assert kept["A"]["seed"] != kept["B"]["seed"]
    assert {name: Task.model_validate(task) for name, task in kept["A"]["tasks"].items()} == plan.study.tasks
    assert plan.tested_with_hidden_labels == []
    assert plan_of(roles).labels_kept("A") is None


def test_hidden_labels_of_a_centre_that_is_held_out_count_in_its_external_metrics():
    roles = {"B": "train", "A": "train", "X": "external"}
    split = {"design": "leave_one_center_out", "folds": 3}
    assert plan_of(roles, label_fraction=0.5, split=split).tested_with_hidden_labels == ["A", "B"]
    assert plan_of(roles, split=split).tested_with_hidden_labels == []


@pytest.mark.parametrize("module", ["gliomanet.pipeline.plan", "gliomanet.layout"])
def test_the_engine_gets_its_plan_without_heavy_libraries(module):
    code = f"import sys, {module}; print(sorted({{'pandas', 'torch', 'snakemake'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
