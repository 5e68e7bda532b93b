"""Tumor-CutMix: where a tumour is pasted, what is left as it is, and how labels are mixed."""

from __future__ import annotations

import pytest
import torch

from gliomanet.labels.vocabulary import MISSING
from gliomanet.training.data.batches import Batch, Mixed
from gliomanet.training.data.tumour_cutmix import TumourCutmix, paste_tumours
from gliomanet.training.losses.losses import masked_cross_entropy

SIZE = 12
ALL = TumourCutmix(rate=1.0, carried=(True, False))


def batch(places: list[slice | None], *, code: int = 4, labels: list[list[int]] | None = None) -> Batch:
    """Cases whose brain is everything but a margin, each filled with its own number, a tumour at a place of axis 1."""
    cases = len(places)
    masks = torch.zeros(cases, 2, SIZE, SIZE, SIZE)
    masks[:, 0, 1:-1, 1:-1, 1:-1] = 1
    for case, place in enumerate(places):
        if place is not None:
            masks[case, 1, 2:4, place, 2:4] = code
    image = torch.arange(1.0, cases + 1)[:, None, None, None, None] * masks[:, :1].expand(-1, 2, -1, -1, -1)
    given = torch.tensor(labels or [[case % 2, case % 2] for case in range(cases)])
    return Batch(image, masks, torch.ones(cases, 2, dtype=torch.bool), given, 0)


def test_a_tumour_is_pasted_whole_into_healthy_tissue_with_its_mask_and_label():
    before = batch([slice(2, 4), slice(6, 10)])
    after = paste_tumours(before, ALL, 1)
    for case, donor in ((0, 1), (1, 0)):
        pasted = after.image[case, 0] != before.image[case, 0]
        own = before.masks[case, 1] > 0
        assert pasted.sum() == (before.masks[donor, 1] > 0).sum()
        assert not (pasted & own).any()
        assert (after.image[case][:, pasted] == donor + 1).all(), "every channel is the donor's"
        assert torch.equal(after.masks[case, 1] > 0, own | pasted)
        assert torch.equal(after.masks[case, 0], before.masks[case, 0])
        assert after.mixed.share[case] == pytest.approx(float(pasted.sum() / (own | pasted).sum()))
    assert after.mixed.labels.tolist() == [[1, MISSING], [0, MISSING]]
    assert after.labels.tolist() == [[0, MISSING], [1, MISSING]], "a task that a paste cannot carry is unknown"
    assert before.labels.tolist() == [[0, 0], [1, 1]], "the batch that came is as it was"


def test_the_seed_alone_decides():
    given = batch([slice(2, 4), slice(6, 10), slice(4, 8), slice(3, 5)])
    half = TumourCutmix(0.5, (True, True))
    first, again = (paste_tumours(given, half, 5) for _ in range(2))
    assert torch.equal(first.image, again.image)
    assert len({str((paste_tumours(given, half, seed).mixed.share > 0).tolist()) for seed in range(9)}) > 2


@pytest.mark.parametrize(
    "given",
    [
        batch([slice(2, 4), None]),
        batch([slice(2, 4)]),
        batch([slice(2, 4), slice(6, 10)])._replace(available=torch.tensor([[True, False], [False, True]])),
        batch([slice(2, 4), slice(6, 10)])._replace(case_ids=("a", "a")),
        batch([slice(2, 4), slice(6, 10)])._replace(case_ids=("a", "b"), shrunk=(True, False)),
    ],
    ids=["one without a mask", "no other case", "no donor has all modalities", "one case twice", "at another scale"],
)
def test_where_none_can_be_given_none_is(given):
    after = paste_tumours(given, ALL, 1)
    assert torch.equal(after.image, given.image)
    assert torch.equal(after.labels, given.labels)
    assert not after.mixed.share.any()


def test_a_mask_of_the_whole_tumour_is_not_joined_with_one_of_its_parts():
    parts, whole = batch([slice(2, 4), slice(6, 10)]), batch([slice(2, 4), slice(6, 10)], code=1)
    masks = torch.stack([parts.masks[0], whole.masks[1]])
    assert not paste_tumours(parts._replace(masks=masks), ALL, 1).mixed.share.any()


def test_a_tumour_that_finds_no_room_on_one_side_goes_to_the_other():
    given = batch([slice(2, 4), slice(2, 4)])
    for seed in range(4):  # at its own place lies the other's tumour
        pasted = (paste_tumours(given, ALL, seed).image[0, 0] == 2).nonzero()
        assert pasted[:, 0].unique().tolist() == [SIZE - 4, SIZE - 3]


def test_losses_take_two_labels_of_a_case_by_their_shares():
    mixed = Mixed(torch.tensor([[1], [MISSING], [0]]), torch.tensor([0.25, 0.0, 0.5]))
    given = batch([None] * 3, labels=[[0], [1], [MISSING]])._replace(mixed=mixed)
    rows, labels, shares = given.targets(0)
    logits = torch.tensor([[2.0, 0.0], [0.5, 0.0], [0.0, 1.0]])
    ce = -torch.log_softmax(logits, dim=1)
    wanted = (0.75 * ce[0, 0] + 0.25 * ce[0, 1] + ce[1, 1] + 0.5 * ce[2, 0]) / 2.5
    assert masked_cross_entropy(logits[rows], labels, shares=shares).item() == pytest.approx(wanted.item())


def test_parts_of_a_batch_keep_their_second_labels():
    given = paste_tumours(batch([slice(2, 4), slice(6, 10), slice(4, 8), slice(3, 5)]), ALL, 2)
    parts = given.parts(2)
    assert torch.equal(torch.cat([part.mixed.share for part in parts]), given.mixed.share)
    assert torch.equal(torch.cat([part.mixed.labels for part in parts]), given.mixed.labels)


def test_tumours_in_the_middle_of_crops_are_laid_elsewhere():
    given = batch([slice(5, 7), slice(5, 7)])
    masks = given.masks.clone()
    masks[:, 1] = 0
    masks[:, 1, 5:7, 5:7, 5:7] = 4
    found = [paste_tumours(given._replace(masks=masks), ALL, seed) for seed in range(8)]
    pasted = [(after.image[0, 0] == 2) for after in found if after.mixed.share[0] > 0]
    assert len(pasted) > 4
    assert len({str(one.nonzero()[0].tolist()) for one in pasted}) > 2, "at more places than one"
    assert all(4 <= one.sum() <= 8 for one in pasted)
