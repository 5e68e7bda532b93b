"""EGD, the Erasmus Glioma Database (van der Voort et al., Data in Brief 37:107191, 2021): 774 patients.

Layout: `SUBJECTS/EGD-0001/{T1,T1GD,T2,FLAIR,MASK}.nii.gz` with `metadata.json`, or the export of its XNAT server,
`MR_EGD-0001/1_T1/NIFTI/T1.nii.gz`, …. Modalities are on MNI152's grid at 1 mm with the skull on, defaced; `MASK` is
the whole tumour; `METADATA/Brain_mask.nii.gz` is the atlas's brain, one for all patients.

Labels of the WHO's edition of 2016 with the codes 0, 1 and -1 (unknown), from `Genetic_and_Histological_labels` as
CSV, else from each patient's `metadata.json`, which also holds age and sex.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.exam import Collection, Exam
from gliomanet.cohort.importers.headers import USUAL, called, rows_by_id, tables_among, workbooks
from gliomanet.cohort.importers.label_tables import unmatched
from gliomanet.cohort.importers.layout import RAW, no_mapping
from gliomanet.cohort.importers.tree import Pattern, list_files, read_tree
from gliomanet.cohort.read_rows import CellError
from gliomanet.errors import CohortError, Problem

_ID = re.compile(r"(?:MR_)?EGD-(\d+)", re.IGNORECASE)
_CASE = r"(?i:MR_)?(?P<case>(?i:EGD)-\d+)(?:_[^/]*)?/(?:[^/]+/)*"
_TABLE = re.compile(r".*(Genetic_and_Histological_labels|Clinical_data)", re.IGNORECASE)
_WANTED = {"id": ("Subject", "Subject ID", "ID", "Patient"), **USUAL}
_METADATA = re.compile(rf"(?:.*/)?{_CASE}(?i:metadata)\.json")
_BRAIN = re.compile(r"(?:.*/)?(?i:METADATA)/(?:[^/]+/)*(?i:[^/]*brain[^/]*)\.nii(?:\.gz)?")
_DEFACE = Pattern(r"(?i:METADATA)/(?:[^/]+/)*(?i:[^/]*deface[^/]*)\.nii(?:\.gz)?", None, "METADATA/Deface_mask.nii.gz")
_FILES = (("T1", "t1"), ("T1GD", "t1c"), ("T2", "t2"), ("FLAIR", "flair"), ("MASK", "tumour_mask"))
PATTERNS = (
    *(Pattern(rf"{_CASE}(?i:{name})\.nii(?:\.gz)?", column, f"{name}.nii.gz") for name, column in _FILES),
    _DEFACE,
)
# Where `metadata.json` keeps each value.
_IN_METADATA = {
    "idh": ("Genetic_and_Histological_labels", "IDH"),
    "codel_1p19q": ("Genetic_and_Histological_labels", "1p19q"),
    "grade": ("Genetic_and_Histological_labels", "Grade"),
    "age": ("Clinical_data", "Age"),
    "sex": ("Clinical_data", "Sex"),
}


def case_id(identifier: str) -> str:
    """`egd-1`, `MR_EGD-0001` → `EGD-0001`.

    Raises:
        CellError: no id of the collection.
    """
    match = _ID.fullmatch(identifier.strip())
    if match is None:
        raise CellError(Problem(f"{identifier!r} is no id", "ids look like EGD-0001", rule="no_id"))
    return f"EGD-{int(match[1]):04d}"


def read(folder: Path, clinical: Path | None, mapping: Path | None, labels: Sequence[str] = ()) -> Collection:
    """Read the collection.

    Args:
        folder: holds `SUBJECTS` and `METADATA`, or the XNAT export, at any depth.
        clinical: the table of labels as CSV; default: the CSV files in the folder, else every `metadata.json`.
        mapping: there is none; refused.
        labels: further labels of the study, looked for in that table.

    Raises:
        CohortError: no exam, two files for one modality, a table without its columns, a broken `metadata.json`.
    """
    no_mapping(mapping, "EGD")
    tables = [clinical] if clinical else _tables(folder)
    in_tables, columns = _read_tables(tables, labels)
    paths = list_files(folder)
    metadata = {match["case"]: folder / path for path in paths if (match := _METADATA.fullmatch(path))}
    brains = [path for path in paths if _BRAIN.fullmatch(path)]
    tree = read_tree(folder, PATTERNS, case_id, [*tables, *metadata.values(), *(folder / path for path in brains)])
    in_metadata = _read_metadata(metadata)
    exams = tuple(
        Exam(
            case_id=case,
            patient_id=case,
            files={**files, **({"brain_mask": folder / brains[0]} if brains else {})},
            raw={**in_metadata.get(case, {}), **in_tables.get(case, {})},
            grade_edition="2016",
            mask_codes="binary",
        )
        for case, files in tree.files.items()
    )
    labelled = {*in_tables, *in_metadata}
    source = tables[0] if tables else (folder if in_metadata else None)
    findings = [
        *tree.findings,
        *workbooks(folder, _TABLE),
        *unmatched(tree.files, labelled, source),
        *_disagreements(in_tables, in_metadata),
    ]
    if brains:
        found = f"{brains[0]} is every patient's brain mask: the atlas's brain, not the patient's own"
        findings.append(Finding("note", "shared_brain_mask", "", "", str(folder / brains[0]), found, ""))
    return Collection(exams, tuple(findings), source, columns)


def _tables(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    places = [place for place in (folder, folder / "METADATA") if place.is_dir()]
    return tables_among((path for place in places for path in place.iterdir()), _TABLE)


def _read_tables(paths: list[Path], labels: Sequence[str]) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Case → cells by key of `RAW` and further label, of all tables together, and how the tables call their columns."""
    cells: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    for path in paths:
        rows, columns = rows_by_id(path, {**_WANTED, **called(labels)}, case_id, *RAW, *labels)
        names |= columns
        for case, row in rows.items():
            cells.setdefault(case, {}).update(row)
    return cells, names


def _read_metadata(files: Mapping[str, Path]) -> dict[str, dict[str, str]]:
    """Case → cells by key of `RAW`, of every `metadata.json`."""
    cells = {}
    problems = []
    for identifier, path in files.items():
        try:
            content: Any = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_each_once)
            sections = {name: content.get(name) or {} for name, _ in _IN_METADATA.values()}
            raw = {key: sections[section].get(name) for key, (section, name) in _IN_METADATA.items()}
        except (ValueError, AttributeError) as error:
            found, action = f"no metadata of EGD ({error})", "download it again, or remove it"
            problems.append(Problem(found, action, file=str(path), rule="broken_metadata"))
            continue
        cells[case_id(identifier)] = {key: str(value) for key, value in raw.items() if value is not None}
    if problems:
        raise CohortError(problems)
    return cells


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs of an object of JSON, which would keep the last of a key that is there twice."""
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"there twice: {', '.join(twice)}")
    return dict(pairs)


def _disagreements(
    tables: Mapping[str, Mapping[str, str]], metadata: Mapping[str, Mapping[str, str]]
) -> tuple[Finding, ...]:
    found = {}
    for case in tables.keys() & metadata.keys():
        for key in ("idh", "codel_1p19q", "grade"):
            one, other = tables[case].get(key), metadata[case].get(key)
            if one is not None and other is not None and _code(one) != _code(other):
                found[case] = f"{key} is {one} in the table of labels and {other} in metadata.json"
    action = "the table was taken; check the release of both"
    return case_findings("warning", "labels_disagree", "", found, "cases where the table and metadata disagree", action)


def _code(cell: str) -> str:
    return cell.strip().removesuffix(".0")
