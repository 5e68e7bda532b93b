"""Scenarios and folds of a study, by centre."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gliomanet.cohort.folds import folds_of, scenarios_of
from gliomanet.config.load import load_study


def study_of(roles, **split):
    source = {"kind": "phantom", "cases": 4}
    centers = {name: {"role": role, "source": source} for name, role in roles.items()}
    return load_study({"centers": centers, "models": {"m": {"kind": "logistic"}}, "split": split})


def test_the_fixed_design_is_one_scenario_with_plain_fold_names():
    study = study_of({"A": "train", "B": "external", "U": "unlabelled"}, folds=3)
    (scenario,) = scenarios_of(study)
    assert (scenario.name, scenario.train, scenario.external) == ("main", ("A",), ("B",))
    assert [fold.id for fold in folds_of([scenario], 3)] == ["0", "1", "2", "all"]


def test_further_scenarios_follow_and_name_their_folds():
    further = {"name": "from-A", "train": ["A"], "external": ["B"]}
    scenarios = scenarios_of(study_of({"A": "train", "B": "train"}, folds=2, scenarios=[further]))
    assert [scenario.name for scenario in scenarios] == ["main", "from-A"]
    folds = folds_of(scenarios, 2)
    assert [fold.id for fold in folds] == ["main.0", "main.1", "main.all", "from-A.0", "from-A.1", "from-A.all"]
    assert [fold.is_refit for fold in folds] == [False, False, True] * 2


@given(st.integers(2, 6), st.integers(2, 5))
def test_leave_one_centre_out_never_trains_on_what_it_tests(centers, number):
    names = {f"C{n}" for n in range(centers)}
    scenarios = scenarios_of(study_of(dict.fromkeys(sorted(names), "train"), design="leave_one_center_out"))
    folds = folds_of(scenarios, number)
    assert len(scenarios) == centers
    assert len(folds) == centers * (number + 1) == len({fold.id for fold in folds})
    for fold in folds:
        assert not set(fold.train) & set(fold.external)
        assert set(fold.train) | set(fold.external) == names
