"""Costs of jobs that would run, by what earlier jobs of the study wrote about themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Self

from gliomanet.layout import benchmark_of
from gliomanet.pipeline.status.causes import ended_well
from gliomanet.pipeline.status.jobs import Job, Rerun


@dataclass(frozen=True)
class Cost:
    """Cost of some jobs.

    Attributes:
        wall: seconds, one job after the other.
        cpu: CPU seconds.
        gpu: GPU seconds: the wall seconds of jobs that ask for a GPU, times their GPUs.
        core: wall seconds times the threads that the jobs ask for.
        longest: wall seconds of the longest job.
        unknown: jobs of which no cost is known; the others' are in the sums.
    """

    wall: float = 0.0
    cpu: float = 0.0
    gpu: float = 0.0
    core: float = 0.0
    longest: float = 0.0
    unknown: int = 0

    def __add__(self, other: Self) -> Cost:
        return Cost(
            self.wall + other.wall,
            self.cpu + other.cpu,
            self.gpu + other.gpu,
            self.core + other.core,
            max(self.longest, other.longest),
            self.unknown + other.unknown,
        )

    def at_least(self, cores: int) -> float:
        """Wall seconds with so many cores that no order of the jobs can do better than."""
        return max(self.core / cores, self.longest)


class Costs:
    """Costs that jobs will have: each its own of the last time, else the median of earlier jobs of its rule and model.

    Args:
        jobs: all jobs of a study.
    """

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._own: dict[str, tuple[float, float]] = {}
        kinds: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
        for job in jobs:
            if (found := _earlier(job)) is not None:
                self._own[job.log] = found
                kinds[_kind(job)].append(found)
        self._kinds = {
            kind: (median(wall for wall, _ in found), median(cpu for _, cpu in found)) for kind, found in kinds.items()
        }

    def of(self, job: Job, runs: Rerun) -> Cost:
        """The cost of one job; unknown where none of its kind has been run."""
        known = self._own.get(job.log) or self._kinds.get(_kind(job))
        if known is None:
            return Cost(unknown=1)
        wall, cpu = known
        return Cost(wall, cpu, wall * runs.gpus, wall * max(1, runs.threads), wall)


def _kind(job: Job) -> tuple[str, str]:
    return job.rule, job.wildcards.get("model", "")


def _earlier(job: Job) -> tuple[float, float] | None:
    """Wall and CPU seconds of a job's last run, where it ended well."""
    if not job.log or (job.runs is not None and not ended_well(job, job.runs)):
        return None
    try:
        names, values = benchmark_of(job.log).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):  # a job that measured nothing, or that is writing it now
        return None
    told = dict(zip(names.split("\t"), values.split("\t"), strict=False))
    return (float(told["s"]), float(told["cpu_time"])) if {"s", "cpu_time"} <= told.keys() else None
