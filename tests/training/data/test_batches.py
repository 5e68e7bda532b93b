import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.labels.vocabulary import MISSING
from gliomanet.training.data.batches import BalancedBatches, OrderedBatches, encode_labels, load_cases

TASKS = {name: DEFAULT_TASKS[name] for name in ("idh", "grade")}


def test_labels_are_encoded_and_pseudo_labels_fill_unknown_ones_only():
    cases = pd.DataFrame({"case_id": ["a", "b", "c"], "idh": ["mutant", "", None], "grade": ["4", "2", ""]})
    assert encode_labels(cases, TASKS).tolist() == [[1, 1], [MISSING, 0], [MISSING, MISSING]]
    pseudo = pd.DataFrame(
        [
            ("a", "idh", "wildtype", "yes"),
            ("b", "idh", "mutant", "yes"),
            ("c", "idh", "mutant", "no"),
            ("c", "grade", "2-3", "yes"),
            ("elsewhere", "idh", "mutant", "yes"),
            ("c", "codel_1p19q", "intact", "yes"),
        ],
        columns=["case_id", "task", "label", "accepted"],
    )
    assert encode_labels(cases, TASKS, pseudo).tolist() == [[1, 1], [1, 0], [MISSING, 0]]


def test_a_pseudo_label_outside_the_vocabulary_is_refused():
    cases = pd.DataFrame({"case_id": ["a"], "idh": [""], "grade": [""]})
    pseudo = pd.DataFrame({"case_id": ["a"], "task": ["idh"], "label": ["maybe"], "accepted": ["yes"]})
    with pytest.raises(ValueError, match="case a, task idh: 'maybe' is no class; classes: wildtype, mutant"):
        encode_labels(cases, TASKS, pseudo)


@given(
    st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 2)), min_size=1, max_size=30),
    st.integers(0, 5),
    st.integers(1, 6),
)
def test_every_batch_holds_one_case_of_every_class_that_is_known(labels, epoch, steps):
    labels = np.array(labels)
    if (labels == MISSING).all():
        return
    batches = BalancedBatches(labels, steps, seed=1)
    batches.set_epoch(epoch)
    dealt = list(batches)
    assert [step for step, _ in dealt] == list(range(steps))
    for _, positions in dealt:
        assert len(positions) >= 2
        for task in range(2):
            known = set(labels[:, task].tolist()) - {MISSING}
            assert known <= set(labels[positions, task].tolist())


def test_no_case_comes_twice_before_all_of_its_class_have_come():
    labels = np.array([[0]] * 6 + [[1]] * 2)
    batches = BalancedBatches(labels, 6, seed=1)
    rare, frequent = [], []
    for _, positions in batches:
        frequent.append(positions[0])
        rare.append(positions[1])
    assert sorted(frequent) == list(range(6))
    assert all(sorted(rare[i : i + 2]) == [6, 7] for i in (0, 2, 4))


def test_cases_without_a_label_come_one_a_batch():
    labels = np.array([[0], [1], [0], [1], [MISSING], [MISSING], [MISSING]])
    dealt = list(BalancedBatches(labels, None, seed=1, size=2))
    assert [len(positions) for _, positions in dealt] == [3, 3]  # steps are a pass over the labelled ones still
    assert all(labels[positions[:2], 0].tolist() == [0, 1] for _, positions in dealt)
    assert {positions[2] for _, positions in dealt} < {4, 5, 6}
    assert len({positions[2] for _, positions in dealt}) == 2


def test_default_steps_are_one_pass_over_the_labelled_cases():
    labels = np.array([[0, -1], [1, 0], [1, 1], [-1, -1], [0, 0]])
    assert BalancedBatches(labels, None, seed=1).steps == 1
    views = np.concatenate([labels] * 4)
    assert BalancedBatches(views, None, seed=1).steps == 4
    assert BalancedBatches(views, None, seed=1, once=np.arange(20) < 5).steps == 1
    assert BalancedBatches(np.concatenate([labels] * 3), None, seed=1).steps == 3


def test_an_epoch_is_the_same_in_a_job_that_goes_on():
    labels = np.array([[0], [1]] * 8)
    unbroken = BalancedBatches(labels, 4, seed=1)
    epochs = []
    for epoch in range(4):
        unbroken.set_epoch(epoch)
        epochs.append(list(unbroken))
    resumed = BalancedBatches(labels, 4, seed=1, first_epoch=2)
    resumed.set_epoch(1)
    assert list(resumed) == epochs[3]
    assert epochs[2] != epochs[3]


def test_no_label_at_all_is_refused():
    with pytest.raises(ValueError, match="no case has a label"):
        BalancedBatches(np.full((3, 2), MISSING), None, seed=1)


def test_validation_sees_every_case_once():
    assert [positions for _, positions in OrderedBatches(5, 2)] == [[0, 1], [2, 3], [4]]
    assert len(OrderedBatches(5, 2)) == 3


def test_cases_are_stacked_with_what_they_lack(cohort, tmp_path):
    rows = pd.concat([cohort.iloc[3:6], pd.DataFrame({"case_id": ["gone"], "folder": [str(tmp_path)]})])
    labels = np.array([[1], [0], [1], [0]])
    cases, reasons = load_cases(rows, labels, ("t1c", "t2"), (32, 32, 32))
    assert len(cases) == 3
    assert len(reasons) == 1
    assert reasons[0].startswith("case gone: none of t1c, t2")
    batch = cases[7, [0, 1]]
    assert batch.image.shape == (2, 2, 32, 32, 32)
    assert batch.available.tolist() == [[True, False], [True, True]]
    assert batch.masks.flatten(2).any(dim=2).tolist() == [[True, True], [True, False]]
    assert batch.labels.tolist() == [[1], [0]]
    assert batch.step == 7


def test_the_digest_follows_images_and_labels(cohort):
    rows, labels = cohort.iloc[:2], np.array([[1], [0]])
    digest = load_cases(rows, labels, ("t1c", "t2"), (32, 32, 32))[0].digest
    assert load_cases(rows, labels, ("t1c", "t2"), (32, 32, 32))[0].digest == digest
    assert load_cases(rows, 1 - labels, ("t1c", "t2"), (32, 32, 32))[0].digest != digest
    assert load_cases(cohort.iloc[1:3], labels, ("t1c", "t2"), (32, 32, 32))[0].digest != digest
