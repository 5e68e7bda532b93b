"""`gliomanet status`: what a run would do and why, before it is started."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gliomanet.cli.console import console, progress_console
from gliomanet.cli.validate import StudyFile, validate
from gliomanet.config.load import load_study, read_study_file
from gliomanet.errors import CohortError, StudyError
from gliomanet.pipeline.status.costs import Cost
from gliomanet.pipeline.status.jobs import PlanError, list_jobs
from gliomanet.pipeline.status.report import Status
from gliomanet.pipeline.status.running import running_in
from gliomanet.pipeline.status.wording import counted


def status(
    study: StudyFile = Path("config.yaml"),
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="Targets, such as center_EAST; after `--` options that you give to snakemake, too."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write it as JSON, for scripts.")] = False,
    jobs: Annotated[bool, typer.Option("--jobs", help="Name every job that would run, with its reason.")] = False,
    cores: Annotated[int | None, typer.Option(min=1, help="Estimate the least time with so many cores.")] = None,
    snakefile: Annotated[
        Path | None, typer.Option(help="Front door of the workflow, where it is not in this folder.")
    ] = None,
) -> None:
    """Say what would run and why, and what it would cost; nothing is run, and a run that goes on is not disturbed."""
    try:
        checked = load_study(read_study_file(study))
        with progress_console.status("Asking for the plan of the study …"):
            listing = list_jobs(study, snakefile, targets or (), cores=cores)
    except (StudyError, CohortError) as error:
        if isinstance(error, PlanError):
            validate(study)  # says in its own words what is wrong with the study, and ends
        console.print(f"[red]{escape(str(study))}[/red]: {escape(str(error))}")
        raise typer.Exit(1) from None
    found = Status(listing, checked, tuple(running_in(Path())))
    if as_json:
        values = {"study": str(study), "title": checked.title, **found.as_values(with_jobs=jobs)}
        print(json.dumps(values, indent=2, ensure_ascii=False))
        return
    show(found, with_jobs=jobs, cores=cores)


def show(found: Status, *, with_jobs: bool = False, cores: int | None = None) -> None:
    """Print a status: a line where nothing is to do, else a sentence for each group of jobs."""
    title, total = found.study.title, len(found.listing.jobs)
    show_run(found)
    if found.not_made_anew:
        missing = counted(found.not_made_anew, "results")
        console.print(escape(f"Missing, and needed by no job that is due: {missing}. Name one as a target to make it."))
    if found.unrecorded:
        console.print(f"[red]A run would stop:[/red] {escape(str(found.unrecorded))}.")
    if not found.waiting and not found.unrecorded:
        console.print(escape(f"{title}: nothing to do, all {total} jobs are done."))
        return
    how_far = f"of {total} jobs {len(found.done)} are done, {len(found.waiting)} would run"
    if found.is_first_run:
        how_far = f"nothing has run yet, {total} jobs would run"
    console.print(escape(f"{title}: {how_far}."))
    if not found.waiting:
        return
    known = found.cost.unknown < len(found.waiting)
    follow = [group for group in found.groups if group.follows]
    for group in found.groups:
        if follow and group is follow[0]:
            console.print(f"What follows from these: {sum(len(each.jobs) for each in follow)}")
        why = "" if group.follows or found.is_first_run else f": {'; '.join(group.causes)}"
        cost = f"  [dim]{escape(cost_text(group.cost, len(group.jobs)))}[/dim]" if known else ""
        console.print(f"{len(group.jobs):>6}  {escape(f'{group.doing}{why}')}{cost}")
    if known:
        show_cost(found.cost, cores)
    else:
        console.print("What it would cost is unknown: no job of these kinds has run.")
    if with_jobs:
        for job, _, causes in found.waiting:
            names = ", ".join(f"{name} {value}" for name, value in job.wildcards.items())
            why = "; ".join(cause.said for cause in causes) or "follows"
            console.print(escape(f"  {job.rule}{f' ({names})' if names else ''}: {why}"))


def show_run(found: Status) -> None:
    """Print what is known of a run in this folder."""
    if found.processes:
        ids = ", ".join(map(str, found.processes))
        console.print(f"A run goes on here (process {ids}); running now: {len(found.running)} of its jobs.")
    elif found.is_left_locked:
        console.print(
            "[yellow]A run has locked this folder, and none of yours on this machine goes on in it.[/yellow] If it was"
            " killed, run snakemake with --unlock once; if it goes on elsewhere, wait for it."
        )


def cost_text(cost: Cost, jobs: int) -> str:
    """The cost of some jobs in a few words; what is unknown is said."""
    if cost.unknown == jobs:
        return "(cost unknown: no earlier job of this kind)"
    gpu = f", GPU {hours(cost.gpu)}" if cost.gpu else ""
    unknown = f", and {cost.unknown} unknown" if cost.unknown else ""
    return f"(CPU {hours(cost.cpu)}{gpu}{unknown})"


def show_cost(cost: Cost, cores: int | None) -> None:
    """Print the cost of everything that would run."""
    jobs = f"; unknown of {cost.unknown}, since no job of the kind has run" if cost.unknown else ""
    gpu = f", GPU time {hours(cost.gpu)}" if cost.gpu else ""
    console.print(escape(f"By what earlier jobs cost: CPU time {hours(cost.cpu)}{gpu}{jobs}."))
    if cores is not None:
        least = hours(cost.at_least(cores))
        console.print(f"With {cores} cores at least {least}: every core busy, or the longest job alone.")


def hours(seconds: float) -> str:
    """Seconds as a person says them.

    >>> [hours(seconds) for seconds in (3, 150, 7200, 400000)]
    ['3 s', '2 min', '2.0 h', '111 h']
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 36000 else f"{seconds / 3600:.0f} h"
