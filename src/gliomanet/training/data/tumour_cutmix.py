"""Tumor-CutMix: one case's tumour pasted into another's healthy tissue, with labels mixed by volume.

GMMAS's augmentation (Liu et al. 2025), which its authors name for robustness and calibration; CutMix (Yun et al. 2019,
arXiv:1905.04899) with the tumour's mask for the box. Their paper gives no more of it; what is chosen here:

* The donor is another case of the batch (of the process's share of it), seen at the same scale, and its tumour stays
  at its place of the atlas, or at the mirrored one: the tissue around it is of the kind that it grew in. Where neither
  has room, as in crops around tumours, it goes to the first of `TRIES` places drawn at random that has. It covers no
  voxel of the other's tumour, none outside its brain.
* All channels are pasted, so that a donor must have every modality that the case has. Masks are joined.
* The case's label counts by its own tumour's share of both tumours' voxels, the donor's by the rest. A task that a
  pasted tumour cannot carry is unknown in such a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gliomanet.labels.vocabulary import MISSING
from gliomanet.training.data.batches import Batch, Mixed

LEAST_KEPT = 0.5
"""Of a donor's tumour must find room in the other's healthy brain."""
TRIES = 4


@dataclass(frozen=True)
class TumourCutmix:
    """Settings.

    Attributes:
        rate: of cases that get another's tumour, where one fits.
        carried: for each task, whether a pasted tumour carries its label.
    """

    rate: float = 0.0
    carried: tuple[bool, ...] = ()


Try = tuple[bool, list[float] | None]
"""A tumour's side (True: mirrored), and its place as shares of the room that its box has; `None` for its own."""

NO_CUTMIX = TumourCutmix()
"""Cases as they are."""


def paste_tumours(batch: Batch, settings: TumourCutmix, seed: int) -> Batch:
    """The batch with tumours pasted, a function of its arguments alone.

    Args:
        batch: float images and masks, before modalities are taken away and before augmentation.
        settings: with one `carried` a task.
        seed: what is drawn; on the CPU, so that it is the same on every device.

    Returns:
        A changed copy, whose `mixed` says which labels came with the tumours; a case without a tumour mask neither
        gives nor gets one.
    """
    cases = len(batch.labels)
    draws = torch.Generator().manual_seed(seed)
    chosen = torch.rand(cases, generator=draws) < settings.rate
    order = torch.rand(cases, cases, generator=draws).argsort(dim=1).tolist()
    mirrored = (torch.rand(cases, generator=draws) < 0.5).tolist()
    places = torch.rand(cases, TRIES, 3, generator=draws).tolist()
    image, masks, labels = batch.image.clone(), batch.masks.clone(), batch.labels.clone()
    donated, share = torch.full_like(labels, MISSING), torch.zeros(cases, device=image.device)
    carried = torch.tensor(settings.carried, dtype=torch.bool, device=labels.device)
    for case in chosen.nonzero().flatten().tolist():
        sides = mirrored[case], not mirrored[case]
        tries = [*((side, None) for side in sides), *((sides[0], place) for place in places[case])]
        found = _room_for_a_donor(batch, case, order[case], tries)
        if found is None:
            continue
        donor, (given_image, given_mask), place = found
        image[case][:, place] = given_image[:, place]
        masks[case, 1][place] = given_mask[place]
        own = (batch.masks[case, 1] > 0).sum()
        share[case] = place.sum() / (own + place.sum())
        donated[case] = torch.where(carried, batch.labels[donor], MISSING)
        labels[case] = torch.where(carried, labels[case], MISSING)
    return batch._replace(image=image, masks=masks, labels=labels, mixed=Mixed(donated, share))


def _room_for_a_donor(
    batch: Batch, case: int, order: Sequence[int], tries: Sequence[Try]
) -> tuple[int, tuple[Tensor, Tensor], Tensor] | None:
    """The first donor whose tumour fits somewhere: its channels and mask as laid there, and the voxels to paste."""
    healthy = (batch.masks[case, 0] > 0) & (batch.masks[case, 1] == 0)
    if not (batch.masks[case, 1] > 0).any():
        return None
    for donor in order:
        if donor == case or not _may_give(batch, donor, case):
            continue
        for one in tries:
            laid = _laid(batch, donor, one)
            place = (laid[1] > 0) & healthy
            if place.sum() >= LEAST_KEPT * (laid[1] > 0).sum():
                return donor, laid, place
    return None


def _may_give(batch: Batch, donor: int, case: int) -> bool:
    """Tell if a case has a tumour to give to another: of a mask as fine, in every modality that the other has.

    Not to itself, which may be in the batch twice; nor from a whole grid on fewer voxels to a crop, or back.
    """
    if batch.case_ids and batch.case_ids[donor] == batch.case_ids[case]:
        return False
    if batch.shrunk and batch.shrunk[donor] != batch.shrunk[case]:
        return False
    own, others = batch.masks[donor, 1] * batch.masks[donor, 0], batch.masks[case, 1]
    same_detail = bool((own > 1).any()) == bool((others > 1).any())  # code 1 alone outlines the whole, no part
    has_all = bool((batch.available[donor] | ~batch.available[case]).all())
    return bool((own > 0).any()) and same_detail and has_all


def _laid(batch: Batch, donor: int, one: Try) -> tuple[Tensor, Tensor]:
    """A case's channels (M, D, H, W) and its tumour inside its brain (D, H, W), laid where a try says."""
    mirror, place = one
    image, mask = batch.image[donor], batch.masks[donor, 1] * batch.masks[donor, 0]
    if mirror:
        image, mask = image.flip(1), mask.flip(0)
    if place is None:
        return image, mask
    voxels = (mask > 0).nonzero()
    first, last = voxels.amin(dim=0).tolist(), voxels.amax(dim=0).tolist()
    room = [size - 1 - (high - low) for size, low, high in zip(mask.shape, first, last, strict=True)]
    shift = [round(share * free) - low for share, free, low in zip(place, room, first, strict=True)]
    # the tumour's box stays inside; what is rolled over the edge is none of it, and is not pasted
    return image.roll(shift, (1, 2, 3)), mask.roll(shift, (0, 1, 2))
