"""Programs that a study wants and this machine lacks, found before any job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gliomanet.cohort.findings import Finding

if TYPE_CHECKING:
    from gliomanet.config.study import Study
from pathlib import Path

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
