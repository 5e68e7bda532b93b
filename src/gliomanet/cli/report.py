"""`gliomanet report`: the case report of a result, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gliomanet.cli.console import console
from gliomanet.errors import ProblemError


def report(
    result: Annotated[Path, typer.Argument(help="Folder that `gliomanet predict` wrote.", show_default=False)],
    language: Annotated[str, typer.Option(help="en or zh (Simplified Chinese).")] = "en",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; default: the result's.", show_default=False)
    ] = None,
) -> None:
    """Write the case report of a result: HTML, PDF, and its facts as JSON; research use only."""
    from gliomanet.case_report.fact import LANGUAGES
    from gliomanet.case_report.make import make_report

    known = next((one for one in LANGUAGES if one == language), None)
    if known is None:
        raise typer.BadParameter("en or zh", param_hint="--language")
    try:
        made = make_report(result, known, out=out, report=lambda line: console.print(escape(line)))
    except (ProblemError, OSError) as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from error
    for path in made.files:
        console.print(escape(str(path)))
