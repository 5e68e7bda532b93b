"""`gliomanet diff`: what changed from one finished study to another, and how its metrics moved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from gliomanet.cli.console import console
from gliomanet.errors import CohortError, ModelError, StudyError

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.provenance.diff.difference import Difference

SHOWN = ("mcc", "auc", "dice")
MOST_LINES = 14
MOST_METRICS = 16
Study = Annotated[Path, typer.Argument(help="A results folder, or a study's YAML file.", show_default=False)]


def diff(
    a: Study,
    b: Study,
    json_: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for everything as tables: changes.tsv and metrics.tsv.", file_okay=False)
    ] = None,
) -> None:
    """Compare two finished studies: configuration, cohort, models, and metrics, paired where the cases are the same."""
    from gliomanet.provenance.diff.difference import Difference

    try:
        difference = Difference.find(a, b)
        written = [] if out is None else difference.write(out)
    except (CohortError, StudyError, ModelError) as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from None
    if json_:
        typer.echo(json.dumps(difference.values(), indent=1, ensure_ascii=False))
        return
    show(difference)
    for file in written:
        console.print(escape(f"{file}: written"))


def show(difference: Difference) -> None:
    """Print what differs, the most important first."""
    from gliomanet.provenance.diff.summary import cohort_lines, configuration_lines, model_lines

    for note in difference.notes:
        console.print(f"[yellow]{escape(note)}[/yellow]")
    if difference.is_empty:
        console.print(f"Nothing differs: {len(difference.metrics)} metrics, {len(difference.a.cases)} cases")
        return
    for name, study in (("A", difference.a), ("B", difference.b)):
        told = f"{study.layout.results}: {study.record.study['title']}, {len(study.cases)} cases"
        console.print(f"[bold]{name}[/bold] {escape(told)}")
    _section("Configuration", configuration_lines(difference.changes))
    _section("Cohort", cohort_lines(difference.changes))
    _section("Models", model_lines(difference.changes))
    _show_metrics(difference)


def _section(title: str, lines: Iterator[str]) -> None:
    found = list(lines)
    if not found:
        console.print(f"[bold]{title}[/bold]: the same")
        return
    console.print(f"[bold]{title}[/bold]")
    for line in found[:MOST_LINES]:
        console.print(escape(f"  {line}"))
    if len(found) > MOST_LINES:
        console.print(f"  … and {len(found) - MOST_LINES} more; --out FOLDER writes all")


def _show_metrics(difference: Difference) -> None:
    """The metrics that moved: external centres first, then by how far in widths of their intervals."""
    from gliomanet.provenance.diff.metrics import movement
    from gliomanet.reporting.study.sections.metrics import without_pools_of_one

    moved, every = difference.moved, difference.metrics
    if moved.empty:
        console.print(f"[bold]Metrics[/bold]: the same in all {len(every)} rows")
        return
    only = moved["pairing"].str.startswith("only in")
    shared = moved[~only]
    counts = [f"{len(shared)} of {int((~every['pairing'].str.startswith('only in')).sum())} shared rows moved"]
    counts += [f"{n} {pairing}" for pairing, n in moved.loc[only, "pairing"].value_counts().items()]
    console.print(f"[bold]Metrics[/bold]: {', '.join(counts)}")
    shown = without_pools_of_one(every).index
    main = shared[shared["metric"].isin(SHOWN) & (shared["subset"] == "all") & shared.index.isin(shown)]
    main = main.assign(moved=movement(main), inside=main["role"] != "external")
    main = main.sort_values(["inside", "moved"], ascending=[True, False], kind="stable")
    if len(main):
        console.print(metrics_table(main.head(MOST_METRICS)), soft_wrap=False)
        for (center, pairing), _ in main.head(MOST_METRICS).groupby(["center", "pairing"], sort=False):
            if ":" in str(pairing):
                console.print(escape(f"  {center}: {pairing}"))
    if len(moved) > min(len(main), MOST_METRICS):
        console.print("  MCC and AUC of all patients, the most moved first; --out FOLDER writes every row")


def metrics_table(rows: pd.DataFrame) -> Table:
    """Both values with their intervals, and the difference with the paired one or why there is none."""
    from gliomanet.evaluation.metrics.registry import metric_label
    from gliomanet.reporting.format import center_name, estimate, interval, number, stage_name, task_name

    several = {key: len(set(rows[key])) > 1 for key in ("stage", "scenario")}
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    names = ["Cases", "Task", "Metric", "Model", *(key.capitalize() for key in several if several[key])]
    for name in names:
        table.add_column(name, overflow="fold")
    for name in ("A", "B", "B \N{MINUS SIGN} A"):
        table.add_column(name, justify="left")
    for row in rows.to_dict("records"):
        cells = [f"{center_name(row['center'])}, {row['role']}", task_name(row["task"])]
        cells += [metric_label(row["metric"]), row["model"]]
        cells += [stage_name(row[key]) if key == "stage" else row[key] for key in several if several[key]]
        values = [estimate(*(row[f"{name}_{side}"] for name in ("value", "ci_low", "ci_high"))) for side in "ab"]
        moved = "" if row["difference"] != row["difference"] else number(row["difference"])
        paired = row["pairing"] == "paired"
        why = interval(row["ci_low"], row["ci_high"]) if paired else row["pairing"].partition(":")[0]
        table.add_row(*map(escape, [*cells, *values, f"{moved} {why}".strip()]))
    return table
