"""Devices of a job: the CPU, or GPUs that no other job of this machine holds.

Snakemake counts GPUs but sets no CUDA_VISIBLE_DEVICES, so two jobs on one machine would both take the first GPU.
Here a job locks a file named for the device; the lock ends with the process, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from gliomanet.errors import Problem, ProblemError

POLL_SECONDS = 10.0

_TELL_OF_GPUS = ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "SLURM_JOB_GPUS", "SLURM_STEP_GPUS")
"""Environment variables that say which GPUs a process may see, or which its job was allocated."""


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
        """Lightning's name of the precision: `auto` is bf16 autocast on GPUs that have it, else 32 bit.

        A CPU does not train in bf16. In torch 2.13 oneDNN's bf16 weight gradient of a 3D convolution (kernel 3, padding
        1, maps of 2³ voxels) reads memory that nobody wrote: of 200 equal passes 144 gave NaN or infinite gradients,
        others wrong ones, on an AMD EPYC with avx512_bf16. Torch's own kernels do not, but are slower than 32 bit.

        Raises:
            ValueError: bf16 on a CPU.
        """
        if self.type == "cpu":
            if wanted == "bf16":
                raise ValueError(
                    "precision is bf16, and this job computes on a CPU, where gradients in bf16 are not reliable; set "
                    "precision: auto, or give the job a GPU"
                )
            return "32-true"
        return "bf16-mixed" if wanted == "bf16" or (wanted == "auto" and self.bf16) else "32-true"


def is_out_of_memory(error: BaseException) -> bool:
    """Tell if an error says that a device's memory is full: torch has a class for it, the libraries below it words."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    words = ("out of memory", "ALLOC_FAILED", "can't allocate memory")
    return isinstance(error, RuntimeError) and any(each in str(error) for each in words)


@contextmanager
def told_of_memory(what: str, device: torch.device) -> Iterator[None]:
    """Say what it was that a device's memory does not hold, where a case by itself is too large.

    Raises:
        ProblemError: in place of the library's own error.
    """
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        found = f"the memory of {device} does not hold {what} ({str(error).splitlines()[0]})"
        action = "end what else uses the device, give the job one with more memory, or compute with `--resources gpu=0`"
        raise ProblemError(Problem(found, action, rule="memory_exceeded")) from error


def common_precision(
    devices: Sequence[Device], wanted: Literal["auto", "32", "bf16"]
) -> Literal["32-true", "bf16-mixed"]:
    """`Device.precision` of devices that compute together: the one that all of them have."""
    return min((device.precision(wanted) for device in devices), key=("32-true", "bf16-mixed").index)


def named(devices: Sequence[Device]) -> str:
    """The names of devices that compute together: `2 × H200` where they are alike."""
    counts = Counter(device.name for device in devices)
    return " + ".join(name if count == 1 else f"{count} × {name}" for name, count in counts.items())


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
        named = _named_by_environment(index)
        # A MIG instance is known by its own name: its card's UUID is that of its neighbours as well.
        key = named if named.startswith("MIG-") else str(getattr(facts, "uuid", "") or named)
        gpus.append(Gpu(index, key.replace("/", "_"), facts.name, facts.major >= 8))
    return gpus


def choose_device(gpus: int) -> Device:
    """The device of a job that computes on one, however many GPUs it was given; see `choose_devices`."""
    return choose_devices(min(gpus, 1))[0]


def choose_devices(
    gpus: int,
    *,
    visible: Callable[[], Sequence[Gpu]] = visible_gpus,
    locks: Path | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Device, ...]:
    """The devices a job computes on, claimed for the life of this process: all that it was given, or none yet.

    Args:
        gpus: GPUs the job was given; 0 means the CPU.
        visible: what may be claimed; the GPUs that torch sees.
        locks: folder of the lock files; default: one in the machine's temporary folder, shared by its users.
        sleep: waits between two looks, where too many GPUs are held by other processes. Falling back to the CPU
            instead would turn hours into weeks without a word.

    Returns:
        The CPU if `gpus` is 0, else so many GPUs, the first free ones.

    Raises:
        ProblemError: GPUs were given, and torch sees none or fewer.
    """
    if gpus < 0:
        raise ValueError(f"gpus must be 0 or more, got {gpus}")
    if gpus == 0:
        return (Device("cpu"),)
    found = visible()
    if not found:
        action = (
            "install a build of torch for this machine's driver, let the container or the allocation show the GPU to "
            "the job, or compute on the CPU with `--resources gpu=0`"
        )
        seen = f"this job was given {gpus} GPU(s), and torch sees none: {_built()}; {_environment()}"
        raise ProblemError(Problem(seen, action, rule="gpu_not_seen"))
    if len(found) < gpus:
        action = f"set compute.gpus to {len(found)}, or run with `--resources gpu={len(found)}`"
        seen = f"this job was given {gpus} GPUs, and torch sees {len(found)}: {_environment()}"
        raise ProblemError(Problem(seen, action, rule="too_few_gpus_seen"))
    folder = locks or Path(tempfile.gettempdir()) / "gliomanet-gpu-locks"
    told = False
    while True:
        claimed = _claim(found, gpus, folder)
        if claimed:
            return tuple(Device("cuda", gpu.index, gpu.name, gpu.bf16) for gpu in claimed)
        if not told:
            wanted = (
                "a GPU: other processes hold all" if gpus == 1 else f"{gpus} GPUs: other processes hold too many of"
            )
            print(f"waiting for {wanted} {len(found)} (lock files in {folder})", flush=True)
            told = True
        sleep(POLL_SECONDS)


def _built() -> str:
    """The build of torch, in words."""
    built = f"ROCm {torch.version.hip}" if torch.version.hip else f"CUDA {torch.version.cuda}"
    return f"torch {torch.__version__} is built for {built if torch.version.cuda or torch.version.hip else 'CPUs only'}"


def _environment() -> str:
    told = [f"{name}={os.environ[name]}" for name in _TELL_OF_GPUS if name in os.environ]
    return f"the environment has {', '.join(told)}" if told else "the environment names no GPU"


def _claim(found: Sequence[Gpu], wanted: int, folder: Path) -> list[Gpu]:
    """So many GPUs, or none: what could be locked is let go of where it is too little."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)  # other users' jobs must be able to name their devices here
    claimed: list[Gpu] = []
    with _one_at_a_time(folder / "choosing"):
        before = set(_held)
        for gpu in found:
            if len(claimed) < wanted and _locked(folder / f"{gpu.key}.lock"):
                claimed.append(gpu)
        if len(claimed) == wanted:
            return claimed
        for path in set(_held) - before:
            os.close(_held.pop(path))
    return []


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Without it two jobs could each hold what the other lacks, let go at once, and try again at once, for ever."""
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _locked(path: Path) -> bool:
    if str(path) in _held:
        return True
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _held[str(path)] = descriptor
    return True


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY)  # flock needs no write access to another user's file
    except FileNotFoundError:
        return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)


def _named_by_environment(index: int) -> str:
    """A device's name where the driver tells no UUID: its entry in CUDA_VISIBLE_DEVICES, else its index."""
    entries = [entry.strip() for entry in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if entry.strip()]
    return entries[index] if index < len(entries) else str(index)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch compute with so many threads: sums over another number of them differ in their last digits."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
