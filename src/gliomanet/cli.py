"""The `gliomanet` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.markup import escape

from gliomanet.cohort.check import check_study
from gliomanet.cohort.errors import CohortError
from gliomanet.phantom.ids import case_ids
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
        checked = load_study(read_study_file(study))
        sources = {name: center.source for name, center in checked.centers.items()}
        check_study(checked, {name: case_ids(name, s) for name, s in sources.items() if s.kind == "phantom"})
    except (StudyError, CohortError) as error:
        console.print(f"[red]{escape(str(study))}[/red]: {escape(str(error))}")
        raise typer.Exit(1) from None
    console.print(escape(summary(checked)))


@app.command(hidden=True)
def reference(root: Path = Path()) -> None:
    """Renew what is generated from the configuration's models: schema, defaults, key table."""
    write_reference(root)


def read_study_file(path: Path) -> dict[str, Any]:
    """The keys and values of a study's YAML file; an empty file has none.

    Raises:
        StudyError: text that is no YAML or not UTF-8, or whose outermost level is no mapping, with its line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise StudyError([f"{path}, line {line}: not UTF-8 text; save it as UTF-8"]) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise StudyError([f"{path}, line {line}: a character that YAML does not allow; remove it"]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise StudyError(
            [f"{where}: no YAML: {error.problem or error.context}; mend this line or the one above"]
        ) from None
    if root is not None and not isinstance(root, yaml.MappingNode):
        where = f"{path}, line {root.start_mark.line + 1}"
        found = "a list" if isinstance(root, yaml.SequenceNode) else f"only {root.value!r}"
        raise StudyError([f"{where}: found {found}, where a study is a mapping of keys to values (`centers: …`)"])
    return values or {}


def summary(study: Study) -> str:
    """What a valid study will do, in a few lines."""
    centers = [f"{len(study.centers_of(role))} {role}" for role in ("train", "external", "unlabelled")]
    return (
        f"{study.title}: valid. Centres: {', '.join(centers)}. Models: {', '.join(study.models)}. "
        f"Transfers: {', '.join(t.name for t in study.transfers)} × {study.split.folds} folds."
    )
