"""`gliomanet track`: finished studies into one store of MLflow, to compare them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gliomanet.cli.console import console
from gliomanet.config.tracking import DATABASE, without_password
from gliomanet.errors import CohortError, ProblemError, StudyStopError
from gliomanet.tracking.compare_page import server_command
from gliomanet.tracking.import_study import import_study
from gliomanet.tracking.tracked_study import TrackedStudy


def track(
    results: Annotated[
        list[Path], typer.Argument(help="Results folders of finished studies.", exists=True, file_okay=False)
    ],
    to: Annotated[str, typer.Option(help="The store: http(s)://<server> or sqlite:///<path>.")],
    experiment: Annotated[str, typer.Option(help="MLflow's experiment that compares them.")] = "gliomanet",
) -> None:
    """Bring finished studies into one MLflow, whatever store each has of its own; twice adds nothing."""
    links: dict[str, str] = {}
    try:
        for study in [TrackedStudy.read(folder) for folder in results]:
            imported = import_study(study, uri=to, experiment=experiment)
            console.print(escape(f"{study.results} ({study.title}): {imported.summary()}"))
            links |= imported.links
    except (ProblemError, CohortError, StudyStopError, OSError) as error:
        console.print(f"[red]{escape(without_password(to))}[/red]: {escape(without_password(to, str(error)))}")
        raise typer.Exit(1) from None
    for task, link in links.items():
        console.print(escape(f"Best for {task}: {link}"))
    if to.startswith(DATABASE):
        console.print(escape(f"Start MLflow first: {server_command(to)}"))
