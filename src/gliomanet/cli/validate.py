"""`gliomanet validate`: everything wrong with a study before any job."""

from __future__ import annotations

import os
import textwrap
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from gliomanet.audit.features import audit_feature_sources
from gliomanet.audit.tables import audit_study
from gliomanet.cli.console import console, progress_console
from gliomanet.cohort.findings import SEVERITIES, Finding, findings_of, findings_table
from gliomanet.cohort.folds import scenarios_of
from gliomanet.config.load import load_study, read_study_file
from gliomanet.config.study import Study
from gliomanet.errors import LONGEST, MOST_SHOWN, CohortError, Problem, StudyError
from gliomanet.pipeline.environment import missing_programs
from gliomanet.tables.cohort import FINDINGS
from gliomanet.tables.io import write_table

StudyFile = Annotated[Path, typer.Argument(help="A study's configuration.", exists=True, dir_okay=False)]


COLORS = {"fatal": "red", "error": "red", "warning": "yellow", "note": "dim"}


def validate(
    study: StudyFile = Path("config.yaml"),
    images: Annotated[
        bool, typer.Option(help="Read every image, too: defects of files, and the same head twice.")
    ] = False,
    cores: Annotated[int | None, typer.Option(min=1, help="Images read at once, one case each; default: all.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write every finding, notes too, to this TSV file.")] = None,
) -> None:
    """Check a study before any job: its keys, its tables, their files, labels and patients."""
    try:
        checked = load_study(read_study_file(study))
        findings = audit_study(checked)
        unread = any(finding.rule == "table_unreadable" for finding in findings)
        if checked.is_tabular and not unread:
            findings = [*findings, *audit_feature_sources(checked)]
        if images and unread:
            console.print("Images are not read before the tables are mended")
        elif images:
            findings = _with_images(checked, findings, cores or len(os.sched_getaffinity(0)))
        findings = [*missing_programs(checked), *findings]
    except (StudyError, CohortError) as error:
        if out is not None:
            write_table(findings_table(map(_finding_on_the_study, error.problems)), out, FINDINGS)
        console.print(f"[red]{escape(str(study))}[/red]: {escape(str(error))}")
        raise typer.Exit(1) from None
    if out is not None:
        write_table(findings_table(findings), out, FINDINGS)
    show_findings(findings)
    if grave := sum(finding.severity in ("fatal", "error") for finding in findings):
        console.print(f"[red]{escape(str(study))}[/red]: {grave} to mend before the study can be trusted")
        raise typer.Exit(1)
    console.print(escape(summary(checked)))


def _with_images(study: Study, findings: list[Finding], cores: int) -> list[Finding]:
    """The findings on a study's tables and images; the volumes of masks are compared with reference tables, too."""
    os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"  # each core has a case of its own
    from gliomanet.audit.study import audit_images  # ANTs and SciPy: only where images are read

    bar = Progress(*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn(), console=progress_console)
    with bar:
        task = bar.add_task("Reading images")
        found, volumes = audit_images(study, cores, lambda done, every: bar.update(task, completed=done, total=every))
    if any(center.reference_table for center in study.centers.values()):
        findings = audit_study(study, volumes)
    return [*findings, *found]


def _finding_on_the_study(problem: Problem) -> Finding:
    """A problem that ends the check as a finding; findings have no place for a key of the study."""
    found = f"{problem.key}: {problem.found}" if problem.key else problem.found
    return Finding.of(problem.at(found=found), "fatal")


def summary(study: Study) -> str:
    """Summarise a valid study in a few lines."""
    centers = [f"{len(study.centers_of(role))} {role}" for role in ("train", "external", "unlabelled")]
    return (
        f"{study.title}: valid. Centres: {', '.join(centers)}. Models: {', '.join(study.models)}. "
        f"Scenarios: {', '.join(scenario.name for scenario in scenarios_of(study))} × {study.split.folds} folds."
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
