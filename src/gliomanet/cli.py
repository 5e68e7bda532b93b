"""The `gliomanet` command."""

from __future__ import annotations

import os
import textwrap
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.markup import escape

from gliomanet.cohort.check import audit_study
from gliomanet.cohort.errors import CohortError
from gliomanet.cohort.importers import FORMATS
from gliomanet.findings import SEVERITIES, Finding, findings_of, findings_table
from gliomanet.imaging.errors import CaseError
from gliomanet.importing import import_cases
from gliomanet.labels import VOCABULARY, Vocabulary
from gliomanet.phantom.ids import case_ids
from gliomanet.programs import missing_programs
from gliomanet.study import Study, load_study
from gliomanet.study_errors import StudyError
from gliomanet.study_reference import write_reference
from gliomanet.tables import write_table

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Glioma grade, IDH and 1p/19q from MRI.")
console = Console(highlight=False, soft_wrap=True)

Format = StrEnum("Format", {name: name for name in (*FORMATS, "table", "dicom")})  # type: ignore[misc]
StudyFile = Annotated[Path, typer.Argument(help="A study's configuration.", exists=True, dir_okay=False)]
MOST_SHOWN = 12
"""More findings of one rule are counted only: a person mends the first, and the others are in the table."""
LONGEST = 600
"""Characters of a finding that are shown: one may name hundreds of cases."""
COLORS = {"fatal": "red", "error": "red", "warning": "yellow", "note": "dim"}


@app.command()
def validate(
    study: StudyFile = Path("config.yaml"),
    images: Annotated[
        bool, typer.Option(help="Read every image, too: defects of files, and the same head twice.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write every finding, notes too, to this TSV file.")] = None,
) -> None:
    """Check a study before any job: its keys, its tables, their files, labels and patients."""
    try:
        checked = load_study(read_study_file(study))
        sources = {name: center.source for name, center in checked.centers.items()}
        known = {name: case_ids(name, s) for name, s in sources.items() if s.kind == "phantom"}
        findings = [*missing_programs(checked), *audit_study(checked, known)]
        if images:
            from gliomanet.auditing import audit_images  # ANTs and SciPy: only where images are read

            findings = [*findings, *audit_images(checked, known, processes=os.cpu_count() or 1)]
    except (StudyError, CohortError) as error:
        console.print(f"[red]{escape(str(study))}[/red]: {escape(str(error))}")
        raise typer.Exit(1) from None
    if out is not None:
        write_table(findings_table(findings), out)
    show_findings(findings)
    if grave := sum(finding.severity in ("fatal", "error") for finding in findings):
        console.print(f"[red]{escape(str(study))}[/red]: {grave} to mend before the study can be trusted")
        raise typer.Exit(1)
    console.print(escape(summary(checked)))


@app.command("import")
def import_(
    kind: Annotated[Format, typer.Argument(help="Whose layout and columns these are.")],
    folder: Annotated[Path, typer.Argument(help="The downloaded folder; for `table` the table.", exists=True)],
    center: Annotated[str, typer.Option(help="Name of the centre in the table.")],
    out: Annotated[Path, typer.Option(help="The case table to write; what was found goes beside it.")],
    clinical: Annotated[Path | None, typer.Option(help="Table of labels, where it is not in the folder.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="BraTS: which patient of which collection a case is.")] = None,
    derive_1p19q: Annotated[
        bool, typer.Option("--derive-1p19q", help="Unknown 1p/19q is intact where IDH is wildtype (WHO 2021).")
    ] = False,
    label: Annotated[
        list[str] | None,
        typer.Option(help="A further label and its values, as mgmt=unmethylated,methylated; may be repeated."),
    ] = None,
) -> None:
    """Read a collection, a BIDS folder, a hospital's table or DICOM files into a centre's case table."""
    try:
        labels = labels_of(label or [])
        cases, findings = import_cases(kind.value, folder, center, out, clinical, mapping, derive_1p19q, labels)
    except (CohortError, StudyError, RuntimeError) as error:
        console.print(f"[red]{escape(str(folder))}[/red]: {escape(str(error))}")
        raise typer.Exit(1) from None
    beside = out.with_name(f"{out.stem}.findings.tsv")
    write_table(cases, out)
    write_table(findings_table(findings), beside)
    show_findings(findings)
    console.print(escape(f"{out}: {labels_summary(cases, {**VOCABULARY, **labels})}"))
    console.print(
        escape(f"{beside}: {len(findings)} findings. Next: name the table in a study and `gliomanet validate` it.")
    )


@app.command()
def carry(
    mask: Annotated[Path, typer.Argument(help="Mask on the atlas grid of the case.", exists=True, dir_okay=False)],
    case: Annotated[Path, typer.Option(help="The preprocessed folder: results/preprocessed/<centre>/<case>.")],
    out: Annotated[Path, typer.Option(help="The mask on the scanner's grid (.nii.gz).")],
    contrast: Annotated[str, typer.Option(help="Contrast whose scanner grid it is carried to.")] = "t1c",
) -> None:
    """Carry a mask from the atlas grid back to the scanner's own grid."""
    from gliomanet.imaging.carry import carry_back
    from gliomanet.imaging.output import write_nifti

    try:
        write_nifti(carry_back(mask, case, contrast), out)
    except CaseError as error:
        console.print(f"[red]{escape(str(mask))}[/red]: {escape(str(error))}")
        raise typer.Exit(1) from None
    console.print(escape(f"{out}: on the grid of {contrast} as scanned"))


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


def show_findings(findings: list[Finding] | tuple[Finding, ...]) -> None:
    """Every finding that wants a person, rule by rule, and how many notes there are beside."""
    grave = findings_of(findings_table(finding for finding in findings if finding.severity != "note"))
    for (severity, rule), group in groupby(grave, key=lambda finding: (finding.severity, finding.rule)):
        ones = list(group)
        color = COLORS[severity]
        console.print(f"[{color}]{severity}[/{color}] [bold]{rule.replace('_', ' ')}[/bold] ({len(ones)})")
        for place, one in enumerate(ones[:MOST_SHOWN]):
            where = " ".join(filter(None, (one.center, one.case_id, one.file)))
            found = textwrap.shorten(one.found, LONGEST, placeholder=" …")
            console.print(escape(f"  {where}: {found}" if where else f"  {found}"))
            last = place + 1 == min(len(ones), MOST_SHOWN)
            if one.action and (last or ones[place + 1].action != one.action):  # once for all that it is said of
                console.print(f"    [dim]{escape(one.action)}[/dim]")
        if len(ones) > MOST_SHOWN:
            console.print(f"  … and {len(ones) - MOST_SHOWN} more; --out FILE writes them all")
    counts = {name: sum(finding.severity == name for finding in findings) for name in SEVERITIES}
    told = [f"{count} {name}{'s' * (count > 1 and name != 'fatal')}" for name, count in counts.items() if count]
    console.print(f"Findings: {', '.join(told) or 'none'}")


def labels_of(options: list[str]) -> dict[str, tuple[str, ...]]:
    """Further labels of the command line: `mgmt=unmethylated,methylated` → name and values.

    Raises:
        StudyError: an option without a name or values, a name twice.
    """
    labels: dict[str, tuple[str, ...]] = {}
    problems = []
    for option in options:
        name, sign, values = option.partition("=")
        if not (name and sign and values):
            problems.append(f"--label {option}: no name and values; write --label mgmt=unmethylated,methylated")
        elif name in labels:
            problems.append(f"--label {option}: {name} is given twice; keep one")
        labels[name] = tuple(value.strip() for value in values.split(","))
    if problems:
        raise StudyError(problems, where="what is to be imported")
    return labels


def labels_summary(cases: pd.DataFrame, vocabulary: Vocabulary = VOCABULARY) -> str:
    """Scans, patients, and how many labels of each value are known."""
    known = {label: cases.loc[cases[label] != "", label].value_counts() for label in vocabulary}
    labels = "; ".join(
        f"{label} "
        + (", ".join(f"{value} {counts[value]}" for value in vocabulary[label] if value in counts) or "unknown")
        for label, counts in known.items()
    )
    return f"{len(cases)} scans of {cases['patient_id'].nunique()} patients; {labels}"
