"""`gliomanet bundle`: a finished study's model as one folder for others, and the check of such a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gliomanet.cli.console import console, progress_console
from gliomanet.errors import CohortError, ModelError, ProblemError, StudyError

CHECK = Path("check")


def bundle(
    study: Annotated[Path, typer.Argument(help="A results folder, or a study's YAML file; or the word `check`.")],
    model: Annotated[str, typer.Argument(help="The study's model that is to answer; after `check`, a bundle.")],
    out: Annotated[Path | None, typer.Option(help="Folder to make.", show_default=False)] = None,
    scenario: Annotated[
        str | None, typer.Option(help="The study's scenario, where it has several.", show_default=False)
    ] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="Another model of the study that answers beside it; may be repeated. Default: the reference.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make a finished study's model a bundle that predicts further patients; `bundle check B` checks one."""
    from gliomanet.files.storage import StorageError

    try:
        if study == CHECK and out is None:
            _check(Path(model))
        else:
            _write(study, model, out, scenario, tuple(beside) if beside else None)
    except (CohortError, StudyError, ModelError, ProblemError, StorageError) as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from None


def _write(study: Path, model: str, out: Path | None, scenario: str | None, partners: tuple[str, ...] | None) -> None:
    from gliomanet.release.write import write_bundle

    if out is None:
        raise typer.BadParameter("name the folder to make", param_hint="--out")

    def report(line: str) -> None:
        progress_console.print(escape(line))

    made = write_bundle(study, model, out, scenario=scenario, partners=partners, report=report)
    if made.description.simulated:
        console.print("[yellow]It learnt from simulated patients: its numbers mean nothing for patients.[/yellow]")
    console.print(escape(f"{out}: {model}, {len(made.description.files)} files, SHA-256 {made.digest}"))


def _check(folder: Path) -> None:
    from gliomanet.release.check import check_bundle

    done = check_bundle(folder)
    alike = f"differ by {done.largest_difference:.1g} at most" if done.largest_difference else "are equal"
    files = len(done.bundle.description.files)
    console.print(escape(f"{folder}: whole; {files} files have their digests, and the example's numbers {alike}"))
    console.print(escape(f"SHA-256 {done.bundle.digest}"))
