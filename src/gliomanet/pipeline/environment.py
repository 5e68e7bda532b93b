"""What this machine has: programs that a study wants, found before any job, and GPUs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.cohort.findings import Finding

if TYPE_CHECKING:
    from gliomanet.config.study import Study

BRAIN_PROGRAMS = ("hd-bet", "synthstrip")


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


def count_gpus(devices: Path = Path("/proc/driver/nvidia/gpus")) -> int:
    """The GPUs that NVIDIA's driver lists; 0 without a driver."""
    return len(list(devices.glob("*")))


def allocated_gpus(environment: Mapping[str, str] = os.environ) -> int | None:
    """The GPUs that SLURM gave to the job that this process is in; None outside of such a job.

    What the driver lists is no measure there: all GPUs of the node, or none where it cannot be seen (a container, AMD).
    SLURM names a job's GPUs in `SLURM_JOB_GPUS`, and those of an `srun` within it in `SLURM_STEP_GPUS`.
    """
    if "SLURM_JOB_ID" not in environment:
        return None
    names = environment.get("SLURM_STEP_GPUS") or environment.get("SLURM_JOB_GPUS") or ""
    return len([name for name in names.split(",") if name])
