"""What the benchmarks of training and prediction share: cases, the device's matmul rate, variants, the table.

Every variant of a network is measured in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import torch

from gliomanet.config.image_model import ImageModel
from gliomanet.config.image_models import image_model
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.models.acceleration import Acceleration
from gliomanet.models.devices import Device, choose_device
from gliomanet.networks import IMAGE_NETWORKS

MODALITIES = ("t1", "t1c", "t2", "flair")
Work = Callable[[argparse.Namespace, Path], dict[str, Any]]
"""Measures the network `kind` in the variant `variant` of its options, with a folder to write cases to."""

VARIANTS: dict[str, tuple[str, Acceleration]] = {
    "plain": ("32", Acceleration()),
    "bf16": ("bf16", Acceleration()),
    "channels-last": ("32", Acceleration(channels_last=True)),
    "compiled": ("32", Acceleration(compiled=True)),
    "checkpointed": ("32", Acceleration(checkpointed=True)),
    "bf16 channels-last": ("bf16", Acceleration(channels_last=True)),
    "bf16 channels-last compiled": ("bf16", Acceleration(channels_last=True, compiled=True)),
}
"""Name → precision and how the network is computed; the first one is what the others are compared with."""


def arguments(description: str, **defaults: Any) -> argparse.ArgumentParser:
    """The options that both benchmarks have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=IMAGE_NETWORKS, default=list(IMAGE_NETWORKS))
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=defaults["variants"])
    parser.add_argument("--preset", choices=("paper", "slim", "tiny"), default="slim")
    parser.add_argument("--shape", nargs=3, type=int, default=(64, 64, 64), help="of the networks' input, in voxels")
    parser.add_argument("--steps", type=int, default=5, help="measured, after --warm-up others")
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU")
    parser.add_argument("--out", type=Path, help="a TSV file for the table")
    return parser


def device_of(options: argparse.Namespace) -> Device:
    """The CPU, or a GPU that no other job holds."""
    wanted = torch.cuda.is_available() if options.device == "auto" else options.device == "gpu"
    return choose_device(int(wanted))


def settings_of(kind: str, options: argparse.Namespace, precision: str) -> ImageModel:
    """A network's settings in a study."""
    own = {"tasks": ["idh"]} if kind == "singletask" else {}
    return image_model(
        {
            "kind": kind,
            "preset": options.preset,
            "modalities": MODALITIES,
            "input_shape": tuple(options.shape),
            "precision": precision,
            **own,
        }
    )


def write_cases(folder: Path, number: int, shape: tuple[int, int, int]) -> pd.DataFrame:
    """Noise in the shape of a preprocessed head with a tumour, in files; both classes of every task."""
    rng = np.random.default_rng(1)
    axes = np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij")
    brain = (sum(axis**2 for axis in axes) < 0.8).astype(np.uint8)
    tumour = np.select([sum((axis - 0.2) ** 2 for axis in axes) < r for r in (0.01, 0.03, 0.08)], [1, 4, 2], 0)
    rows = []
    for case in range(number):
        where = folder / "preprocessed" / "center" / f"case-{case}"
        where.mkdir(parents=True)
        images = {name: (rng.normal(size=shape) * brain).astype(np.float32) for name in MODALITIES}
        for name, array in (images | {"brain_mask": brain, "tumour_mask": tumour.astype(np.uint8)}).items():
            nib.save(nib.Nifti1Image(array, np.eye(4)), where / f"{name}.nii.gz")
        labels = {task.label: task.classes[task.class_names[case % 2]][0] for task in DEFAULT_TASKS.values()}
        rows.append({"case_id": where.name, "folder": str(where), **labels})
    return pd.DataFrame(rows)


def matmul_rates(device: Device) -> dict[str, float]:
    """FLOP/s of a square matrix product in 32 bit (torch's default precision of it) and in bf16, median of seven."""
    size = 8192 if device.type == "cuda" else 1024
    rates = {}
    for name, dtype in (("32", torch.float32), ("bf16", torch.bfloat16)):
        a = torch.randn(size, size, device=device.torch).to(dtype)
        seconds = []
        for _ in range(9):
            start = clock(device)
            a @ a
            seconds.append(clock(device) - start)
        rates[name] = 2 * size**3 / statistics.median(seconds[2:])
    return rates


def clock(device: Device) -> float:
    """Seconds, once the device has done what it was given; on the CPU those of this process.

    So on the CPU other programs beside it do not count, and more threads than one do not look faster.
    """
    if device.type == "cpu":
        return time.process_time()
    torch.cuda.synchronize(device.index)
    return time.perf_counter()


def peak_gib(device: Device) -> float:
    """Of this process: the device's memory that tensors took, or on the CPU the largest resident set."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device.index) / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure(work: Work, options: argparse.Namespace) -> pd.DataFrame:
    """Each network and variant in a process of its own: its row, and its speed against the network's first variant."""
    rows: list[dict[str, Any]] = []
    for kind in options.networks:
        facts = _alone(work, {**vars(options), "kind": kind, "variant": None})
        plain = None
        for variant in options.variants:
            figures = _alone(work, {**vars(options), "kind": kind, "variant": variant})
            step = figures["step_s"]
            plain = step if plain is None else plain
            rate = facts["rates"][VARIANTS[variant][0]]
            rows.append(
                {"network": kind, "variant": variant, **figures, "gflop": facts["flops"] / 1e9}
                | {"matmul_gflop_s": rate / 1e9, "matmul_share": facts["flops"] / step / rate, "speed_up": plain / step}
            )
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def _alone(work: Work, options: dict[str, Any]) -> dict[str, Any]:
    """What is found of one network and variant, in a process forked before anything was computed."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)

    def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            sending.send(work(argparse.Namespace(**options), Path(folder)))

    process = context.Process(target=run)
    process.start()
    sending.close()
    try:
        found: dict[str, Any] = receiving.recv()
    except EOFError:
        raise SystemExit(f"{options['kind']}, {options['variant'] or 'facts'}: failed, see above") from None
    process.join()
    return found


def report(table: pd.DataFrame, options: argparse.Namespace) -> None:
    """Print the table as Markdown, and write it where it was asked for."""
    print()
    print("| " + " | ".join(table.columns) + " |\n|" + "---|" * len(table.columns))
    for row in table.itertuples(index=False):
        print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) + " |")
    if options.out:
        table.to_csv(options.out, sep="\t", index=False, float_format="%.4g", lineterminator="\n")
