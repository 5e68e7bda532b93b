"""Tumor-CutMix: one case's tumour pasted into another's healthy tissue, with labels mixed by volume.

GMMAS's augmentation (Liu et al. 2025), which its authors name for robustness and calibration; CutMix (Yun et al. 2019,
arXiv:1905.04899) with the tumour's mask for the box. Their paper gives no more of it; what is chosen here:

* The donor is another case of the batch, and its tumour stays at its place of the atlas, or at the mirrored one: the
  tissue around it is of the kind that it grew in. It covers no voxel of the other's tumour, and none outside its brain.
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


@dataclass(frozen=True)
class TumourCutmix:
    """Settings.

    Attributes:
        rate: of cases that get another's tumour, where one fits.
        carried: for each task, whether a pasted tumour carries its label.
    """

    rate: float = 0.0
    carried: tuple[bool, ...] = ()


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
    image, masks, labels = batch.image.clone(), batch.masks.clone(), batch.labels.clone()
    donated, share = torch.full_like(labels, MISSING), torch.zeros(cases, device=image.device)
    carried = torch.tensor(settings.carried, dtype=torch.bool, device=labels.device)
    for case in chosen.nonzero().flatten().tolist():
        found = _room_for_a_donor(batch, case, order[case], sides=(mirrored[case], not mirrored[case]))
        if found is None:
            continue
        donor, mirror, place = found
        given_image, given_mask = _seen_from(batch, donor, mirror)
        image[case][:, place] = given_image[:, place]
        masks[case, 1][place] = given_mask[place]
        own = (batch.masks[case, 1] > 0).sum()
        share[case] = place.sum() / (own + place.sum())
        donated[case] = torch.where(carried, batch.labels[donor], MISSING)
        labels[case] = torch.where(carried, labels[case], MISSING)
    return batch._replace(image=image, masks=masks, labels=labels, mixed=Mixed(donated, share))


def _room_for_a_donor(
    batch: Batch, case: int, order: Sequence[int], sides: tuple[bool, bool]
) -> tuple[int, bool, Tensor] | None:
    """The first donor and side whose tumour fits: its place, whether mirrored, and the voxels (D, H, W) to paste."""
    brain, tumour = batch.masks[case, 0] > 0, batch.masks[case, 1] > 0
    if not tumour.any():
        return None
    for donor in order:
        if donor == case or not _may_give(batch, donor, case):
            continue
        for mirror in sides:
            given = _seen_from(batch, donor, mirror)[1] > 0
            place = given & brain & ~tumour
            if place.sum() >= LEAST_KEPT * given.sum():
                return donor, mirror, place
    return None


def _may_give(batch: Batch, donor: int, case: int) -> bool:
    """Tell if a case has a tumour to give to another: of a mask as fine, in every modality that the other has."""
    own, others = batch.masks[donor, 1], batch.masks[case, 1]
    same_detail = bool((own > 1).any()) == bool((others > 1).any())  # code 1 alone outlines the whole, no part
    has_all = bool((batch.available[donor] | ~batch.available[case]).all())
    return bool((own > 0).any()) and same_detail and has_all


def _seen_from(batch: Batch, donor: int, mirror: bool) -> tuple[Tensor, Tensor]:
    """A case's channels (M, D, H, W) and its tumour inside its brain (D, H, W), as they are or left for right."""
    image, mask = batch.image[donor], batch.masks[donor, 1] * batch.masks[donor, 0]
    return (image.flip(1), mask.flip(0)) if mirror else (image, mask)
