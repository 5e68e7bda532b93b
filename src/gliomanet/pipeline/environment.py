"""The machine that a study runs on: its GPUs, and programs that the study wants and that it lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.cohort.findings import Finding

if TYPE_CHECKING:
    from gliomanet.config.study import Study

BRAIN_PROGRAMS = ("hd-bet", "synthstrip")

GPU_LIMIT = "GLIOMANET_GPU_LIMIT"
"""Environment variable by which a run's main process tells its jobs how many GPUs the run may use; "" is no limit."""

SMI_SECONDS = 10.0
"""A driver that hangs lets `nvidia-smi` wait for ever."""

VISIBLE = ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
"""Environment variables that name the GPUs that a process may see: by number, UUID, or a MIG instance's UUID."""


def missing_programs(study: Study) -> list[Finding]:
    """An error for each centre whose brain extraction asks for a program that is not there."""
    wanted = {name: study.preprocessing_of(name).brain_extraction for name in study.centers}
    if not set(wanted.values()) & set(BRAIN_PROGRAMS):
        return []
    from gliomanet.imaging.brain_extraction.external_tools import (
        missing_program,  # seconds to import, and few studies need it
    )

    problems = {center: missing_program(how) for center, how in wanted.items() if how in BRAIN_PROGRAMS}
    return [Finding.of(problem, "error", center=center) for center, problem in problems.items() if problem]


def count_gpus(root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> int:
    """The GPUs that this process may use: those that the environment names, else those that the machine lists.

    No single list is there on every machine: containers and WSL hide NVIDIA's folder in `/proc`, AMD's driver has a
    list of its own, and in a MIG partition only the environment tells. An allocation is trusted: what
    `CUDA_VISIBLE_DEVICES` names counts on a machine that lists nothing, and a job that is then given a GPU that is not
    there ends with an error.

    Args:
        root: of the file system.
        environment: variables of the process.
    """
    listed = _nvidia(root) or _amd(root) or _told_by_nvidia_smi()
    named = [_named(environment[variable]) for variable in VISIBLE if variable in environment]
    if not named:
        return listed
    # A number may name a card that is not there; a MIG instance is a part of a card that is listed once.
    entries = min(named, key=len)
    by_number = all(entry.isdigit() for entry in entries)
    return min(len(entries), listed) if listed and by_number else len(entries)


def _named(value: str) -> list[str]:
    """The entries of such a variable; CUDA reads none after one that is no device, as -1 and NoDevFiles are not."""
    entries = []
    for entry in (each.strip() for each in value.split(",")):
        if not (entry.isdigit() or entry.startswith(("GPU-", "MIG-"))):
            break
        entries.append(entry)
    return entries


def _nvidia(root: Path) -> int:
    """The cards that NVIDIA's driver lists, or those that have a device file, which a container is given."""
    listed = len(list((root / "proc/driver/nvidia/gpus").glob("*")))
    return listed or len(list((root / "dev").glob("nvidia[0-9]*")))


def _amd(root: Path) -> int:
    """The nodes of AMD's compute driver that are GPUs of this process."""
    return sum(map(_is_gpu, (root / "sys/class/kfd/kfd/topology/nodes").glob("*/gpu_id")))


def _is_gpu(node: Path) -> bool:
    """False for a CPU, whose id is 0, and for a GPU that a container or cgroup keeps from this process."""
    try:
        return node.read_text().strip() not in ("", "0")
    except OSError:
        return False


def _told_by_nvidia_smi() -> int:
    """The cards that `nvidia-smi -L` names, where it is installed: under WSL nothing else tells."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    try:
        told = subprocess.run([program, "-L"], capture_output=True, text=True, check=False, timeout=SMI_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"{program} -L does not answer: no GPU is counted; look at the driver", file=sys.stderr)
        return 0
    return sum(line.startswith("GPU ") for line in told.stdout.splitlines()) if told.returncode == 0 else 0
