"""Any folder in the Brain Imaging Data Structure (bids-specification.readthedocs.io): modalities, masks, labels.

Layout: `sub-01/[ses-02/]anat/sub-01_[ses-02_]{T1w,ce-gadolinium_T1w,T2w,FLAIR}.nii.gz`; labels in
`participants.tsv`; masks in `derivatives`, as `…_{mask,dseg}.nii.gz` whose `label`, `desc` or pipeline says tumour,
lesion or brain.

File names are read here, entity by entity, rather than with pybids: its index of 500 subjects takes over 5 s, and a
study's sources are read whenever its workflow is parsed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.bids_choice import choose
from gliomanet.cohort.importers.bids_image import Image, parts_of
from gliomanet.cohort.importers.bids_medium import read_medium
from gliomanet.cohort.importers.bids_sessions import Session, read_sessions
from gliomanet.cohort.importers.exam import Collection, Exam
from gliomanet.cohort.importers.headers import USUAL, called, find_columns, rows_by_id
from gliomanet.cohort.importers.label_tables import unmatched
from gliomanet.cohort.importers.layout import RAW, no_mapping, raw_cells
from gliomanet.cohort.importers.tree import list_files, unknown_files
from gliomanet.cohort.matching_ids import join_rows
from gliomanet.cohort.read_rows import read_rows
from gliomanet.errors import CohortError, Problem
from gliomanet.modalities import MODALITIES

_IMAGE = re.compile(
    r"(?:(?P<above>.*)/)?sub-(?P<sub>[A-Za-z0-9]+)/(?:ses-(?P<ses>[A-Za-z0-9]+)/)?(?P<datatype>[a-z]+)/"
    r"(?P<stem>sub-[^/]+)(?i:\.nii(?:\.gz)?)"
)
_ABOUT = re.compile(
    r"(?:.*/)?(?:(?:dataset_description|participants|sessions|.*_scans|.*_sessions)\.(?:json|tsv)|[^/]+\.json"
    r"|README(?:\.\w+)?|CHANGES|LICENSE|CITATION\.cff|[^/]+\.(?:bval|bvec))"
)
_NII = re.compile(r".*\.nii(?:\.gz)?", re.IGNORECASE)
_LABELLED = re.compile(r"(?:sub|ses)-(?![A-Za-z0-9]+$).*")
_NOT_RAW = re.compile(r"(?:.*/)?(?:sourcedata|code|stimuli|phenotype)(?:/.*)?")
_MODALITIES = {
    "t1w": "t1",
    "unit1": "t1",
    "t2w": "t2",
    "flair": "flair",
    **dict.fromkeys(("t1c", "t1ce", "t1gd", "t1wce"), "t1c"),
}
_TUMOUR, _BRAIN = re.compile(r"tumou?r|lesion", re.IGNORECASE), re.compile(r"brain", re.IGNORECASE)
_NATIVE = ("orig", "native", "scanner", "individual", "t1w", "t1c", "t2w", "flair")
_WANTED = {
    "id": ("participant_id",),
    **USUAL,
    "diagnosis": ("diagnosis", "histology", "pathology", "tumor type", "tumour type"),
    "grade_edition": ("grade_edition", "WHO edition"),
    "other_ids": ("other_ids",),
}


def read(folder: Path, clinical: Path | None, mapping: Path | None, labels: Sequence[str] = ()) -> Collection:
    """Read a folder.

    Args:
        folder: the dataset's top, or a folder above it.
        clinical: a table with `participant_id` and labels; default: `participants.tsv`.
        mapping: there is none; refused.
        labels: further labels of the study, looked for in that table.

    Raises:
        CohortError: no image of the modalities, images of several datasets, a table without `participant_id`, sessions
            that cannot be ordered.
    """
    no_mapping(mapping, "BIDS")
    paths = list_files(folder)
    _refuse_labels(folder, paths)
    files, findings = _sort_out(paths)
    _refuse_several_datasets(folder, files)
    files, signs, about_medium = read_medium(folder, paths, files)
    cases, chosen_findings = choose(folder, files, signs)
    if not any(column in MODALITIES for found in cases.values() for column in found):
        images = ", ".join([path for path in paths if ".nii" in path.lower()][:5]) or "no NIfTI file"
        looked = "sub-<label>/[ses-<label>/]anat/*_{T1w,ce-*_T1w,T2w,FLAIR}.nii.gz"
        none, action = f"no exam in it; looked for {looked}; found {images}", "name the dataset's top folder"
        raise CohortError([Problem(none, action, file=str(folder), rule="no_exam")])
    table = clinical or next((folder / path for path in paths if _is_participants(path)), None)
    rows, columns, about_table = _labels(table, labels) if table else ({}, {}, ())
    if table:
        rows = join_rows({f"sub-{file.subject}" for file in files}, rows, table)
    sessions = read_sessions(folder, paths, _sessions_of(files), labels)
    exams, without = [], {}
    for case, found in cases.items():
        first = next(file for file in files if file.case_id == case)
        if not found.keys() & set(MODALITIES):
            without[case] = f"has {', '.join(sorted(found))}, but none of {', '.join(MODALITIES)}"
            continue
        session = sessions[first.subject, first.session]
        exams.append(_exam(case, first.subject, found, rows.get(f"sub-{first.subject}", {}), session, labels))
    action = "not in the case table; add an image, or remove its files"
    findings += case_findings("warning", "no_image", str(folder), without, "cases with masks and no modality", action)
    findings += [
        *about_medium,
        *chosen_findings,
        *about_table,
        *unmatched({exam.patient_id for exam in exams}, rows, table),
    ]
    return Collection(tuple(exams), tuple(findings), table, columns)


def _exam(
    case: str,
    subject: str,
    files: Mapping[str, Path],
    cells: Mapping[str, str],
    session: Session,
    labels: Sequence[str],
) -> Exam:
    cells = {**cells, **session.cells}
    return Exam(
        case_id=case,
        patient_id=f"sub-{subject}",
        files=dict(files),
        raw=raw_cells(cells, labels),
        scan=session.scan,
        grade_edition=cells.get("grade_edition", "").replace("n/a", ""),
        diagnosis=cells.get("diagnosis", "").replace("n/a", ""),
        other_ids=tuple(filter(None, cells.get("other_ids", "").replace("n/a", "").split(";"))),
    )


def _sort_out(paths: Iterable[str]) -> tuple[list[Image], list[Finding]]:
    """The images with their columns, and findings on the files that are something else."""
    files, unknown, unused = [], [], Counter[str]()
    elsewhere: dict[str, str] = {}
    for path in paths:
        match = _IMAGE.fullmatch(path)
        if _NOT_RAW.fullmatch(path.rpartition("/")[0]) or _ABOUT.fullmatch(path):
            continue
        if match is None:
            unknown.append(path)
            continue
        entities, suffix = parts_of(match["stem"])
        derived = "derivatives" in (match["above"] or "").split("/")
        column = _column(suffix, entities, match["above"] or "", derived)
        file = Image(path, match["above"] or "", match["sub"], match["ses"] or "", column or "", suffix, entities)
        if column in ("tumour_mask", "brain_mask") and entities.get("space", "orig").lower() not in _NATIVE:
            elsewhere[file.case_id] = f"{path} is in space {entities['space']}, not in that of the images"
        elif column:
            files.append(file)
        else:
            unused[f"{'derivatives: ' if derived else ''}{match['datatype']}/*_{suffix}"] += 1
    findings = list(unknown_files(unknown))
    action = "not used; masks must lie on an image of their case"
    findings += case_findings("warning", "mask_elsewhere", "", elsewhere, "cases have masks in an atlas' space", action)
    if unused:
        listed = ", ".join(f"{name} ({count})" for name, count in sorted(unused.items()))
        findings.append(
            Finding("note", "unused_files", "", "", "", f"known, and not used by this project: {listed}", "")
        )
    return files, findings


def _refuse_labels(folder: Path, paths: Iterable[str]) -> None:
    """Folders of subjects and sessions whose label is more than letters and digits: no name in them can be parted."""
    wrong: dict[str, str] = {}
    for path in paths:
        if _NII.fullmatch(path) and not _NOT_RAW.fullmatch(path.rpartition("/")[0]) and "derivatives/" not in path:
            wrong |= {part: path for part in path.split("/")[:-1] if _LABELLED.fullmatch(part)}
    action = "a label is letters and digits: rename sub-01_A to sub-01A, in the names of its files and in tables, too"
    if problems := [
        Problem(
            f"{part!r} is no name of a subject or session", action, file=str(folder / path), rule="label_not_of_bids"
        )
        for part, path in sorted(wrong.items())
    ]:
        raise CohortError(problems)


def _refuse_several_datasets(folder: Path, files: Iterable[Image]) -> None:
    """Subjects of two datasets share their labels (`sub-01`) without being one person."""
    roots = sorted({file.root for file in files if file.column in MODALITIES})
    if len(roots) > 1:
        named = ", ".join(str(folder / root) for root in roots)
        found, action = f"images of {len(roots)} datasets: {named}", "name each as a centre of its own"
        raise CohortError([Problem(found, action, file=str(folder), rule="several_datasets")])


def _column(suffix: str, entities: Mapping[str, str], above: str, derived: bool) -> str | None:
    """The column of the case table that a file fills; `None` for one that fills none."""
    if suffix.lower() in ("mask", "dseg", "seg", "roi"):
        says = f"{entities.get('label', '')} {entities.get('desc', '')}"
        if _TUMOUR.search(says):
            return "tumour_mask"
        if _BRAIN.search(says):
            return "brain_mask" if suffix.lower() == "mask" else None
        return "tumour_mask" if derived and _TUMOUR.search(above.rpartition("derivatives")[2]) else None
    if derived or entities.get("part", "mag") != "mag":
        return None
    return _MODALITIES.get(suffix.lower())


def _sessions_of(files: Iterable[Image]) -> dict[str, set[str]]:
    sessions: dict[str, set[str]] = defaultdict(set)
    for file in files:
        if file.column in MODALITIES:
            sessions[file.subject].add(file.session)
    return sessions


def _is_participants(path: str) -> bool:
    return path.rpartition("/")[2] == "participants.tsv" and "derivatives/" not in path


def _subject(cell: str) -> str:
    return cell if cell.lower().startswith("sub-") else f"sub-{cell}"


def _labels(
    table: Path, labels: Sequence[str]
) -> tuple[dict[str, dict[str, str]], dict[str, str], tuple[Finding, ...]]:
    """Participant → cells, the table's names of its columns, and findings on the columns."""
    wanted = {**_WANTED, **called(labels)}
    rows, columns = rows_by_id(table, wanted, _subject, "id")
    header = read_rows(table)[0]
    findings = []
    names = (*RAW[:3], *labels)
    if not columns.keys() & set(names):
        known = ", ".join(spelling for name in names for spelling in wanted[name][:3])
        found = f"no column of labels (known: {known}, …); found: {', '.join(header)}"
        action = "name the columns so, or name a table of labels as `clinical`"
        findings.append(Finding("warning", "no_label_column", "", "", str(table), found, action))
    if others := [name for name in header if name not in columns.values()]:
        taken = ", ".join(f"{theirs} as {ours}" for ours, theirs in find_columns(header, wanted).items())
        found = f"columns not used: {', '.join(others)}; used: {taken}"
        findings.append(Finding("note", "unknown_columns", "", "", str(table), found, ""))
    return rows, columns, tuple(findings)
