import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.labels.vocabulary import MISSING
from gliomanet.networks.outputs import TUMOUR_PARTS, WHOLE_TUMOUR
from gliomanet.training.losses.losses import (
    batch_weights,
    class_weights,
    cosface,
    masked_cross_entropy,
    region_targets,
    soft_dice,
)

LOGITS = torch.tensor([[2.0, 0.0], [0.0, 1.0], [5.0, -5.0]])


def softplus(x):
    return math.log1p(math.exp(x))


def test_mean_over_the_known_cases():
    loss = masked_cross_entropy(LOGITS, torch.tensor([0, 0, -1]))
    assert loss.item() == pytest.approx((softplus(-2) + softplus(1)) / 2, rel=1e-6)


def test_weights_weigh_classes():
    loss = masked_cross_entropy(
        LOGITS,
        torch.tensor([0, 1, -1]),
        class_weights=torch.tensor([0.5, 2.0]),
    )
    assert loss.item() == pytest.approx((0.5 * softplus(-2) + 2.0 * softplus(-1)) / 2, rel=1e-6)


def test_a_weight_still_weighs_in_a_batch_of_one_case():
    one, target = LOGITS[:1], torch.tensor([1])
    heavy = masked_cross_entropy(one, target, class_weights=torch.tensor([1.0, 3.0]))
    assert heavy.item() == pytest.approx(3 * masked_cross_entropy(one, target).item())


@pytest.mark.parametrize(
    "loss_of",
    [masked_cross_entropy, lambda c, t: cosface(torch.tanh(c), t, scale=64, margin=0.5)],
    ids=["ce", "cosface"],
)
@given(targets=st.lists(st.integers(-1, 2), min_size=1, max_size=6), seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_a_masked_label_has_zero_gradient_and_no_influence(loss_of, targets, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(len(targets), 3, generator=generator).requires_grad_()
    target = torch.tensor(targets)
    known = target >= 0
    loss = loss_of(logits, target)
    loss.backward()
    assert (logits.grad[~known] == 0).all()
    if known.any():
        assert loss.item() == pytest.approx(loss_of(logits[known], target[known]).item(), rel=1e-5)
        assert (logits.grad[known] != 0).any()
    else:
        assert loss.item() == 0


def test_no_known_label_is_an_exact_zero_with_a_graph():
    logits = LOGITS.clone().requires_grad_()
    loss = masked_cross_entropy(logits, torch.full((3,), -1))
    assert loss.item() == 0
    assert loss.requires_grad
    loss.backward()
    assert torch.equal(logits.grad, torch.zeros(3, 2))


def test_cosface_is_its_formula():
    cosines, targets, s, m = torch.tensor([[0.6, 0.1, -0.2], [0.0, 0.3, 0.9]]), torch.tensor([0, 1]), 8.0, 0.35
    expected = 0.0
    for row, y in zip(cosines.tolist(), targets.tolist(), strict=True):
        own = math.exp(s * (row[y] - m))
        others = sum(math.exp(s * c) for k, c in enumerate(row) if k != y)
        expected -= math.log(own / (own + others)) / 2
    assert cosface(cosines, targets, scale=s, margin=m).item() == pytest.approx(expected, rel=1e-5)


def test_cosface_without_margin_is_scaled_cross_entropy():
    cosines, targets = torch.tanh(LOGITS), torch.tensor([0, 1, -1])
    expected = masked_cross_entropy(64 * cosines, targets)
    torch.testing.assert_close(cosface(cosines, targets, scale=64, margin=0), expected)


def test_cosface_passes_weights_on():
    cosines, targets, weights = torch.tanh(LOGITS), torch.tensor([0, 1, 0]), torch.tensor([0.5, 2.0])
    margins = 0.2 * torch.nn.functional.one_hot(targets, 2)
    expected = masked_cross_entropy(4 * (cosines - margins), targets, class_weights=weights)
    found = cosface(cosines, targets, scale=4, margin=0.2, class_weights=weights)
    torch.testing.assert_close(found, expected)


def test_half_precision_cosines_are_scaled_in_float32():
    cosines = torch.tensor([[0.5, 0.25]], dtype=torch.bfloat16)
    assert cosface(cosines, torch.tensor([0]), scale=64, margin=0.5).dtype == torch.float32


@given(st.lists(st.integers(0, 500), min_size=2, max_size=4).filter(any))
@settings(max_examples=50, deadline=None)
def test_class_weights_balance(counts):
    weights = class_weights(counts)
    shares = weights * torch.tensor(counts, dtype=torch.float32)
    occurring = shares[torch.tensor(counts) > 0]
    torch.testing.assert_close(occurring, occurring[:1].expand(len(occurring)))  # every class weighs the same
    assert shares.sum().item() == pytest.approx(sum(counts), rel=1e-5)  # and a case 1 on average


def test_class_weights_of_known_counts():
    torch.testing.assert_close(class_weights([30, 10, 0]), torch.tensor([2 / 3, 2.0, 0.0]))


@pytest.mark.parametrize("counts", [[0, 0], [-1, 3], [[1, 2]]])
def test_impossible_counts_are_refused(counts):
    with pytest.raises(ValueError, match="class counts are"):
        class_weights(counts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": torch.tensor([0, 1])}, r"targets has shape \(2,\); logits of \(3, 2\) need \(3,\)"),
        ({"class_weights": torch.ones(3)}, r"class_weights has shape \(3,\).*need \(2,\)"),
    ],
)
@pytest.mark.parametrize("loss", [masked_cross_entropy, lambda *a, **k: cosface(*a, scale=1, margin=0, **k)])
def test_shapes_that_do_not_fit_are_refused(loss, change, message):
    targets = change.get("targets", torch.tensor([0, 1, 0]))
    with pytest.raises(ValueError, match=message):
        loss(LOGITS, targets, **{k: v for k, v in change.items() if k != "targets"})


def logits_of(probabilities: list[list[list[float]]]) -> torch.Tensor:
    """(B, R, voxels) probabilities as logits (B, R, voxels, 1, 1)."""
    return torch.logit(torch.tensor(probabilities))[..., None, None]


def masks_of(values: list[list[list[int]]]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.bool)[..., None, None]


def test_soft_dice_by_hand():
    logits = logits_of([[[0.9, 0.2, 0.4], [0.5, 0.5, 0.5]], [[0.1, 0.1, 0.8], [0.3, 0.3, 0.3]]])
    targets = masks_of([[[1, 0, 0], [0, 1, 1]], [[0, 0, 1], [0, 0, 0]]])
    first = (1 - (2 * 0.9 + 1) / (1.5 + 1 + 1)) + (1 - (2 * 1.0 + 1) / (1.5 + 2 + 1))
    second = (1 - (2 * 0.8 + 1) / (1.0 + 1 + 1)) + (1 - 1 / (0.9 + 0 + 1))
    both = soft_dice(logits, targets, torch.tensor([True, True]))
    assert both.item() == pytest.approx((first + second) / 2, rel=1e-5)
    assert soft_dice(logits, targets, torch.tensor([False, True])).item() == pytest.approx(second, rel=1e-5)


def test_soft_dice_falls_to_zero_with_the_error():
    targets = masks_of([[[1, 0, 1], [0, 0, 0]]])
    loss = soft_dice(torch.where(targets, 30.0, -30.0), targets, torch.tensor([True]))
    assert loss.item() == pytest.approx(0, abs=1e-6)


def test_a_case_without_a_mask_has_zero_gradient():
    logits = logits_of([[[0.9, 0.2]], [[0.5, 0.5]]]).requires_grad_()
    targets = masks_of([[[1, 0]], [[0, 0]]])
    soft_dice(logits, targets, torch.tensor([True, False])).backward()
    assert (logits.grad[1] == 0).all()
    assert (logits.grad[0] != 0).all()
    logits.grad = None
    loss = soft_dice(logits, targets, torch.tensor([False, False]))
    loss.backward()
    assert loss.item() == 0
    assert (logits.grad == 0).all()


def test_half_precision_segmentations_are_summed_in_float32():
    logits = torch.zeros(1, 1, 32, 32, 32, dtype=torch.bfloat16)
    targets = torch.ones(1, 1, 32, 32, 32, dtype=torch.bool)
    loss = soft_dice(logits, targets, torch.tensor([True]))
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(1 - (32**3 + 1) / (1.5 * 32**3 + 1), rel=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": torch.zeros(2, 1, 3, 1, 1)}, r"targets has shape \(2, 1, 3, 1, 1\); logits of .* need \(2, 1, 2"),
        ({"known": torch.tensor([True])}, r"known has shape \(1,\); logits of \(2, 1, 2, 1, 1\) need \(2,\)"),
    ],
)
def test_masks_that_do_not_fit_are_refused(change, message):
    arguments = {"targets": torch.zeros(2, 1, 2, 1, 1), "known": torch.tensor([True, True])} | change
    with pytest.raises(ValueError, match=message):
        soft_dice(torch.zeros(2, 1, 2, 1, 1), **arguments)


CODES = torch.tensor([[0, 1, 2, 4], [0, 0, 0, 0], [0, 1, 1, 0], [0, 2, 2, 0]], dtype=torch.float32)[
    :, None, :, None, None
]


def test_parts_are_found_by_their_codes_where_a_mask_tells_them_apart():
    targets, known = region_targets(CODES, TUMOUR_PARTS)
    assert targets.dtype == torch.bool
    assert targets[0, :, :, 0, 0].tolist() == [
        [False, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
    ]
    assert known.tolist() == [True, False, False, True]  # no mask; a mask of the whole tumour


def test_the_whole_tumour_is_any_code():
    targets, known = region_targets(CODES, WHOLE_TUMOUR)
    assert targets[:, 0, :, 0, 0].sum(dim=1).tolist() == [3, 0, 2, 2]
    assert known.tolist() == [True, False, True, True]


def test_classes_of_a_batch_have_an_equal_say():
    weights = batch_weights(torch.tensor([0, 0, 0, 1, MISSING]), 3)
    torch.testing.assert_close(weights[:2] * torch.tensor([3.0, 1.0]), torch.tensor([2.0, 2.0]))
    assert batch_weights(torch.tensor([MISSING, MISSING]), 2) is None
