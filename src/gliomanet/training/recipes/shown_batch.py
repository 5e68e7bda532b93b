"""A batch as a network is shown it in training: tumours pasted, modalities taken away, cases changed, in this order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gliomanet.training.data.augmentation import Augmentation, augment, drop_clinical, drop_modalities
from gliomanet.training.data.batches import Batch
from gliomanet.training.data.tumour_cutmix import paste_tumours
from gliomanet.training.losses.distillation import with_reduced_cases

if TYPE_CHECKING:
    from gliomanet.training.recipes.phase_settings import PhaseSettings


def in_numbers(batch: Batch) -> Batch:
    """Images and masks as float32: all that is done to a batch that is only looked at."""
    return batch._replace(image=batch.image.float(), masks=batch.masks.float())


def shown(batch: Batch, settings: PhaseSettings, draw: Callable[[str, int], int], *, distils: bool) -> Batch:
    """The batch with everything that the settings change in training, a function of its arguments alone.

    Args:
        batch: see `in_numbers`.
        settings: of the phase.
        draw: gives the seed of a purpose in a step.
        distils: whether each case is to be seen twice, whole and with modalities taken away.
    """
    if settings.cutmix.rate:
        batch = paste_tumours(batch, settings.cutmix, draw("tumour cutmix", batch.step))
        if batch.clinical is not None and batch.mixed is not None:  # two patients are one case now, of no known age
            of_two = batch.mixed.share[:, None] > 0
            batch = batch._replace(clinical=torch.where(of_two, torch.nan, batch.clinical))
    rate, ratios = settings.modality_dropout, settings.ratio_maps
    dropped = draw("modality dropout", batch.step)
    if rate and not distils:
        image, available = drop_modalities(batch.image, batch.available, rate, dropped, ratio_maps=ratios)
        batch = batch._replace(image=image, available=available)
    if settings.augmentation:
        seed, amounts = draw("augmentation", batch.step), Augmentation(shift=settings.shift)
        image, masks = augment(batch.image, batch.masks, seed, amounts, ratio_maps=len(ratios))
        batch = batch._replace(image=image, masks=masks)
    if batch.clinical is not None:
        taken = drop_clinical(batch.clinical, settings.clinical_dropout, draw("clinical dropout", batch.step))
        batch = batch._replace(clinical=taken)
    # after the augmentation: both views of a case are to have the same
    return with_reduced_cases(batch, rate, dropped, ratios) if distils else batch


def brain_masked(batch: Batch) -> Tensor:
    """The modalities, 0 outside the brain, as prediction gives them: (B, M, D, H, W)."""
    return batch.image * batch.masks[:, :1]
