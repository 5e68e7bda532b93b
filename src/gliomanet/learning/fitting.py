"""Running epochs of a phase on a device, with Lightning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import lightning
from torch.utils.data import DataLoader

from gliomanet.learning.image_data import BalancedBatches, Batch, ImageCases, OrderedBatches
from gliomanet.learning.phase import Phase
from gliomanet.learning.prefetching import Prefetched
from gliomanet.networks.devices import Device

VALIDATION_BATCH = 4


def fit(
    phase: Phase,
    epochs: int,
    training: ImageCases,
    batches: BalancedBatches,
    validation: ImageCases,
    *,
    device: Device,
    precision: Literal["32-true", "bf16-mixed"],
    callbacks: Sequence[lightning.Callback] = (),
) -> None:
    """Train a phase for some epochs.

    Args:
        phase: not begun yet.
        epochs: how many more.
        training: cases that teach; `batches` says in which order.
        batches: positions in `training`.
        validation: cases that are looked at after every epoch; may be none.
        device: where.
        precision: Lightning's name of it.
        callbacks: of Lightning's.
    """
    on_gpu = device.type == "cuda"
    loader = loader_of(training, batches, device)
    order = OrderedBatches(len(validation), VALIDATION_BATCH)
    validation_loader = DataLoader(validation, sampler=order, batch_size=None) if len(validation) else None
    trainer = lightning.Trainer(
        accelerator="gpu" if on_gpu else "cpu",
        devices=[device.index] if on_gpu else 1,
        precision=precision,
        max_epochs=epochs,
        deterministic=not on_gpu,  # 3D pooling has no deterministic backward pass on GPUs
        benchmark=on_gpu,  # batches of one shape: the fastest convolutions are looked for once
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=list(callbacks),
    )
    phase.begin()
    trainer.fit(phase, loader, validation_loader)


def loader_of(training: ImageCases, batches: BalancedBatches, device: Device) -> DataLoader[Batch] | Prefetched:
    """The batches of an epoch: for a GPU made ready by a thread, which on a CPU would only take time from the step."""
    loader: DataLoader[Batch] = DataLoader(training, sampler=batches, batch_size=None)
    return Prefetched(loader, pinned=True) if device.type == "cuda" else loader
