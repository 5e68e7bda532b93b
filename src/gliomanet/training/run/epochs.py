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

from gliomanet.errors import Problem, ProblemError
from gliomanet.files.atomic import write_atomically, write_heads
from gliomanet.labels.tasks import Task
from gliomanet.models.acceleration import Acceleration, accelerate, stored_plainly
from gliomanet.models.arguments import network_arguments, training_values
from gliomanet.models.devices import Device, is_out_of_memory, named, torch_threads
from gliomanet.networks import build
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.seeds import derive_seed
from gliomanet.tracking.event_log import EVENTS_FILE, EventLog
from gliomanet.training.data.batches import BalancedBatches, ImageCases
from gliomanet.training.distributed.collectives import rank
from gliomanet.training.recipes.not_finite import NotFiniteError
from gliomanet.training.recipes.phase import Phase
from gliomanet.training.recipes.registry import plan_of
from gliomanet.training.run.checkpoints import Progress, load_progress, save_progress, tensor_bytes
from gliomanet.training.run.clinical_start import start_clinical
from gliomanet.training.run.lightning_fit import VALIDATION_BATCH, fit
from gliomanet.training.run.memory import MemoryExceededError, Split, has_batch_norm

if TYPE_CHECKING:
    from gliomanet.config.image_model import ImageModel


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
        parts: parts that a batch is computed in, at least; see `memory`.
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
    parts: int = 1

    @property
    def device(self) -> Device:
        """The one of this process."""
        return self.devices[rank()]

    @property
    def title(self) -> str:
        """The job's name in messages."""
        return title_of(self.name)

    def batches(self, phase: str = "", first_epoch: int = 0) -> BalancedBatches:
        """The batches of a phase, each of which moves the weights once."""
        cases, steps, seed = self.training, self.model.steps_per_epoch, derive_seed(self.seed, phase)
        return BalancedBatches(cases.labels, steps, seed, first_epoch, self.batch_size, cases.each_once())


def title_of(name: Mapping[str, str]) -> str:
    """`<model>, stage <stage>, fold <fold>`: a job's name in messages."""
    return f"{name['model']}, stage {name['stage']}, fold {name['fold']}"


def run_epochs(job: Job, out: Path) -> int:
    """Run the epochs that are left, and write `weights.pt`, `heads.npz` and `events.jsonl`, each atomically.

    In every process of the job; the first one writes.

    Returns:
        The parts that a batch was computed in, at the end.

    Raises:
        MemoryExceededError: the device does not hold a part.
        ProblemError: a loss, a gradient or a weight is not finite; the newest checkpoint is from before.
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
        start_clinical(network, job.training, dict(job.tasks))
        accelerate(network, job.acceleration)
        before = progress.parts if progress else 1
        batches = job.batches()
        split = Split.of(network, batches.cases // len(job.devices), max(job.parts, before))
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
                | {"updates_per_epoch": batches.steps}
            )
            log.start()
        if split.parts != before:
            log.params({"batch_parts": split.parts, "cases_at_once": split.at_once})
        if split.parts > 1:
            norm = "; batch norm sees one part at a time" if has_batch_norm(network) else ""
            print(f"{job.title}: batches in {split.parts} parts of {split.at_once} cases at most{norm}", flush=True)
        if model.tumour_cutmix and (why := _pastes_nothing(job, split)):
            print(f"{job.title}: tumour_cutmix pastes nothing: {why}", flush=True)
        print(f"{job.title}: {batches.steps} updates of the weights per epoch", flush=True)
        done = progress.epochs_done if progress else 0
        epochs_run = _run_phases(job, network, progress, log, split)
    log.end(epochs_run=epochs_run, resumed_from=done)
    print(f"{job.title}: {epochs_run} epochs run in this process, resumed from {done}", flush=True)
    if rank() != 0:
        return split.parts
    stored_plainly(network.cpu().eval())
    write_atomically(out / "weights.pt", tensor_bytes(network.state_dict()))
    write_heads(out / "heads.npz", {task: (w.numpy(), b.numpy()) for task, (w, b) in network.heads().items()})
    log.write(out / EVENTS_FILE)
    return split.parts


def _pastes_nothing(job: Job, split: Split) -> str:
    """The reason why no tumour can be pasted, empty where one can."""
    if not plan_of(job.model, job.tasks, job.seed).settings.cutmix.rate:
        return "a pasted tumour carries the label of none of its tasks (tumour_cutmix_tasks)"
    return "each process has one case of a batch" if split.cases < 2 else ""


def _run_phases(job: Job, network: ImageNetwork, progress: Progress | None, log: EventLog, split: Split) -> int:
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
            phase.check_weights()  # a checkpoint of them would be resumed into the same end
            for key, value in metrics.items():
                log.metric(key, value, before + epoch + 1)
            shown = ", ".join(f"{key} {value:.4g}" for key, value in metrics.items())
            print(f"{job.title}: {phase.name} {epoch + 1}/{wanted}: {shown}", flush=True)
            done = before + epoch + 1
            state = Progress(phase.name, epoch + 1, network.state_dict(), phase.state(), log.events, done, split.parts)
            if rank() == 0:
                save_progress(job.scratch, job.digest, state)
                log.write(job.scratch / EVENTS_FILE)  # for who looks on; the checkpoint has them, too

        if done < wanted:
            phase = make(
                network,
                plan.settings,
                epochs=wanted,
                first_epoch=done,
                state=here.beside if here else None,
                on_epoch=end_epoch,
                parts=split.parts,
            )
            _fit(phase, wanted - done, job, split)
            epochs_run += wanted - done
        before += wanted
    return epochs_run


def _fit(phase: Phase, epochs: int, job: Job, split: Split) -> None:
    try:
        fit(
            phase,
            epochs,
            job.training,
            job.batches(phase.name, phase.first_epoch),
            job.validation,
            devices=job.devices,
            precision=job.precision,
            validation_batch=min(VALIDATION_BATCH, split.at_once) if split.parts > 1 else VALIDATION_BATCH,
        )
    except NotFiniteError as error:
        raise ProblemError(_no_number(error, job)) from error
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryExceededError(split, str(error).splitlines()[0]) from error


def _no_number(error: NotFiniteError, job: Job) -> Problem:
    """The problem of a training that computes no numbers any more."""
    exact = "" if job.precision == "32-true" else f", set its precision to 32 (now {job.precision})"
    action = (
        f"lower learning_rate of {job.name['model']} (now {job.model.learning_rate:g}){exact}, or look at these cases' "
        "images; the checkpoint of the epoch before is kept, and an unchanged job goes on from there"
    )
    return Problem(f"{job.title}: {error}", action, rule="not_finite_in_training")


@contextmanager
def _computing(threads: int, device: Device) -> Iterator[None]:
    """Threads, determinism and generators of this job, and the process's own again afterwards."""
    deterministic = torch.are_deterministic_algorithms_enabled()
    chatter = logging.getLogger("lightning.pytorch")  # devices found, products advertised: not a line an epoch
    level = chatter.level
    chatter.setLevel(logging.WARNING)
    generators = torch.random.fork_rng(devices=[device.index] if device.type == "cuda" else [])
    with torch_threads(threads), generators, warnings.catch_warnings():
        # Batches are made from memory in milliseconds; worker processes would only copy the cases.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        # A study chooses how many GPUs a job takes; Lightning need not advise on it.
        warnings.filterwarnings("ignore", message="GPU available but not used.*")
        # A frozen part is in evaluation mode on purpose.
        warnings.filterwarnings("ignore", message="Found .* module\\(s\\) in eval mode.*")
        # Lightning looks for SLURM wherever `srun` is installed; a job here is started by whoever it is.
        warnings.filterwarnings("ignore", message="The `srun` command is available.*")
        # Lightning's own use of torch, which nobody here can mend.
        warnings.filterwarnings("ignore", message=".*LeafSpec.*is deprecated.*")
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(deterministic)
            chatter.setLevel(level)
