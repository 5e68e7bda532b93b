"""The `gliomanet` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console

from gliomanet.cohort.check import check_study
from gliomanet.cohort.errors import CohortError
from gliomanet.study import Study, load_study
from gliomanet.study_errors import StudyError
from gliomanet.study_reference import write_reference

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Glioma grade, IDH and 1p/19q from MRI.")
console = Console(highlight=False, soft_wrap=True)

StudyFile = Annotated[Path, typer.Argument(help="A study's configuration.", exists=True, dir_okay=False)]


@app.command()
def validate(study: StudyFile = Path("config.yaml")) -> None:
    """Check a study before any job: its keys, its tables, their files, labels and patients."""
    try:
        checked = load_study(yaml.safe_load(study.read_text(encoding="utf-8")) or {})
        check_study(checked)
    except (StudyError, CohortError) as error:
        console.print(f"[red]{study}[/red]: {error}", markup=True)
        raise typer.Exit(1) from None
    console.print(summary(checked))


@app.command(hidden=True)
def reference(root: Path = Path()) -> None:
    """Renew what is generated from the configuration's models: schema, defaults, key table."""
    write_reference(root)


def summary(study: Study) -> str:
    """What a valid study will do, in a few lines."""
    centers = [f"{len(study.centers_of(role))} {role}" for role in ("train", "external", "unlabelled")]
    return (
        f"{study.title}: valid. Centres: {', '.join(centers)}. Models: {', '.join(study.models)}. "
        f"Transfers: {', '.join(t.name for t in study.transfers)} × {study.split.folds} folds."
    )
