import math

import pytest
import torch

from gliomanet.training.losses.weighting import FixedWeighting, UncertaintyWeighting, weighting_of

LOSSES = torch.tensor([0.7, 2.0, 0.3])
ALL = torch.tensor([True, True, True])
TERMS = ("idh", "grade", "segmentation")


@pytest.mark.parametrize(("kind", "factor"), [("uncertainty", 0.5), ("uncertainty_full", 1.0)])
def test_both_documented_forms_are_their_formula(kind, factor):
    weighting = weighting_of(kind, TERMS, {})
    s = [0.5, -1.0, 0.0]
    with torch.no_grad():
        weighting.log_variances.copy_(torch.tensor(s))
    expected = sum(0.5 * math.exp(-v) * loss + factor * v for v, loss in zip(s, LOSSES.tolist(), strict=True))
    assert weighting(LOSSES, ALL).item() == pytest.approx(expected, rel=1e-6)
    weights = weighting.weights()
    assert list(weights) == list(TERMS)
    assert weights["idh"] == pytest.approx(0.5 * math.exp(-0.5))


@pytest.mark.parametrize(("kind", "variance"), [("uncertainty", 1.0), ("uncertainty_full", 0.5)])
def test_the_learnt_variance_is_the_loss_or_half_of_it(kind, variance):
    """½·exp(−s)·L + c·s is least at exp(s) = L / (2c)."""
    weighting = weighting_of(kind, ("a",), {})
    optimiser = torch.optim.Adam(weighting.parameters(), lr=0.05)
    for _ in range(400):
        optimiser.zero_grad()
        weighting(torch.tensor([3.0]), torch.tensor([True])).backward()
        optimiser.step()
    assert math.exp(weighting.log_variances.item()) == pytest.approx(3.0 * variance, rel=1e-3)


def test_a_term_without_a_label_has_no_say_and_no_gradient():
    weighting = UncertaintyWeighting(TERMS, regulariser=0.5)
    losses = LOSSES.clone().requires_grad_()
    known = torch.tensor([True, False, True])
    weighting(losses, known).backward()
    assert losses.grad.tolist() == [0.5, 0.0, 0.5]
    assert weighting.log_variances.grad[1] == 0
    assert (weighting.log_variances.grad[[0, 2]] != 0).all()
    fixed = FixedWeighting(TERMS, {"grade": 9.0})
    assert fixed(LOSSES, known).item() == pytest.approx(1.0)


def test_fixed_weights_weigh():
    weighting = weighting_of("fixed", TERMS, {"idh": 2.26, "grade": 1.33})
    assert weighting(LOSSES, ALL).item() == pytest.approx(2.26 * 0.7 + 1.33 * 2.0 + 0.3, rel=1e-6)
    assert weighting.weights() == pytest.approx({"idh": 2.26, "grade": 1.33, "segmentation": 1.0})
    assert not list(weighting.parameters())
