"""Running epochs of a phase with Lightning, on one device or on several of one machine.

On several, each process (see `distributed.launcher`) trains on its share of every batch, and the gradients are
averaged. Batch norm sees the whole batch on GPUs; torch cannot do that on CPUs, where each process's share is
normalised by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import lightning
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning.pytorch.strategies import DDPStrategy
from torch.utils.data import DataLoader

from gliomanet.models.devices import Device
from gliomanet.training.data.batches import BalancedBatches, Batch, ImageCases, OrderedBatches
from gliomanet.training.data.prefetching import Prefetched
from gliomanet.training.distributed.collectives import Shares, rank, world_size
from gliomanet.training.recipes.phase import Phase

VALIDATION_BATCH = 4


def fit(
    phase: Phase,
    epochs: int,
    training: ImageCases,
    batches: BalancedBatches,
    validation: ImageCases,
    *,
    devices: Sequence[Device],
    precision: Literal["32-true", "bf16-mixed"],
    callbacks: Sequence[lightning.Callback] = (),
    validation_batch: int = VALIDATION_BATCH,
) -> None:
    """Train a phase for some epochs.

    Args:
        phase: not begun yet.
        epochs: how many more.
        training: cases that train; `batches` gives their order.
        batches: positions in `training`.
        validation: cases that are looked at after every epoch, whole by every process; may be none.
        devices: one, or that of every process that trains together.
        precision: Lightning's name of it.
        callbacks: of Lightning's.
        validation_batch: validation cases at once.
    """
    device = devices[rank()]
    on_gpu = device.type == "cuda"
    loader = loader_of(training, batches, device)
    order = OrderedBatches(len(validation), validation_batch)
    validation_loader = DataLoader(validation, sampler=order, batch_size=None) if len(validation) else None
    trainer = lightning.Trainer(
        accelerator="gpu" if on_gpu else "cpu",
        devices=[each.index for each in devices] if on_gpu else len(devices),
        **_distributed(on_gpu),
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
    sampler = Shares(batches) if world_size() > 1 else batches
    loader: DataLoader[Batch] = DataLoader(training, sampler=sampler, batch_size=None)
    return Prefetched(loader, pinned=True) if device.type == "cuda" else loader


def _distributed(on_gpu: bool) -> dict[str, Any]:
    """Lightning's settings of processes that were started already, and have met.

    One that trains alone is told so: where SLURM is installed, Lightning would take its variables for an order.
    """
    if world_size() == 1:
        return {"plugins": [LightningEnvironment()]}
    return {
        # A frozen part, a head without a loss in this phase: not all weights get a gradient in every step.
        "strategy": DDPStrategy(find_unused_parameters=True),
        "plugins": [TorchElasticEnvironment()],
        "sync_batchnorm": on_gpu,
    }
