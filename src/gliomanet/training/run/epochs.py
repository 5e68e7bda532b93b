"""The epochs of one training job: build or resume the network, run the recipe's phases, write weights and events."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch

from gliomanet.files.atomic import write_atomically, write_heads
from gliomanet.labels.tasks import Task
from gliomanet.models.acceleration import Acceleration, accelerate, stored_plainly
from gliomanet.models.arguments import network_arguments, training_values
from gliomanet.models.devices import Device, named
from gliomanet.networks import build
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.seeds import derive_seed
from gliomanet.tracking.event_log import EVENTS_FILE, EventLog
from gliomanet.training.data.batches import BalancedBatches, ImageCases
from gliomanet.training.distributed.collectives import rank
from gliomanet.training.recipes.phase import Phase
from gliomanet.training.recipes.registry import plan_of
from gliomanet.training.run.checkpoints import Progress, load_progress, save_progress, tensor_bytes
from gliomanet.training.run.lightning_fit import fit

if TYPE_CHECKING:
    from gliomanet.config.models import ImageModel


@dataclass(frozen=True)
class Job:
    """One fit, as it is handed from step to step.

    Attributes:
        name: model, stage and fold.
        model: settings.
        tasks: those that the model learns.
        training: cases that train it.
        validation: cases that are looked at.
        batch_size: cases per batch, of all processes together.
        seed: of every draw.
        threads: CPU threads of each process.
        devices: that of every process.
        precision: Lightning's name of it.
        digest: of everything that the fit depends on.
        scratch: the job's own folder for checkpoints.
        acceleration: how the network is computed.
    """

    name: Mapping[str, str]
    model: ImageModel
    tasks: Mapping[str, Task]
    training: ImageCases
    validation: ImageCases
    batch_size: int
    seed: int
    threads: int
    devices: tuple[Device, ...]
    precision: Literal["32-true", "bf16-mixed"]
    digest: str
    scratch: Path
    acceleration: Acceleration

    @property
    def device(self) -> Device:
        """The one of this process."""
        return self.devices[rank()]

    @property
    def title(self) -> str:
        """The job's name in messages."""
        return title_of(self.name)


def title_of(name: Mapping[str, str]) -> str:
    """`<model>, stage <stage>, fold <fold>`: a job's name in messages."""
    return f"{name['model']}, stage {name['stage']}, fold {name['fold']}"


def run_epochs(job: Job, out: Path) -> None:
    """Run the epochs that are left, and write `weights.pt`, `heads.npz` and `events.jsonl`, each atomically.

    In every process of the job; the first one writes.
    """
    name, model = job.name, job.model
    progress = load_progress(job.scratch, job.digest)
    log = EventLog(
        model=name["model"],
        stage=name["stage"],
        fold=name["fold"],
        digest=job.digest,
        earlier=progress.events if progress else (),
    )
    with _computing(job.threads, job.device):
        torch.manual_seed(derive_seed(job.seed, "weights"))
        classes = {task: len(definition.classes) for task, definition in job.tasks.items()}
        network = build(model.kind, **network_arguments(model, classes))
        assert isinstance(network, ImageNetwork)
        accelerate(network, job.acceleration)
        if progress:
            network.load_state_dict(progress.network)
            log.resume(progress.epochs_done)
            print(f"{job.title}: resumed after {progress.epochs_done} epochs", flush=True)
        else:
            log.params(
                {
                    **training_values(model),
                    "seed": job.seed,
                    "device": named(job.devices),
                    "threads": job.threads,
                }
                | {"training_cases": len(job.training), "validation_cases": len(job.validation)}
            )
            log.start()
        done = progress.epochs_done if progress else 0
        epochs_run = _run_phases(job, network, progress, log)
    log.end(epochs_run=epochs_run, resumed_from=done)
    print(f"{job.title}: {epochs_run} epochs run in this process, resumed from {done}", flush=True)
    if rank() != 0:
        return
    stored_plainly(network.cpu().eval())
    write_atomically(out / "weights.pt", tensor_bytes(network.state_dict()))
    write_heads(out / "heads.npz", {task: (w.numpy(), b.numpy()) for task, (w, b) in network.heads().items()})
    log.write(out / EVENTS_FILE)


def _run_phases(job: Job, network: ImageNetwork, progress: Progress | None, log: EventLog) -> int:
    """Run what is left of the recipe's phases; returns the epochs run."""
    plan = plan_of(job.model, job.tasks, job.seed)
    epochs_run, before = 0, 0
    reached = [make.name for make, _ in plan.phases].index(progress.phase) if progress else 0
    for number, (make, wanted) in enumerate(plan.phases):
        here = progress if progress and number == reached else None
        done = wanted if number < reached else here.epochs if here else 0

        def end_epoch(
            phase: Phase, epoch: int, metrics: dict[str, float], before: int = before, wanted: int = wanted
        ) -> None:
            for key, value in metrics.items():
                log.metric(key, value, before + epoch + 1)
            shown = ", ".join(f"{key} {value:.4g}" for key, value in metrics.items())
            print(f"{job.title}: {phase.name} {epoch + 1}/{wanted}: {shown}", flush=True)
            state = Progress(phase.name, epoch + 1, network.state_dict(), phase.state(), log.events, before + epoch + 1)
            if rank() == 0:
                save_progress(job.scratch, job.digest, state)
                log.write(job.scratch / EVENTS_FILE)  # for who looks on; the checkpoint has them, too

        if done < wanted:
            phase = make(
                network, plan.settings, first_epoch=done, state=here.beside if here else None, on_epoch=end_epoch
            )
            _fit(phase, wanted - done, job)
            epochs_run += wanted - done
        before += wanted
    return epochs_run


def _fit(phase: Phase, epochs: int, job: Job) -> None:
    labels, steps = job.training.labels, job.model.steps_per_epoch
    fit(
        phase,
        epochs,
        job.training,
        BalancedBatches(labels, steps, derive_seed(job.seed, phase.name), phase.first_epoch, job.batch_size),
        job.validation,
        devices=job.devices,
        precision=job.precision,
    )


@contextmanager
def _computing(threads: int, device: Device) -> Iterator[None]:
    """Threads, determinism and generators of this job, and the process's own again afterwards."""
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    chatter = logging.getLogger("lightning.pytorch")  # devices found, products advertised: not a line an epoch
    level = chatter.level
    chatter.setLevel(logging.WARNING)
    with torch.random.fork_rng(devices=[device.index] if device.type == "cuda" else []), warnings.catch_warnings():
        # Batches are made from memory in milliseconds; worker processes would only copy the cases.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        # A study chooses how many GPUs a job takes; Lightning need not advise on it.
        warnings.filterwarnings("ignore", message="GPU available but not used.*")
        # A frozen part is in evaluation mode on purpose.
        warnings.filterwarnings("ignore", message="Found .* module\\(s\\) in eval mode.*")
        # Lightning's own use of torch, which nobody here can mend.
        warnings.filterwarnings("ignore", message=".*LeafSpec.*is deprecated.*")
        try:
            yield
        finally:
            torch.set_num_threads(before[0])
            torch.use_deterministic_algorithms(before[1])
            chatter.setLevel(level)
