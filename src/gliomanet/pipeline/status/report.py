"""Status of a study: how far it is, what would run and why, and what that would cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

from gliomanet.config.study import Study
from gliomanet.errors import Problem
from gliomanet.layout import Layout
from gliomanet.pipeline.records import unrecorded_results
from gliomanet.pipeline.status.causes import NEW, RUNNING, causes_of
from gliomanet.pipeline.status.costs import Cost, Costs
from gliomanet.pipeline.status.groups import Caused, Group, groups_of
from gliomanet.pipeline.status.jobs import Job, Listing
from gliomanet.pipeline.status.rows import changed_rows_of


@dataclass(frozen=True)
class Status:
    """Status of a study.

    Attributes:
        listing: its jobs, as the engine plans them.
        study: its configuration.
        processes: ids of the runs of this machine that work in its folder.
    """

    listing: Listing
    study: Study
    processes: tuple[int, ...] = ()

    @cached_property
    def done(self) -> list[Job]:
        """The jobs that would not run, and whose results are of the study as it is."""
        return [job for job in self.listing.jobs if job.runs is None and not job.unrecorded]

    @property
    def unrecorded(self) -> Problem | None:
        """Jobs that would not run, though nobody knows what their results were made from."""
        count = sum(job.unrecorded for job in self.listing.jobs)
        return unrecorded_results(count, str(Layout(self.study.results).results))

    @cached_property
    def waiting(self) -> list[Caused]:
        """The jobs that would run, with their own causes, in the order of the pipeline."""
        layout, goes_on = Layout(self.study.results), bool(self.processes)
        rows = cache(partial(changed_rows_of, study=self.study, layout=layout))
        return [
            (job, runs, causes_of(job, runs, layout, rows, is_running=goes_on)) for job, runs in self.listing.waiting
        ]

    @cached_property
    def running(self) -> list[Job]:
        return [job for job, _, causes in self.waiting if RUNNING in causes]

    @property
    def is_first_run(self) -> bool:
        """True where no job has been run yet."""
        return not self.done and all(causes == (NEW,) for _, _, causes in self.waiting)

    @cached_property
    def groups(self) -> list[Group]:
        return groups_of(self.waiting, self.listing.rules, Costs(self.listing.jobs), self.done)

    @property
    def not_made_anew(self) -> list[str]:
        """Results that are missing and that no run makes anew, since nothing that is due reads them."""
        return sorted(path for job in self.listing.jobs if job.runs is None for path in job.missing)

    @property
    def cost(self) -> Cost:
        return sum((group.cost for group in self.groups), Cost())

    @property
    def is_left_locked(self) -> bool:
        """True where a run has locked the folder, and none of this machine goes on in it."""
        return self.listing.locked and not self.processes

    def as_values(self, *, with_jobs: bool = False) -> dict[str, Any]:
        """The status as plain values, for scripts; times are in hours."""
        values: dict[str, Any] = {
            "jobs": len(self.listing.jobs),
            "done": len(self.done),
            "to_run": len(self.waiting),
            "running": len(self.running),
            "processes": list(self.processes),
            "locked": self.listing.locked,
            "unrecorded": sum(job.unrecorded for job in self.listing.jobs),
            "missing_and_not_made_anew": self.not_made_anew,
            "cost": _cost_values(self.cost),
            "groups": [
                {
                    "doing": group.doing,
                    "why": list(group.causes),
                    "follows": group.follows,
                    "rules": sorted({job.rule for job in group.jobs}),
                    "jobs": len(group.jobs),
                    "cost": _cost_values(group.cost),
                }
                for group in self.groups
            ],
        }
        if with_jobs:
            values["job_list"] = [
                {"rule": job.rule, **job.wildcards, "why": [cause.said for cause in causes], "follows": not causes}
                for job, _, causes in self.waiting
            ]
        return values


def _cost_values(cost: Cost) -> dict[str, float | int]:
    return {
        "cpu_hours": round(cost.cpu / 3600, 4),
        "gpu_hours": round(cost.gpu / 3600, 4),
        "hours_one_after_another": round(cost.wall / 3600, 4),
        "jobs_of_unknown_cost": cost.unknown,
    }
