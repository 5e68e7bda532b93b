from itertools import product

import numpy as np
import pytest

from gliomanet.labels.consistency import STATUSES, status_of, statuses
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.labels.who import contradiction

SINGLE = {
    label: Task(label=label, classes={value: [value] for value in values}) for label, values in VOCABULARY.items()
}


@pytest.mark.parametrize("state", list(product(*VOCABULARY.values())))
def test_single_values_agree_with_the_labels_rule(state):
    found, reason = status_of(dict(zip(VOCABULARY, state, strict=True)), SINGLE), contradiction(*state)
    expected = "legal" if reason is None else "legacy" if "before WHO 2021" in reason else "contradiction"
    assert found == expected


@pytest.mark.parametrize(
    ("predicted", "status"),
    [
        ({"idh": "wildtype", "codel_1p19q": "intact", "grade": "4"}, "legal"),
        ({"idh": "wildtype", "codel_1p19q": "intact", "grade": "2-3"}, "legacy"),
        ({"idh": "wildtype", "codel_1p19q": "codeleted", "grade": "2-3"}, "contradiction"),
        ({"idh": "mutant", "codel_1p19q": "codeleted", "grade": "4"}, "contradiction"),
        ({"codel_1p19q": "codeleted", "grade": "4"}, "contradiction"),
        ({"idh": "mutant", "grade": "2-3"}, "legal"),
        ({"idh": "wildtype", "codel_1p19q": "codeleted", "mgmt": "yes"}, "contradiction"),
        ({"idh": "mutant", "mgmt": "yes"}, "legal"),
    ],
)
def test_a_class_stands_for_all_its_values(predicted, status):
    mgmt = Task(label="mgmt", classes={"no": ["unmethylated"], "yes": ["methylated"]})
    assert status_of(predicted, {**DEFAULT_TASKS, "mgmt": mgmt}) == status


def test_many_cases_at_once():
    predicted = {"idh": np.array([0, 1, 0]), "codel_1p19q": np.array([0, 1, 1]), "grade": np.array([1, 0, 0])}
    assert [STATUSES[i] for i in statuses(predicted, DEFAULT_TASKS)] == ["legal", "legal", "contradiction"]
