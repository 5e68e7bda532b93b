"""A centre's cases, whatever its source: the one way from a study's keys to a case table.

Importing this module, and asking for case ids, needs no pandas: the workflow reads ids each time it is parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gliomanet.cohort.remarks import heard_remarks
from gliomanet.cohort.sources.registry import source_of
from gliomanet.cohort.sources.source import CenterRequest, Source
from gliomanet.errors import CohortError, Problem
from gliomanet.mask_conventions import cell_of, convention_of

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.cohort.findings import Finding
    from gliomanet.config.centers import Center
    from gliomanet.config.study import Study
    from gliomanet.labels.vocabulary import Vocabulary


def read_center(name: str, study: Study) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The case table of a centre of a study, see `read_cases`; images that jobs make are not in it.

    Raises:
        CohortError: every problem of the centre's files at once.
        ValueError: a phantom centre: its table is made by a job.
    """
    return read_cases(request_of(name, study))


def case_ids(name: str, study: Study) -> list[str]:
    """The sorted ids of a centre's cases with images: those of the scans that the study uses.

    Raises:
        CohortError: the source cannot be read.
    """
    return center_source(name, study).case_ids()


def center_source(name: str, study: Study) -> Source[Any]:
    """The source of a centre of a study."""
    return source_of(request_of(name, study))


def request_of(name: str, study: Study) -> CenterRequest[Any]:
    """A centre of a study, for its source."""
    return center_request(name, study.centers[name], study.data_root, study.vocabulary, study.seed)


def center_request(
    name: str, center: Center, data_root: str, vocabulary: Vocabulary, label_seed: int | None = None
) -> CenterRequest[Any]:
    """A centre for its source, where there is no study around it.

    Args:
        name: the centre's name.
        center: its keys.
        data_root: stands for `{data_root}` in its paths.
        vocabulary: labels and their values.
        label_seed: seed of a phantom's further labels.
    """
    return CenterRequest(
        name=name,
        role=center.role,
        settings=center.source,
        data_root=data_root,
        scans=center.scans,
        derive_1p19q=center.derive_1p19q,
        vocabulary=vocabulary,
        label_seed=label_seed,
        mask_codes=declared_mask_codes(center),
    )


def declared_mask_codes(center: Center) -> str:
    """The convention of all tumour masks of a centre, as a cell of the column `mask_codes`; "" where rows say it."""
    return cell_of(center.mask_codes) or center.source.mask_codes


def read_cases(center: CenterRequest[Any], made: Sequence[Path] = ()) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The case table of a centre, and what was found while reading it.

    Scans that `center.scans` does not name are left out, with a note that lists them; where `derive_1p19q` is on,
    unknown 1p/19q of IDH-wildtype cases is intact, with the source `derived`. A convention of mask codes
    that is declared for the whole centre stands in the column `mask_codes`, with a warning where rows say otherwise.

    Args:
        center: the centre.
        made: folders that jobs left, see `Source.read`.

    Returns:
        One row per case, sorted by `case_id`, in the columns of `gliomanet.cohort.table`; findings with their centre.

    Raises:
        CohortError: every problem of the centre's files at once.
    """
    from gliomanet.cohort.table import derive_1p19q

    with heard_remarks() as remarks:
        cases, findings = source_of(center).read(made)
    findings = (*findings, *(replace(remark, center=center.name) for remark in remarks))
    if center.derive_1p19q:
        cases = derive_1p19q(cases)  # what a collection's importer filled is derived already
    cases, about_codes = _with_mask_codes(center, cases)
    return _used_scans(center, cases, (*findings, *about_codes))


def _with_mask_codes(center: CenterRequest[Any], cases: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The cases with the convention of the whole centre; a warning where rows disagree, or only some have one."""
    from gliomanet.cohort.findings import Finding

    if not center.mask_codes:
        return cases, _partly_declared(center, cases)
    said = cases["mask_codes"]
    meant = convention_of(center.mask_codes).codes
    others = said.map(lambda cell: bool(cell) and convention_of(cell).codes != meant).astype(bool)
    declared = cases.assign(mask_codes=center.mask_codes)
    if not others.any():
        return declared, ()
    counts = ", ".join(f"{name!r} of {count}" for name, count in said[others].value_counts().sort_index().items())
    key = f"centers.{center.name}.mask_codes"
    found = f"{key} is {center.mask_codes!r}, but the case table or the collection says {counts} cases"
    action = "the key was taken; remove it, if the table or the collection is right"
    return declared, (Finding("warning", "mask_codes_overridden", center.name, "", "", found, action),)


def _partly_declared(center: CenterRequest[Any], cases: pd.DataFrame) -> tuple[Finding, ...]:
    """A warning where some masks of a centre have a convention in their row, and others have none."""
    from gliomanet.cohort.findings import Finding

    said = cases.loc[cases["tumour_mask"].ne(""), "mask_codes"]
    silent = int(said.eq("").sum())
    if silent in (0, len(said)):
        return ()
    names = ", ".join(sorted(set(said) - {""}))
    found = f"{silent} of {len(said)} tumour masks have no convention in the column mask_codes, the others {names}"
    action = f"fill the column for all, or set centers.{center.name}.mask_codes; those without are read as brats"
    return (Finding("warning", "mask_codes_partly_declared", center.name, "", "", found, action),)


def _used_scans(
    center: CenterRequest[Any], cases: pd.DataFrame, findings: Iterable[Finding]
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The cases whose scan enters the study, and one note on the others."""
    from gliomanet.cohort.findings import Finding

    scan = cases["scan"].replace("", "baseline")
    used = scan.isin(list(center.scans))
    if used.all():
        return cases, tuple(findings)
    others = {kind: cases.loc[(scan == kind) & ~used, "case_id"] for kind in sorted(scan[~used].unique())}
    listed = "; ".join(f"{kind}: {', '.join(ids)}" for kind, ids in others.items())
    number = int((~used).sum())
    key = f"centers.{center.name}.scans"
    found = f"{number} case{'s' * (number > 1)} not used, because {key} is {', '.join(center.scans)}: {listed}"
    action = f"name their kind in {key} to use them"
    if not used.any():
        raise CohortError([Problem(f"no case is left: {found}", action, rule="no_case_left")])
    note = Finding("note", "scans_not_used", center.name, "", "", found, f"nothing; {action}")
    return cases[used].reset_index(drop=True), (*findings, note)
