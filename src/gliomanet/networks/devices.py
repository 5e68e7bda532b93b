"""Where a job computes: the CPU, or one GPU that no other job of this machine holds.

Snakemake counts GPUs but sets no CUDA_VISIBLE_DEVICES, so two jobs on one machine would both take the first GPU.
Here a job locks a file named for the device; the lock ends with the process, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

POLL_SECONDS = 10.0


@dataclass(frozen=True)
class Device:
    """A device of this process: its type, its index among the visible ones, and what it can do."""

    type: Literal["cpu", "cuda"]
    index: int = 0
    name: str = "CPU"
    bf16: bool = False

    @property
    def torch(self) -> torch.device:
        return torch.device("cpu") if self.type == "cpu" else torch.device("cuda", self.index)

    def precision(self, wanted: Literal["auto", "32", "bf16"]) -> Literal["32-true", "bf16-mixed"]:
        """Lightning's name of the precision: `auto` is bf16 autocast on GPUs that have it, else 32 bit."""
        return "bf16-mixed" if wanted == "bf16" or (wanted == "auto" and self.bf16) else "32-true"


@dataclass(frozen=True)
class Gpu:
    """One GPU this process may see; `key` is its physical identity, whatever its visible index."""

    index: int
    key: str
    name: str
    bf16: bool


_held: dict[str, int] = {}
"""Locked descriptors of this process, by lock file: a second claim in the same process must find its own lock."""


def visible_gpus() -> list[Gpu]:
    """The GPUs that CUDA_VISIBLE_DEVICES leaves to this process, in its order; none without CUDA."""
    if not torch.cuda.is_available():
        return []
    gpus = []
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        key = str(getattr(facts, "uuid", "") or _named_by_environment(index))
        gpus.append(Gpu(index, key, facts.name, facts.major >= 8))
    return gpus


def choose_device(
    gpus: int,
    *,
    visible: Callable[[], Sequence[Gpu]] = visible_gpus,
    locks: Path | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Device:
    """The device a job computes on, claimed for the life of this process.

    Args:
        gpus: GPUs the job was given; 0 means the CPU. A job computes on one device, however many it was given.
        visible: what may be claimed; the GPUs that torch sees.
        locks: folder of the lock files; default: one in the machine's temporary folder, shared by its users.
        sleep: waits between two looks, where every GPU is held by another process. Falling back to the CPU instead
            would turn hours into weeks without a word.

    Returns:
        The CPU if `gpus` is 0, else the first free GPU.

    Raises:
        ValueError: GPUs were given, and torch sees none.
    """
    if gpus < 0:
        raise ValueError(f"gpus must be 0 or more, got {gpus}")
    if gpus == 0:
        return Device("cpu")
    found = visible()
    if not found:
        raise ValueError(
            f"this job was given {gpus} GPU(s), and torch sees none: it is torch {torch.__version__}, built for CUDA "
            f"{torch.version.cuda}, and CUDA_VISIBLE_DEVICES is {os.environ.get('CUDA_VISIBLE_DEVICES', 'not set')}. "
            "Compute on the CPU with `--resources gpu=0`, or install a build of torch for this machine's CUDA"
        )
    folder = locks or Path(tempfile.gettempdir()) / "gliomanet-gpu-locks"
    told = False
    while True:
        for gpu in found:
            if _claim(folder / f"{gpu.key}.lock"):
                return Device("cuda", gpu.index, gpu.name, gpu.bf16)
        if not told:
            print(f"waiting for a GPU: other processes hold all {len(found)} (lock files in {folder})", flush=True)
            told = True
        sleep(POLL_SECONDS)


def _claim(path: Path) -> bool:
    if str(path) in _held:
        return True
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o777)  # other users' jobs must be able to name their devices here
    try:
        descriptor = os.open(path, os.O_RDONLY)  # flock needs no write access to another user's file
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _held[str(path)] = descriptor
    return True


def _named_by_environment(index: int) -> str:
    """A device's name where the driver tells no UUID: its entry in CUDA_VISIBLE_DEVICES, else its index."""
    entries = [entry.strip() for entry in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if entry.strip()]
    return entries[index] if index < len(entries) else str(index)
