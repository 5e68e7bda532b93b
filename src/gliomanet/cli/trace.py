"""`gliomanet trace`: from a number or a case of a finished study back to what it was made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from gliomanet.cli.console import console
from gliomanet.errors import CohortError, ModelError, StudyError

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.provenance.trace.find import Found
    from gliomanet.provenance.trace.step import Step, Trace

MOST_CANDIDATES = 20


def trace(
    results: Annotated[
        Path, typer.Argument(help="A results folder, a study's YAML file, or a table of it.", show_default=False)
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(help="A case; or words of a row in any order, such as: mcc idh external EAST net"),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    rows: Annotated[int, typer.Option(min=1, help="Rows of a table that are shown.")] = 12,
) -> None:
    """Trace a number back to predictions, models, cases, files, code and logs; or show all that is known of a case."""
    from gliomanet.provenance.finished import FinishedStudy
    from gliomanet.provenance.trace.step import Trace
    from gliomanet.provenance.trace.trace import trace as traced

    try:
        study = FinishedStudy.find(results)
        file = results if results.suffix in (".tsv", ".gz") else None
        found = traced(study, words or [], file)
    except (CohortError, StudyError, ModelError) as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from None
    if not isinstance(found, Trace):
        show_candidates(found, json_)
        raise typer.Exit(2)
    if json_:
        typer.echo(json.dumps(found.values(), indent=1, ensure_ascii=False, default=str))
    else:
        show(found, rows)
    if any(step.differs for step in found.steps):
        raise typer.Exit(3)


def show_candidates(found: list[Found], as_json: bool) -> None:
    """Print the rows that the words fit, with the id that names each."""
    if as_json:
        values = [{"id": one.id, "table": one.table, **one.key} for one in found]
        typer.echo(json.dumps({"candidates": values}, indent=1, ensure_ascii=False))
        return
    console.print(f"{len(found)} rows of {found[0].table} have these words; add a word, or give an id instead of all")
    for one in found[:MOST_CANDIDATES]:
        console.print(f"  [bold]{one.id}[/bold]  {escape(one.words)}")
    if len(found) > MOST_CANDIDATES:
        console.print(f"  … and {len(found) - MOST_CANDIDATES} more")


def show(found: Trace, rows: int) -> None:
    """Print the steps, each under its files."""
    for note in found.notes:
        console.print(f"[yellow]{escape(note)}[/yellow]")
    for number, step in enumerate(found.steps, 1):
        console.print(f"[bold]{number}. {escape(step.title)}[/bold]")
        _show_step(step, rows)


def _show_step(step: Step, rows: int) -> None:
    for file in step.files[:rows]:
        console.print(f"   [dim]{escape(str(file))}[/dim]")
    if len(step.files) > rows:
        console.print(f"   [dim]… and {len(step.files) - rows} more files[/dim]")
    for name, value in step.facts.items():
        style = "red" if value.startswith("DIFFERS") else "default"
        console.print(f"   {escape(name)}: [{style}]{escape(value)}[/{style}]")
    if step.table is not None and len(step.table):
        console.print(rich_table(step.table.head(rows)), soft_wrap=False)
        if len(step.table) > rows:
            console.print(f"   … and {len(step.table) - rows} more rows; --rows shows more")


def rich_table(rows: pd.DataFrame) -> Table:
    """A table whose columns fold where the terminal is narrow; columns that are empty are left out."""
    from gliomanet.provenance.trace.step import cell

    cells = {str(name): [cell(value) for value in rows[name]] for name in rows}
    shown = {name: column for name, column in cells.items() if any(column)}
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("")
    for name in shown:
        table.add_column(name, overflow="fold")
    for row in zip(*shown.values(), strict=True):
        table.add_row("  ", *map(escape, row))
    return table
