"""`gliomanet evaluate`: anybody's predictions, scored as a study's are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from gliomanet.cli.console import console
from gliomanet.cli.validate import show_findings
from gliomanet.errors import CohortError, Problem, StudyError

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.scoring.evaluate_tables import EvaluatedTables


def evaluate(
    predictions: Annotated[Path, typer.Argument(help="Table of predictions: CSV, TSV or Excel.", exists=True)],
    labels: Annotated[Path, typer.Argument(help="Table of true labels, a row per case; may be the same.", exists=True)],
    out: Annotated[Path, typer.Option(help="Folder for the tables and the page.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="Our name and the table's column, as case_id=Patient, idh=IDH_status (label), idh:mutant=P_mut "
            "(probability), idh:predicted=Call; `labels.` or `predictions.` before it: of one table; repeatable.",
        ),
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option(
            help="A task and its classes, the positive one last, as grade=2,3,4 or grade=2+3,4; may be repeated. "
            "Default: IDH, 1p/19q and grade 4 against 2 and 3."
        ),
    ] = None,
    value: Annotated[
        list[str] | None, typer.Option(help="A word of your own in cells, as idh:R132H=mutant; may be repeated.")
    ] = None,
    unknown: Annotated[
        list[str] | None, typer.Option(help="A word or number that means unknown, beside empty cells; may be repeated.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Name of the model, where no column says it.")] = None,
    center_pattern: Annotated[
        str | None, typer.Option(help=r"Centre from the case's id: the pattern's group, as TCGA-(\w+)-.")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="Model of the table that the others have to beat.")] = None,
    resamples: Annotated[int, typer.Option(min=100, help="Draws of the intervals.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 1,
    title: Annotated[str, typer.Option(help="Of the page.")] = "Predictions beside the truth",
) -> None:
    """Score a table of predictions by a table of labels: metrics with intervals, comparisons, guards, and a page."""
    from gliomanet.config.analysis import Evaluation  # pandas and SciPy: only where predictions are scored
    from gliomanet.scoring.column_map import LONG, ROW, SHARED, ColumnMap
    from gliomanet.scoring.evaluate_tables import evaluate_tables, write_evaluated
    from gliomanet.scoring.join import Defaults
    from gliomanet.scoring.label_rows import center_by
    from gliomanet.scoring.options import Words, tasks_of
    from gliomanet.scoring.prediction_rows import wide_names

    try:
        tasks, vocabulary = tasks_of(task or [])
        named = ColumnMap.of(column or [], [*SHARED, *ROW, *LONG, *vocabulary, *wide_names(tasks)])
        center_of = center_by(checked_pattern(center_pattern)) if center_pattern is not None else None
        defaults = Defaults(model or predictions.stem, labels.stem, center_of)
        settings = Evaluation(resamples=resamples, reference=reference)
        results = evaluate_tables(
            predictions,
            labels,
            columns=named,
            tasks=tasks,
            words=Words.of(value or [], unknown or [], vocabulary),
            defaults=defaults,
            settings=settings,
            seed=seed,
        )
        page = write_evaluated(results, out, title, settings)
    except (CohortError, StudyError) as error:
        console.print(f"[red]Nothing of {escape(str(predictions))} was scored[/red]: {escape(str(error))}")
        raise typer.Exit(1) from None
    show_findings(list(results.findings))
    for line in summary(results):
        console.print(escape(line))
    console.print(escape(f"{page}: the page; tables in {page.parents[1] / 'evaluation'}"))


def checked_pattern(pattern: str) -> str:
    """The pattern of a centre in an id.

    Raises:
        StudyError: no regular expression, or one without a group.
    """
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        groups, pattern = 0, f"{pattern} ({error})"
    if not groups:
        action = r"write the part that names the centre in brackets, as TCGA-(\w+)-"
        problem = Problem("no pattern with a group", action, key=f"--center-pattern {pattern}", rule="no_pattern")
        raise StudyError([problem], where="the command's options")
    return pattern


def summary(results: EvaluatedTables) -> list[str]:
    """MCC and AUC of each model and task over all cases."""
    table = results.evaluated.metrics
    whole = table[(table["center"] == "pooled") & (table["subset"] == "all") & table["metric"].isin(["mcc", "auc"])]
    names = ["model", "stage", "scenario", "role", "task"]
    several = [name for name in names if name in ("model", "task") or len(set(whole[name])) > 1]
    return [
        f"{', '.join(str(dict(zip(names, key, strict=True))[name]) for name in several)}: {_figures(rows)}"
        for key, rows in whole.groupby(names, sort=False)
    ]


def _figures(rows: pd.DataFrame) -> str:
    return (
        ", ".join(
            f"{row['metric'].upper()} {row['value']:.4f} [{row['ci_low']:.3f}, {row['ci_high']:.3f}]"
            if row["value"] == row["value"]
            else f"{row['metric'].upper()} {row['note']}"
            for row in rows.to_dict("records")
        )
        + f", n {int(rows['n'].iloc[0])}"
    )
