"""Tasks and the WHO 2021 states."""

from __future__ import annotations

from itertools import product

import pytest

from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.vocabulary import MISSING, VOCABULARY
from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES, contradiction


@pytest.mark.parametrize(
    ("task", "value", "index"),
    [
        ("idh", "wildtype", 0),
        ("idh", "mutant", 1),
        ("idh", "", MISSING),
        ("idh", None, MISSING),
        ("codel_1p19q", "codeleted", 1),
        ("grade", "2", 0),
        ("grade", "3", 0),
        ("grade", "4", 1),
    ],
)
def test_values_become_classes(task, value, index):
    assert DEFAULT_TASKS[task].encode(value) == index


def test_every_complete_state_is_legal_legacy_or_a_contradiction():
    for state in product(*VOCABULARY.values()):
        reason = contradiction(*state)
        if state in LEGAL_STATES:
            assert reason is None
        elif state in LEGACY_STATES:
            assert "before WHO 2021" in reason
        else:
            assert "no diagnosis" in reason


@pytest.mark.parametrize(
    ("known", "legal"),
    [
        (("wildtype", "codeleted", ""), False),
        (("", "codeleted", "4"), False),
        (("mutant", "", "4"), True),
        (("", "", ""), True),
        (("wildtype", "", "3"), False),
    ],
)
def test_unknown_labels_fit_anything(known, legal):
    assert (contradiction(*known) is None) == legal


def test_a_task_alone_is_held_against_the_built_in_labels_only():
    mgmt = Task(label="mgmt", classes={"no": ["unmethylated"], "yes": ["methylated"]})
    assert mgmt.foreign_values(("unmethylated", "methylated")) == []
    (problem,) = mgmt.foreign_values(("unmethylated", "hypermethylated"))
    assert (problem.key, problem.rule) == ("classes", "unknown_value")
    assert "'methylated'" in problem.found
    with pytest.raises(ValueError, match="'5', which is no value of grade"):
        Task(label="grade", classes={"a": ["2"], "b": ["5"]})
