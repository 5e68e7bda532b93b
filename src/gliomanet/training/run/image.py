"""Training one image network on one fold: from a table of cases to a folder that prediction can load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from gliomanet.errors import ModelError
from gliomanet.labels.tasks import Task
from gliomanet.models.acceleration import AS_IT_IS, Acceleration
from gliomanet.models.arguments import tasks_of, training_values
from gliomanet.models.artifact import MODEL_FILE, ModelDescription
from gliomanet.models.devices import Device, choose_devices, common_precision, named
from gliomanet.training.data.fold_cases import load_fold
from gliomanet.training.distributed.collectives import rank, same_everywhere
from gliomanet.training.distributed.launcher import launch
from gliomanet.training.run.description import describe
from gliomanet.training.run.digest import digest_of, software_versions
from gliomanet.training.run.epochs import Job, run_epochs, title_of
from gliomanet.training.run.lock import discard_scratch, training_lock
from gliomanet.training.run.memory import train_in_parts

if TYPE_CHECKING:
    from gliomanet.config.image_model import ImageModel

RESULTS = ("weights.pt", "heads.npz", "events.jsonl", MODEL_FILE)
PACKAGES = ("torch", "lightning", "numpy", "scikit-learn", "pandas")
"""Packages that compute here: another version may give other digits, and does not resume this one's checkpoints."""


@dataclass(frozen=True)
class Request:
    """The arguments of `train_image_model`, with the devices that it found: sent to each process."""

    cases: pd.DataFrame
    tasks: Mapping[str, Task]
    model: ImageModel
    name: Mapping[str, str]
    seed: int
    code: str
    threads: int
    devices: tuple[Device, ...]
    precision: Literal["32-true", "bf16-mixed"]
    out: Path
    scratch: Path
    pseudo_labels: pd.DataFrame | None
    cache: Path | None
    acceleration: Acceleration
    parts: int = 1


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

    On several GPUs a process each trains on its share of every batch, and the first one writes. Where a device's memory
    does not hold a share, it is computed in parts (see `memory`). A job is trained once
    at a time: while an orphan of a killed workflow still does, this waits, and then goes on from its newest checkpoint,
    or is content with its result.

    Args:
        cases: case_id, center, part {train, validation, unlabelled}, folder (of the preprocessed case), and the label
            columns as harmonised strings ("" or NaN = unknown); age and sex for a model that takes them. `unlabelled`
            cases train only with what is accepted in `pseudo_labels`; `validation` cases are looked at, never learnt
            from.
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
            sees none or fewer, bf16 is asked for on a CPU, a batch has fewer cases than there are GPUs, the memory
            holds no part of a batch, or a loss is not finite.
    """
    devices = choose_devices(gpus)  # before hours of waiting or minutes of reading: it may refuse
    precision = common_precision(devices, model.precision)
    request = Request(
        cases=cases,
        tasks=tasks,
        model=model,
        name=name,
        seed=seed,
        code=code,
        threads=threads,
        devices=devices,
        precision=precision,
        out=out,
        scratch=scratch,
        pseudo_labels=pseudo_labels,
        cache=cache,
        acceleration=acceleration,
    )
    with training_lock(scratch, title_of(name)):
        train_in_parts(partial(_train, request), title_of(name), named(devices))
        discard_scratch(scratch)


def _train(request: Request, parts: int) -> None:
    """Start or resume the training, in this process or in one a device."""
    work = partial(read_and_train, replace(request, parts=parts))
    if len(request.devices) == 1:
        work()
    else:
        launch(work, request.devices, title_of(request.name))


def read_and_train(request: Request) -> None:
    """Read the fold's cases, train, and write: in the only process, or in each of them; the first one writes."""
    model, devices, fold = request.model, request.devices, title_of(request.name)
    # Networks of fewer tasks see batches up to this size (and those of `unlabelled_masks` one case more).
    batch_size = sum(len(task.classes) for task in request.tasks.values())
    tasks = tasks_of(model, request.tasks)
    kept = request.scratch / "cases" if request.cache is not None and model.intensities == "nyul" else request.cache
    training, validation, histograms = load_fold(request.cases, tasks, model, request.pseudo_labels, fold, kept)
    versions = software_versions(PACKAGES)
    digest = digest_of(
        {
            "code": request.code,
            "model": training_values(model),
            "name": dict(request.name),
            "seed": request.seed,
            "tasks": {task: definition.model_dump(mode="json") for task, definition in tasks.items()},
            "threads": request.threads,
            "batch_size": batch_size,
            "device": [devices[0].type, request.precision, len(devices)],
            "acceleration": vars(request.acceleration),
            "versions": versions,
            "data": [training.digest, validation.digest],
            "histograms": histograms and {modality: asdict(histogram) for modality, histogram in histograms.items()},
            "cases": [[case.case_id for case in part.images] for part in (training, validation)],
        }
    )
    if not same_everywhere((digest, _is_finished(request.out, digest))):
        raise RuntimeError(f"{fold}: the job's processes read different cases; does another program change them?")
    if _is_finished(request.out, digest):
        print(f"{fold}: another process has finished this job; its results stay", flush=True)
        return
    job = Job(
        name=request.name,
        model=model,
        tasks=tasks,
        training=training,
        validation=validation,
        batch_size=batch_size,
        seed=request.seed,
        threads=max(1, request.threads // len(devices)),
        devices=devices,
        precision=request.precision,
        digest=digest,
        scratch=request.scratch,
        acceleration=request.acceleration,
        parts=request.parts,
    )
    parts = run_epochs(job, request.out)
    if rank() == 0:
        describe(replace(job, parts=parts), histograms, versions, request.out).write(request.out / MODEL_FILE)


def _is_finished(out: Path, digest: str) -> bool:
    """Tell if a job of this digest has written its results.

    The workflow engine deletes results before it starts a job, so they were written by an orphan of an earlier run.
    """
    if not all((out / name).is_file() for name in RESULTS):
        return False
    try:
        return ModelDescription.read(out / MODEL_FILE).digest == digest
    except ModelError:  # another version of gliomanet wrote it
        return False
