from itertools import product

import pytest

from gliomanet.labels.implication import Ground, implied_class, possible_values
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES, WhoState

GRADES = Task(label="grade", classes={"2": ["2"], "3": ["3"], "4": ["4"]})


def ground(label, *values, probability=1.0):
    return Ground(label, frozenset(values), probability, probability == 1.0)


@pytest.mark.parametrize(
    ("task", "grounds", "implied"),
    [
        ("codel_1p19q", [ground("idh", "wildtype")], "intact"),
        ("codel_1p19q", [ground("grade", "4")], "intact"),
        ("codel_1p19q", [ground("idh", "mutant")], None),
        ("idh", [ground("codel_1p19q", "codeleted")], "mutant"),
        ("idh", [ground("codel_1p19q", "intact")], None),
        ("idh", [ground("grade", "4")], None),  # an astrocytoma may be mutant and of grade 4
        ("grade", [ground("codel_1p19q", "codeleted")], "2-3"),
        ("grade", [ground("idh", "wildtype")], None),  # not 4: earlier editions had wildtype ones of grade 2 and 3
        ("grade", [ground("idh", "wildtype"), ground("codel_1p19q", "intact")], None),
        ("codel_1p19q", [ground("grade", "2", "3"), ground("idh", "mutant")], None),
        ("grade", [], None),
        # Labels that no diagnosis has together: nothing follows from either.
        ("grade", [ground("idh", "wildtype"), ground("codel_1p19q", "codeleted")], None),
    ],
)
def test_what_follows_from_what(task, grounds, implied):
    found = implied_class(DEFAULT_TASKS[task], grounds)
    assert (found and found[0]) == implied


def test_a_task_of_single_grades_is_left_open():
    assert implied_class(GRADES, [ground("codel_1p19q", "codeleted")]) is None


def test_the_surest_label_is_named():
    weak, known = ground("idh", "wildtype", probability=0.97), ground("grade", "4")
    assert implied_class(DEFAULT_TASKS["codel_1p19q"], [weak, known]) == ("intact", known)
    assert str(known) == "grade 4 (known)"
    assert str(ground("grade", "3", "2", probability=0.9)) == "grade 2 or 3 (pseudo-label)"


def test_grounds_one_by_one_say_all_that_they_say_together():
    """Every combination of known labels: so no rule of two premises is missed."""
    tasks = (*DEFAULT_TASKS.values(), GRADES)
    for values in product(*(("", *VOCABULARY[label]) for label in WhoState._fields)):
        standing = {label: {value} for label, value in zip(WhoState._fields, values, strict=True) if value}
        left = possible_values(standing)
        for task in tasks:
            if task.label in standing:
                continue
            members = [
                name for name, group in task.classes.items() if left[task.label] and left[task.label] <= set(group)
            ]
            found = implied_class(task, [ground(label, *v) for label, v in standing.items()])
            assert [found[0]] == members if found else not members


def test_every_state_that_is_met_stays_possible():
    for state in (*LEGAL_STATES, *LEGACY_STATES):
        left = possible_values({label: {value} for label, value in state._asdict().items()})
        assert left == {label: {value} for label, value in state._asdict().items()}
