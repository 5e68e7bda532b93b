"""`gliomanet import`: a collection, a folder or a table as a centre's case table."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from gliomanet.cli.console import console
from gliomanet.cohort.findings import findings_table
from gliomanet.cohort.import_table import IMPORTABLE, import_cases, mask_codes_summary
from gliomanet.errors import CohortError, Problem, StudyError
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary
from gliomanet.tables.cohort import CASES, FINDINGS
from gliomanet.tables.io import write_table

if TYPE_CHECKING:
    import pandas as pd
from gliomanet.cli.validate import show_findings

Format = StrEnum("Format", {name: name for name in IMPORTABLE})  # type: ignore[misc]


def import_(
    kind: Annotated[Format, typer.Argument(help="The collection whose layout and columns it has.")],
    folder: Annotated[Path, typer.Argument(help="The downloaded folder; for `table` the table.", exists=True)],
    center: Annotated[str, typer.Option(help="Name of the centre in the table.")],
    out: Annotated[Path, typer.Option(help="The case table to write; its findings go beside it.")],
    clinical: Annotated[Path | None, typer.Option(help="Table of labels, where it is not in the folder.")] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="BraTS: table that names the patient and the collection of each case.")
    ] = None,
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
    write_table(cases, out, CASES)
    write_table(findings_table(findings), beside, FINDINGS)
    show_findings(findings)
    console.print(escape(f"{out}: {labels_summary(cases, {**VOCABULARY, **labels})}"))
    if codes := mask_codes_summary(cases):
        console.print(escape(codes))
    console.print(
        escape(f"{beside}: {len(findings)} findings. Next: name the table in a study and `gliomanet validate` it.")
    )


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
            action = "write --label mgmt=unmethylated,methylated"
            problems.append(Problem("no name and values", action, key=f"--label {option}", rule="no_name_and_values"))
        elif name in labels:
            problems.append(Problem(f"{name} is given twice", "keep one", key=f"--label {option}", rule="label_twice"))
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
