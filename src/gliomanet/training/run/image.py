"""Training one image network on one fold: from a table of cases to a folder that prediction can load."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from gliomanet.files.atomic import write_atomically, write_heads, write_json
from gliomanet.labels.tasks import Task
from gliomanet.models.acceleration import AS_IT_IS, Acceleration, accelerate, stored_plainly
from gliomanet.models.construction import network_arguments, tasks_of, training_values
from gliomanet.models.devices import Device, choose_devices, common_precision, named
from gliomanet.models.nyul import CommonHistogram
from gliomanet.networks import ImageNetwork, build
from gliomanet.seeds import derive_seed
from gliomanet.tracking.event_log import EventLog
from gliomanet.training.data.batches import BalancedBatches, ImageCases
from gliomanet.training.data.fold_cases import load_fold
from gliomanet.training.distributed.collectives import rank, same_everywhere
from gliomanet.training.distributed.launcher import run_together
from gliomanet.training.recipes.phase import Phase
from gliomanet.training.recipes.registry import plan_of
from gliomanet.training.run.checkpoints import Progress, load_progress, save_progress, tensor_bytes
from gliomanet.training.run.digest import digest_of, software_versions
from gliomanet.training.run.lightning_fit import fit
from gliomanet.training.run.lock import discard_scratch, only_trainer

if TYPE_CHECKING:
    from gliomanet.config.models import ImageModel

RESULTS = ("weights.pt", "heads.npz", "events.jsonl", "model.json")
PACKAGES = ("torch", "lightning", "numpy", "scikit-learn", "pandas")
"""What computes here: another version may give other figures, and does not resume this one's checkpoints."""


@dataclass(frozen=True)
class _Order:
    """The arguments of `train_image_model`, but with the devices that it found: what each process is told."""

    cases: pd.DataFrame
    tasks: Mapping[str, Task]
    model: ImageModel
    name: Mapping[str, str]
    seed: int
    code: str
    threads: int
    devices: tuple[Device, ...]
    out: Path
    scratch: Path
    pseudo_labels: pd.DataFrame | None
    cache: Path | None
    acceleration: Acceleration


@dataclass(frozen=True)
class _Job:
    """One fit, as it is handed from step to step; `batch_size` cases a batch, `tasks` those that the model learns."""

    name: Mapping[str, str]
    model: ImageModel
    tasks: Mapping[str, Task]
    training: ImageCases
    validation: ImageCases
    batch_size: int
    seed: int
    threads: int
    devices: tuple[Device, ...]
    digest: str
    scratch: Path
    acceleration: Acceleration

    @property
    def device(self) -> Device:
        """The one of this process."""
        return self.devices[rank()]


def train_image_model(
    cases: pd.DataFrame,
    tasks: Mapping[str, Task],
    model: ImageModel,
    *,
    name: Mapping[str, str],
    seed: int,
    code: str,
    threads: int,
    gpus: int,
    out: Path,
    scratch: Path,
    pseudo_labels: pd.DataFrame | None = None,
    cache: Path | None = None,
    acceleration: Acceleration = AS_IT_IS,
) -> None:
    """Train an image network and write it to a folder.

    On several GPUs a process each trains on its share of every batch, and the first one writes. A job is trained once
    at a time: while an orphan of a killed workflow still does, this waits, and then goes on from its newest checkpoint,
    or is content with its result.

    Args:
        cases: case_id, center, part {train, validation, unlabelled}, folder (of the preprocessed case), and the label
            columns as harmonised strings ("" or NaN = unknown). `unlabelled` cases teach only what is accepted in
            `pseudo_labels`; `validation` cases are looked at, never learnt from.
        tasks: the study's tasks; the model's settings say which of them it learns.
        model: settings.
        name: model, stage and fold: for events, messages and errors.
        seed: equal seeds and threads give bit-identical weights on a CPU, however often the job was killed.
        code: digest of the code; a checkpoint of other code is not resumed.
        threads: CPU threads, of all processes together.
        gpus: GPUs the job was given, at most as many as a batch has cases; 0 computes on the CPU.
        out: gets weights.pt, model.json, heads.npz and events.jsonl, each written atomically, model.json last.
        scratch: this job's own folder; gets a checkpoint at every epoch's end, and is removed whole on success.
        pseudo_labels: case_id, task, label (class name), accepted {yes, no}.
        cache: folder that the cases are memory-mapped from, and written to where they are not there yet; `None` reads
            them into memory. The results are the same bytes. Cases mapped to this fold's own histograms are kept in
            `scratch` instead, since no other fold can use them.
        acceleration: how the network is computed.

    Raises:
        ValueError: no case can be read, a task has no label in training, grids differ among cases, a modality has no
            histogram to learn, the model segments and no training case has a tumour mask, GPUs were given and torch
            sees none or fewer, or a batch has fewer cases than there are GPUs.
    """
    devices = choose_devices(gpus)  # before hours of waiting or minutes of reading: it may refuse
    order = _Order(
        cases, tasks, model, name, seed, code, threads, devices, out, scratch, pseudo_labels, cache, acceleration
    )
    with only_trainer(scratch, _named(name)):
        if len(devices) == 1:
            _read_and_train(order)
        else:
            run_together(partial(_read_and_train, order), devices, _named(name))
        discard_scratch(scratch)


def _read_and_train(order: _Order) -> None:
    """The job itself, in the only process or in each of them; the first one writes."""
    model, name, seed, devices, fold = order.model, order.name, order.seed, order.devices, _named(order.name)
    # Networks of fewer tasks see batches of the same size (and those of `unlabelled_masks` one case more).
    batch_size = sum(len(task.classes) for task in order.tasks.values())
    tasks = tasks_of(model, order.tasks)
    kept = order.scratch / "cases" if order.cache is not None and model.intensities == "nyul" else order.cache
    training, validation, histograms = load_fold(order.cases, tasks, model, order.pseudo_labels, fold, kept)
    versions = software_versions(PACKAGES)
    digest = digest_of(
        {
            "code": order.code,
            "model": training_values(model),
            "name": dict(name),
            "seed": seed,
            "tasks": {task: definition.model_dump(mode="json") for task, definition in tasks.items()},
            "threads": order.threads,
            "batch_size": batch_size,
            "device": [devices[0].type, common_precision(devices, model.precision), len(devices)],
            "acceleration": vars(order.acceleration),
            "versions": versions,
            "data": [training.digest, validation.digest],
            "histograms": _as_json(histograms),
            "cases": [[case.case_id for case in part.images] for part in (training, validation)],
        }
    )
    if not same_everywhere((digest, _is_finished(order.out, digest))):
        raise RuntimeError(f"{fold}: the job's processes read different cases; does another program change them?")
    if _is_finished(order.out, digest):
        print(f"{fold}: another process has finished this job; its results stay", flush=True)
        return
    job = _Job(
        name=name,
        model=model,
        tasks=tasks,
        training=training,
        validation=validation,
        batch_size=batch_size,
        seed=seed,
        threads=max(1, order.threads // len(devices)),
        devices=devices,
        digest=digest,
        scratch=order.scratch,
        acceleration=order.acceleration,
    )
    _train(job, order.out)
    if rank() == 0:
        description = _description(training, tasks, model, histograms, digest, seed, versions)
        write_json(order.out / "model.json", description | {"computed": _computed(model, devices, order.acceleration)})


def _is_finished(out: Path, digest: str) -> bool:
    """Whether a job of this digest has written its results.

    The workflow engine deletes results before it starts a job, so they were written by an orphan of an earlier run.
    """
    path = out / "model.json"
    if not all((out / name).is_file() for name in RESULTS):
        return False
    return bool(json.loads(path.read_text(encoding="utf-8"))["digest"] == digest)


def _train(job: _Job, out: Path) -> None:
    """Run the epochs that are left, and write the results but their description."""
    fold, name, model, device = _named(job.name), job.name, job.model, job.device
    progress = load_progress(job.scratch, job.digest)
    log = EventLog(
        model=name["model"],
        stage=name["stage"],
        fold=name["fold"],
        digest=job.digest,
        earlier=progress.events if progress else (),
    )
    with _computing(job.threads, device):
        torch.manual_seed(derive_seed(job.seed, "weights"))
        network = build(model.kind, **_constructor(model, job.tasks))
        assert isinstance(network, ImageNetwork)
        accelerate(network, job.acceleration)
        if progress:
            network.load_state_dict(progress.network)
            log.resume(progress.epochs_done)
            print(f"{fold}: resumed after {progress.epochs_done} epochs", flush=True)
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
    print(f"{fold}: {epochs_run} epochs run in this process, resumed from {done}", flush=True)
    if rank() != 0:
        return
    stored_plainly(network.cpu().eval())
    write_atomically(out / "weights.pt", tensor_bytes(network.state_dict()))
    write_heads(out / "heads.npz", {task: (w.numpy(), b.numpy()) for task, (w, b) in network.heads().items()})
    log.write(out / "events.jsonl")


def _constructor(model: ImageModel, tasks: Mapping[str, Task]) -> dict[str, Any]:
    return network_arguments(model, {task: len(definition.classes) for task, definition in tasks.items()})


def _named(name: Mapping[str, str]) -> str:
    return f"{name['model']}, stage {name['stage']}, fold {name['fold']}"


def _run_phases(job: _Job, network: ImageNetwork, progress: Progress | None, log: EventLog) -> int:
    """Run what is left of the recipe's phases; returns the epochs run."""
    plan = plan_of(job.model, job.tasks, job.seed)
    epochs_run, before = 0, 0
    reached = [make.name for make, _ in plan.phases].index(progress.phase) if progress else 0
    for number, (make, wanted) in enumerate(plan.phases):
        here = progress if progress and number == reached else None
        done = wanted if number < reached else here.epochs if here else 0

        def end_epoch(
            phase: Phase, epoch: int, figures: dict[str, float], before: int = before, wanted: int = wanted
        ) -> None:
            for key, value in figures.items():
                log.metric(key, value, before + epoch + 1)
            shown = ", ".join(f"{key} {value:.4g}" for key, value in figures.items())
            print(f"{_named(job.name)}: {phase.name} {epoch + 1}/{wanted}: {shown}", flush=True)
            state = Progress(phase.name, epoch + 1, network.state_dict(), phase.state(), log.events, before + epoch + 1)
            if rank() == 0:
                save_progress(job.scratch, job.digest, state)

        if done < wanted:
            phase = make(
                network, plan.settings, first_epoch=done, state=here.beside if here else None, on_epoch=end_epoch
            )
            _fit(phase, wanted - done, job)
            epochs_run += wanted - done
        before += wanted
    return epochs_run


def _fit(phase: Phase, epochs: int, job: _Job) -> None:
    labels, steps = job.training.labels, job.model.steps_per_epoch
    fit(
        phase,
        epochs,
        job.training,
        BalancedBatches(labels, steps, derive_seed(job.seed, phase.name), phase.first_epoch, job.batch_size),
        job.validation,
        devices=job.devices,
        precision=common_precision(job.devices, job.model.precision),
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


def _description(
    training: ImageCases,
    tasks: Mapping[str, Task],
    model: ImageModel,
    histograms: Mapping[str, CommonHistogram] | None,
    digest: str,
    seed: int,
    versions: Mapping[str, str],
) -> dict[str, Any]:
    first = training.images[0]
    return {
        "kind": model.kind,
        "constructor": _constructor(model, tasks),
        "input": {
            "shape": list(model.input_shape),
            "modalities": list(model.modalities),
            "grid": list(first.grid),
            "spacing_mm": list(first.spacing_mm),
            "intensities": model.intensities,
            "histograms": _as_json(histograms),
        },
        "normalisation": {"by": "preprocessing", "inside_brain": _intensities(training, model.modalities)},
        "tasks": {name: task.model_dump(mode="json") for name, task in tasks.items()},
        "missing_modalities": model.model_dump(
            include={"modality_dropout", "distillation_weight", "contrastive_weight"}
        ),
        "joint_likelihood_weight": model.joint_likelihood_weight,
        "digest": digest,
        "seed": seed,
        "versions": dict(versions),
    }


def _computed(model: ImageModel, devices: Sequence[Device], acceleration: Acceleration) -> dict[str, Any]:
    """What changes a model's last digits though no setting of it does: memory format and compilation among them."""
    precision = common_precision(devices, model.precision)
    return {"device": named(devices), "precision": precision, "acceleration": dict(vars(acceleration))}


def _as_json(histograms: Mapping[str, CommonHistogram] | None) -> dict[str, dict[str, list[float]]] | None:
    return None if histograms is None else {name: histogram.as_json() for name, histogram in histograms.items()}


def _intensities(training: ImageCases, modalities: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Mean over the training cases of each modality's mean and standard deviation inside the brain."""
    found = {}
    for channel, modality in enumerate(modalities):
        each = []
        for case in training.images:  # one at a time: they may be mapped because memory does not hold them all
            values = case.image[channel][case.brain].astype(np.float32)
            if case.available[channel] and values.size:
                each.append((np.mean(values), np.std(values)))
        if each:
            mean, std = (float(np.mean(figures)) for figures in zip(*each, strict=True))
            found[modality] = {"mean": round(mean, 4), "std": round(std, 4)}
    return found
