"""Joint decoding: laws of the distribution over diagnoses, and small truths worked out by hand."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.labels.consistency import STATUSES, statuses
from gliomanet.labels.joint_decoding import (
    combinations_of,
    decodes_jointly,
    joint_marginals,
    joint_passes,
    most_probable_classes,
    state_probabilities,
)
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.vocabulary import MISSING
from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES

IDH, CODEL, GRADE = DEFAULT_TASKS["idh"], DEFAULT_TASKS["codel_1p19q"], DEFAULT_TASKS["grade"]
THREE = Task(label="grade", classes={"2": ["2"], "3": ["3"], "4": ["4"]})
STUDIES = {
    "default": DEFAULT_TASKS,
    "three grades": {"idh": IDH, "codel_1p19q": CODEL, "grade": THREE},
    "high from low": {"g": Task(label="grade", classes={"low": ["2"], "high": ["3", "4"]}), "idh": IDH, "codel": CODEL},
    "two on grade": {"grade": GRADE, "codel": CODEL, "three": THREE},
    "no grade 3": {"idh": IDH, "grade": Task(label="grade", classes={"4": ["4"], "2": ["2"]}), "codel": CODEL},
    "no grade": {"idh": IDH, "codel": CODEL},
}
STATES = LEGAL_STATES + LEGACY_STATES


def row(**values: list[float]) -> dict[str, np.ndarray]:
    return {name: np.array([row]) for name, row in values.items()}


@st.composite
def answers(draw, tasks: dict[str, Task]) -> dict[str, np.ndarray]:
    """Probabilities of one to four cases, some of them certain and some extreme."""
    weight = st.one_of(st.just(0.0), st.floats(1e-12, 1.0), st.floats(0.1, 1.0))
    cases = draw(st.integers(1, 4))
    found = {}
    for name, task in tasks.items():
        size = len(task.class_names)
        rows = draw(
            st.lists(st.lists(weight, min_size=size, max_size=size).filter(any), min_size=cases, max_size=cases)
        )
        values = np.array(rows)
        found[name] = values / values.sum(1, keepdims=True)
    return found


@pytest.fixture(params=STUDIES, scope="module")
def tasks(request) -> dict[str, Task]:
    return STUDIES[request.param]


# ---------------------------------------------------------------------------------------------- by hand


def test_one_case_by_hand():
    given_ = row(idh=[0.6, 0.4], codel_1p19q=[0.3, 0.7], grade=[0.8, 0.2])
    low, high = 0.8, 0.2
    mass = {
        "wt intact 4": 0.6 * 0.3 * high,
        "mut intact 2-3": 0.4 * 0.3 * low,
        "mut intact 4": 0.4 * 0.3 * high,
        "mut codel 2-3": 0.4 * 0.7 * low,
        "wt intact 2-3": 0.6 * 0.3 * low,
    }
    total = sum(mass.values())
    states = state_probabilities(given_, DEFAULT_TASKS)[0]
    by_hand = [mass["wt intact 4"], mass["mut intact 2-3"] / 2, mass["mut intact 2-3"] / 2, mass["mut intact 4"]]
    by_hand += [mass["mut codel 2-3"] / 2] * 2 + [mass["wt intact 2-3"] / 2] * 2
    np.testing.assert_allclose(states, np.array(by_hand) / total, rtol=1e-12)
    marginals = joint_marginals(given_, DEFAULT_TASKS)
    assert marginals["codel_1p19q"][0, 1] == pytest.approx(mass["mut codel 2-3"] / total)
    assert marginals["idh"][0, 0] == pytest.approx((mass["wt intact 4"] + mass["wt intact 2-3"]) / total)
    assert {name: int(best[0]) for name, best in most_probable_classes(given_, DEFAULT_TASKS).items()} == {
        "idh": 1,
        "codel_1p19q": 1,
        "grade": 0,
    }


def test_earlier_editions_can_be_left_out():
    given_ = row(idh=[0.9, 0.1], codel_1p19q=[0.9, 0.1], grade=[0.8, 0.2])
    assert most_probable_classes(given_, DEFAULT_TASKS)["grade"].tolist() == [0]
    assert most_probable_classes(given_, DEFAULT_TASKS, legacy=False)["grade"].tolist() == [1]
    assert state_probabilities(given_, DEFAULT_TASKS, legacy=False).shape == (1, len(LEGAL_STATES))


def test_a_decision_is_on_classes_and_not_on_one_of_the_grades_that_they_group():
    given_ = row(idh=[0.0, 1.0], codel_1p19q=[1.0, 0.0], grade=[0.6, 0.4])
    states = state_probabilities(given_, DEFAULT_TASKS)[0]
    assert STATES[int(states.argmax())].grade == "4"  # .4 against .3 and .3
    assert most_probable_classes(given_, DEFAULT_TASKS)["grade"].tolist() == [0]


def test_certain_answers_that_contradict_each_other_share_the_case():
    given_ = row(idh=[1.0, 0.0], codel_1p19q=[0.0, 1.0], grade=[0.5, 0.5])
    # one certainty has to go: wildtype stays with intact, or co-deleted with mutant and grade 2 or 3
    marginals = joint_marginals(given_, DEFAULT_TASKS)
    np.testing.assert_allclose(marginals["idh"], [[2 / 3, 1 / 3]])
    np.testing.assert_allclose(marginals["codel_1p19q"], [[2 / 3, 1 / 3]])
    np.testing.assert_allclose(marginals["grade"], [[2 / 3, 1 / 3]])
    tiny = joint_marginals(row(idh=[1.0, 1e-9], codel_1p19q=[1e-9, 1.0], grade=[0.5, 0.5]), DEFAULT_TASKS)
    for name, values in marginals.items():
        np.testing.assert_allclose(tiny[name], values, atol=1e-8)


def test_two_tasks_on_one_label_both_count():
    tasks = {"idh": IDH, "again": IDH, "grade": THREE}
    marginals = joint_marginals(row(idh=[0.2, 0.8], again=[0.2, 0.8], grade=[0.1, 0.2, 0.7]), tasks)
    np.testing.assert_allclose(marginals["idh"], [[0.04 / 0.68, 0.64 / 0.68]])
    np.testing.assert_allclose(marginals["again"], marginals["idh"])


def test_a_value_outside_every_class_is_impossible():
    tasks = STUDIES["no grade 3"]
    states = state_probabilities(row(idh=[0.5, 0.5], grade=[0.5, 0.5], codel=[0.5, 0.5]), tasks)[0]
    assert [p > 0 for p in states] == [state.grade != "3" for state in STATES]
    of_state = combinations_of(tasks).of_state
    assert [place == MISSING for place in of_state] == [state.grade == "3" for state in STATES]


def test_a_task_that_the_model_did_not_answer_has_no_part():
    given_ = row(idh=[0.6, 0.4], codel_1p19q=[0.3, 0.7])
    found = joint_marginals(given_, DEFAULT_TASKS)
    assert list(found) == ["idh", "codel_1p19q"]
    np.testing.assert_allclose(found["idh"], [[0.18 / 0.58, 0.4 / 0.58]])


# ------------------------------------------------------------------------------------------------- laws


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_marginals_sum_to_one_and_are_sums_over_the_states(tasks, data):
    given_ = data.draw(answers(tasks))
    states = state_probabilities(given_, tasks)
    np.testing.assert_allclose(states.sum(1), 1, rtol=1e-12)
    assert (states >= 0).all()
    for name, values in joint_marginals(given_, tasks).items():
        np.testing.assert_allclose(values.sum(1), 1, rtol=1e-12)
        meant = [tasks[name].encode(getattr(state, tasks[name].label)) for state in STATES]
        for index in range(values.shape[1]):
            np.testing.assert_allclose(values[:, index], states[:, np.array(meant) == index].sum(1), atol=1e-12)


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_decisions_never_contradict_and_no_possible_combination_is_likelier(tasks, data):
    given_ = data.draw(answers(tasks))
    chosen = most_probable_classes(given_, tasks)
    assert STATUSES.index("contradiction") not in statuses(chosen, tasks)
    legal = most_probable_classes(given_, tasks, legacy=False)
    assert set(statuses(legal, tasks)) == {STATUSES.index("legal")}
    product_of = {}
    for cell in product(*(range(len(task.class_names)) for task in tasks.values())):
        product_of[cell] = np.prod([given_[name][0, k] for name, k in zip(tasks, cell, strict=True)])
    best = max(value for cell, value in product_of.items() if cell in combinations_of(tasks).classes)
    assert product_of[tuple(int(chosen[name][0]) for name in tasks)] == pytest.approx(best, rel=1e-9, abs=1e-300)


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_cases_do_not_know_each_other(tasks, data):
    given_ = data.draw(answers(tasks))
    order = np.array(data.draw(st.permutations(range(len(next(iter(given_.values())))))))
    whole, turned = joint_marginals(given_, tasks), joint_marginals({n: v[order] for n, v in given_.items()}, tasks)
    for name, values in whole.items():
        np.testing.assert_array_equal(values[order], turned[name])


@given(data=st.data(), state=st.sampled_from(STATES))
@settings(max_examples=40, deadline=None)
def test_possible_certainties_stay(tasks, data, state):
    classes = {name: task.encode(getattr(state, task.label)) for name, task in tasks.items()}
    if MISSING in classes.values():
        return
    free = data.draw(st.sampled_from(sorted(tasks)))
    given_ = {name: np.eye(len(task.class_names))[[classes[name]]] for name, task in tasks.items()}
    for name, values in joint_marginals(given_, tasks).items():
        np.testing.assert_array_equal(values, given_[name])
    # and one uncertain answer beside them stays, as far as its classes are possible at all
    given_[free] = data.draw(answers({free: tasks[free]}))[free][:1]
    possible = [
        tuple(k if name == free else classes[name] for name in tasks) in combinations_of(tasks).classes
        for k in range(len(tasks[free].class_names))
    ]
    expected = given_[free] * possible
    if expected.sum() > 0:
        np.testing.assert_allclose(joint_marginals(given_, tasks)[free], expected / expected.sum(), rtol=1e-9)


def test_one_label_alone_passes_through_untouched():
    tasks = {"grade": GRADE, "three": THREE}
    assert not decodes_jointly(tasks)
    assert decodes_jointly(DEFAULT_TASKS)
    given_ = row(grade=[0.1, 0.9], three=[0.7, 0.2, 0.1])
    found = joint_marginals(given_, tasks)
    assert all(found[name] is given_[name] for name in tasks)
    assert {n: v.tolist() for n, v in most_probable_classes(given_, tasks).items()} == {"grade": [1], "three": [0]}


def test_tasks_on_other_labels_pass_through_untouched():
    # a label that a study may add, and that the classification does not speak of
    other = Task(label="mgmt", classes={"unmethylated": ["unmethylated"], "methylated": ["methylated"]})
    tasks = {"mgmt": other, **DEFAULT_TASKS}
    given_ = row(idh=[0.6, 0.4], codel_1p19q=[0.3, 0.7], grade=[0.8, 0.2])
    with_other = {**given_, "mgmt": np.array([[0.1, 0.9]])}
    found = joint_marginals(with_other, tasks)
    assert found["mgmt"] is with_other["mgmt"]
    for name, values in joint_marginals(given_, DEFAULT_TASKS).items():
        np.testing.assert_array_equal(found[name], values)
    assert most_probable_classes(with_other, tasks)["mgmt"].tolist() == [1]
    with pytest.raises(ValueError, match=r"no task is on a label of the WHO classification \(idh.*mgmt \(mgmt\)"):
        combinations_of({"mgmt": other})


# ----------------------------------------------------------------------------------------------- errors


def test_classes_that_leave_no_diagnosis_are_refused():
    pair = [["2", "3"], ["3", "4"], ["2", "4"]]
    tasks = {f"g{a}{b}": Task(label="grade", classes={a: [a], b: [b]}) for a, b in pair}
    with pytest.raises(
        ValueError, match="no diagnosis has a class in every one of the tasks idh, g23, g34, g24: change their classes"
    ):
        combinations_of({"idh": IDH, **tasks})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0.1, 0.2, 0.7]], r"task idh have shape \(1, 3\); \(cases, classes\) is \(1, 2\)"),
        ([[np.nan, 1.0]], r"task idh are \[nan, 1.0\] in row 0; they must be finite, at least 0 and not all 0"),
        ([[-0.1, 1.1]], r"task idh are \[-0.1, 1.1\] in row 0"),
        ([[0.0, 0.0]], r"task idh are \[0.0, 0.0\] in row 0"),
    ],
)
def test_what_are_no_probabilities_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        joint_marginals({**row(grade=[0.5, 0.5]), "idh": np.array(values)}, DEFAULT_TASKS)


def test_passes_are_decoded_one_by_one_and_unread_cases_stay_unread():
    rng = np.random.default_rng(0)
    mgmt = Task(label="mgmt", classes={"no": ["unmethylated"], "yes": ["methylated"]})
    tasks = {**DEFAULT_TASKS, "mgmt": mgmt}
    passes = {name: rng.dirichlet(np.ones(len(task.classes)), size=(3, 4)) for name, task in tasks.items()}
    for values in passes.values():
        values[:, 2] = np.nan
    given = {name: values.copy() for name, values in passes.items()}
    found = joint_passes(passes, tasks)
    for drawn, case in product(range(3), (0, 1, 3)):
        alone = joint_marginals({name: values[drawn, case][None] for name, values in given.items()}, tasks)
        for name in tasks:
            np.testing.assert_allclose(found[name][drawn, case], alone[name][0], rtol=1e-12)
    for name in tasks:
        np.testing.assert_array_equal(passes[name], given[name])
        assert found[name].shape == given[name].shape
        assert np.isnan(found[name][:, 2]).all()
    np.testing.assert_array_equal(found["mgmt"], given["mgmt"])
    assert not np.allclose(found["idh"], given["idh"], equal_nan=True)
