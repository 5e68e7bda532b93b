import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.training.data.augmentation import drop_modalities

flags = st.lists(st.lists(st.booleans(), min_size=3, max_size=3).filter(any), min_size=1, max_size=5)


def image_of(available):
    return torch.randn(*available.shape, 2, 2, 2, generator=torch.Generator().manual_seed(0)) + 9.0


@given(flags, st.floats(0, 0.99), st.integers(0, 99))
def test_one_modality_stays_none_appears_and_what_is_gone_is_zero(available, rate, seed):
    available = torch.tensor(available)
    image = image_of(available)
    dropped, kept = drop_modalities(image, available, rate, seed)
    assert kept.any(dim=1).all()
    assert not (kept & ~available).any()
    assert torch.equal(dropped[kept], image[kept])
    assert not dropped[~kept].any()
    again = drop_modalities(image, available, rate, seed)
    assert torch.equal(again[1], kept)


def test_a_rate_of_zero_drops_nothing():
    available = torch.ones(50, 4, dtype=torch.bool)
    assert drop_modalities(image_of(available), available, 0.0, 1)[1].all()


def test_modalities_go_at_the_rate_and_the_last_is_any():
    available = torch.ones(20_000, 2, dtype=torch.bool)
    _, kept = drop_modalities(torch.zeros(20_000, 2, 1, 1, 1), available, 0.5, 1)
    # of the quarter that would lose both, one half keeps each
    assert kept.float().mean(dim=0).tolist() == pytest.approx([0.625, 0.625], abs=0.02)
    _, few = drop_modalities(torch.zeros(20_000, 2, 1, 1, 1), available, 0.99, 1)
    assert few.float().mean(dim=0).tolist() == pytest.approx([0.5, 0.5], abs=0.02)


@given(flags, st.floats(0, 0.99), st.integers(0, 99))
def test_one_goes_where_it_must_and_the_others_as_ever(available, rate, seed):
    available = torch.tensor(available)
    _, kept = drop_modalities(image_of(available), available, rate, seed)
    _, fewer = drop_modalities(image_of(available), available, rate, seed, one_goes=True)
    several = available.sum(dim=1) > 1
    assert ((fewer != available).any(dim=1) == several).all()
    lost = (kept != available).any(dim=1)
    assert torch.equal(fewer[lost], kept[lost])


def test_which_one_must_go_is_any():
    available = torch.ones(20_000, 3, dtype=torch.bool)
    _, kept = drop_modalities(torch.zeros(20_000, 3, 1, 1, 1), available, 0.0, 1, one_goes=True)
    assert kept.float().mean(dim=0).tolist() == pytest.approx([2 / 3] * 3, abs=0.02)


def test_seeds_differ():
    available = torch.ones(50, 4, dtype=torch.bool)
    draws = [drop_modalities(image_of(available), available, 0.5, seed)[1] for seed in (1, 2)]
    assert not torch.equal(*draws)


def test_a_ratio_goes_with_either_of_its_modalities():
    available = torch.ones(500, 5, dtype=torch.bool)
    available[0, 4] = False
    ratios = [(1, 0), (2, 0)]
    image, kept = drop_modalities(image_of(available), available, 0.5, 1, ratio_maps=ratios)
    plain = drop_modalities(image_of(available[:, :3]), available[:, :3], 0.5, 1)[1]
    assert torch.equal(kept[:, :3], plain), "the same modalities go as without ratios"
    assert torch.equal(kept[:, 3], plain[:, 1] & plain[:, 0])
    assert torch.equal(kept[1:, 4], (plain[:, 2] & plain[:, 0])[1:])
    assert not kept[0, 4]
    assert not image[~kept].any()
