"""The joint likelihood as a loss: against enumeration, against the decoder, and what it must not touch."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.labels.joint_decoding import combinations_of, joint_marginals, state_probabilities
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.vocabulary import MISSING
from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES
from gliomanet.training.losses.joint_likelihood import joint_likelihood
from gliomanet.training.losses.losses import masked_cross_entropy

THREE = {**DEFAULT_TASKS, "grade": Task(label="grade", classes={"2": ["2"], "3": ["3"], "4": ["4"]})}
STUDIES = {"two grades": DEFAULT_TASKS, "three grades": THREE}
STATES = LEGAL_STATES + LEGACY_STATES
FITTING = [(0, 0, 1), (1, 1, 0), (1, 0, MISSING), (MISSING, 1, MISSING), (0, 0, 0)]


def drawn(tasks, cases: int, seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        n: (3 * torch.randn(cases, len(t.class_names), generator=generator)).requires_grad_() for n, t in tasks.items()
    }


def columns(rows, tasks) -> dict[str, torch.Tensor]:
    return {name: torch.tensor([row[i] for row in rows]) for i, name in enumerate(tasks)}


def loss_of(logits, rows, tasks=DEFAULT_TASKS, **options) -> torch.Tensor:
    return joint_likelihood(logits, columns(rows, tasks), combinations_of(tasks), **options)


def probabilities(logits) -> dict[str, np.ndarray]:
    return {name: values.detach().double().softmax(1).numpy() for name, values in logits.items()}


def fits(state, row, tasks) -> bool:
    meant = [task.encode(getattr(state, task.label)) for task in tasks.values()]
    return all(label in (MISSING, own) for label, own in zip(row, meant, strict=True))


@pytest.mark.parametrize("tasks", STUDIES.values(), ids=list(STUDIES))
@given(rows=st.lists(st.sampled_from(FITTING), min_size=1, max_size=5), seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_it_is_the_decoders_probability_of_the_states_that_fit(tasks, rows, seed):
    logits = drawn(tasks, len(rows), seed)
    states = state_probabilities(probabilities(logits), tasks)
    by_hand = [
        -math.log(sum(p for p, state in zip(mine, STATES, strict=True) if fits(state, row, tasks)))
        for mine, row in zip(states, rows, strict=True)
    ]
    assert loss_of(logits, rows, tasks).item() == pytest.approx(np.mean(by_hand), rel=1e-4, abs=1e-5)


def test_brute_force_over_all_combinations_of_classes():
    rows = [(1, MISSING, 1), (MISSING, 0, MISSING)]
    logits = drawn(DEFAULT_TASKS, 2)
    p = probabilities(logits)
    expected = 0.0
    for case, row in enumerate(rows):
        possible = {(0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 0, 1), (1, 1, 0)}
        weight = {c: np.prod([p[n][case, k] for n, k in zip(p, c, strict=True)]) for c in product((0, 1), repeat=3)}
        fitting = [c for c in possible if all(a in (MISSING, b) for a, b in zip(row, c, strict=True))]
        expected -= math.log(sum(weight[c] for c in fitting) / sum(weight[c] for c in possible)) / 2
    assert loss_of(logits, rows).item() == pytest.approx(expected, rel=1e-5)


def test_a_single_known_label_is_minus_log_of_its_marginal():
    logits = drawn(DEFAULT_TASKS, 1)
    marginal = joint_marginals(probabilities(logits), DEFAULT_TASKS)["codel_1p19q"][0, 1]
    assert loss_of(logits, [(MISSING, 1, MISSING)]).item() == pytest.approx(-math.log(marginal), rel=1e-5)


def test_a_known_label_teaches_the_unknown_ones():
    logits = drawn(DEFAULT_TASKS, 1)
    loss_of(logits, [(0, MISSING, MISSING)]).backward()
    step = logits["codel_1p19q"].grad[0]
    assert step[0] < 0 < step[1]  # a wildtype case is moved towards intact


NOTHING = [
    ("nothing known", (MISSING, MISSING, MISSING)),
    ("no diagnosis fits", (0, 1, MISSING)),
    ("no diagnosis fits, all known", (1, 1, 1)),
]


@pytest.mark.parametrize("row", [row for _, row in NOTHING], ids=[name for name, _ in NOTHING])
def test_cases_that_do_not_count_have_zero_gradient_and_no_influence(row):
    logits = drawn(DEFAULT_TASKS, 3)
    rows = [(0, 0, 1), row, (1, 1, 0)]
    loss = loss_of(logits, rows)
    loss.backward()
    assert all(torch.equal(values.grad[1], torch.zeros(2)) for values in logits.values())
    assert all((values.grad[[0, 2]] != 0).all() for values in logits.values())
    others = {name: values.detach()[[0, 2]] for name, values in logits.items()}
    assert loss.item() == pytest.approx(loss_of(others, [rows[0], rows[2]]).item(), rel=1e-6)


def test_no_case_that_counts_is_an_exact_zero_with_a_graph():
    logits = drawn(DEFAULT_TASKS, 2)
    loss = loss_of(logits, [NOTHING[0][1], NOTHING[2][1]])
    assert loss.item() == 0
    loss.backward()
    assert all(torch.equal(values.grad, torch.zeros(2, 2)) for values in logits.values())


def test_without_contradictions_it_is_the_sum_of_the_cross_entropies():
    certain = torch.tensor([[-200.0, 200.0]])  # mutant, of grade 2 or 3: 1p/19q may be either
    logits = {"idh": certain, "codel_1p19q": torch.tensor([[0.3, -0.4]]), "grade": -certain}
    expected = masked_cross_entropy(logits["codel_1p19q"], torch.tensor([1]))
    assert loss_of(logits, [(1, 1, 0)]).item() == pytest.approx(expected.item(), rel=1e-6)


def test_cases_weigh_the_mean_of_their_known_classes_weights():
    logits = drawn(DEFAULT_TASKS, 2)
    rows = [(0, 0, MISSING), (1, MISSING, MISSING)]
    weights = {"idh": torch.tensor([0.5, 2.0]), "codel_1p19q": torch.tensor([1.5, 7.0]), "grade": None}
    each = [loss_of({n: v[[i]] for n, v in logits.items()}, [row]).item() for i, row in enumerate(rows)]
    expected = ((0.5 + 1.5) / 2 * each[0] + 2.0 * each[1]) / 2
    assert loss_of(logits, rows, class_weights=weights).item() == pytest.approx(expected, rel=1e-5)


def test_extreme_and_half_precision_logits_stay_finite():
    far = torch.tensor([[0.0, 1e4]])
    logits = {"idh": -far, "codel_1p19q": far, "grade": far}
    logits = {name: values.bfloat16().requires_grad_() for name, values in logits.items()}
    loss = loss_of(logits, [(0, 0, 1)])
    loss.backward()
    assert loss.dtype == torch.float32
    assert torch.isfinite(loss)
    assert all(torch.isfinite(values.grad).all() for values in logits.values())


def test_a_task_on_another_label_has_no_part():
    logits = drawn(DEFAULT_TASKS, 1)
    labels = columns([(0, 0, 1)], DEFAULT_TASKS)
    other = {"mgmt": torch.zeros(1, 2, requires_grad=True)}
    loss = joint_likelihood({**other, **logits}, {"mgmt": torch.tensor([1]), **labels}, combinations_of(DEFAULT_TASKS))
    loss.backward()
    assert other["mgmt"].grad is None
    assert loss.item() == pytest.approx(loss_of(logits, [(0, 0, 1)]).item())
