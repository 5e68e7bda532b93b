"""BraTS 2020, 2021 and 2023, and later releases with the same names: images, masks and patients.

| release | files | mapping table |
| --- | --- | --- |
| 2020 | `BraTS20_Training_001/BraTS20_Training_001_{t1,t1ce,t2,flair,seg}.nii` | `name_mapping.csv` |
| 2021 | `BraTS2021_00000/BraTS2021_00000_{t1,t1ce,t2,flair,seg}.nii.gz` | `BraTS2021_MappingToTCIA` as CSV |
| 2023 | `BraTS-GLI-00000-000/BraTS-GLI-00000-000-{t1n,t1c,t2w,t2f,seg}.nii.gz` | `BraTS2023_2017_GLI_Mapping` as CSV |

Masks of 2020 and 2021 have 1 core, 2 oedema, 4 enhancing (`brats`), later ones 1, 2, 3 and 4 for a resection cavity
(`brats-2023`). Later challenges on children's tumours (`BraTS-PED-…`) changed their codes from year to year, so theirs
have to be declared.

Survival and resection of glioblastomas stand in `survival_info.csv`: days to death, or `ALIVE (361 days later)`.

The challenges give no IDH, 1p/19q or grade: `HGG` and `LGG` of 2020 are no grades of the WHO and stay raw values. A
mapping table names the collection and the patient of each case: without it, the same patient comes twice into a
study of several collections. The last number of a 2023 id counts the patient's scans from 000 before surgery; from
100 on they are after treatment (BraTS 2024).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.exam import Collection, Exam
from gliomanet.cohort.importers.headers import (
    USUAL,
    called,
    find_columns,
    plain,
    rows_by_id,
    tables_among,
    workbooks,
)
from gliomanet.cohort.importers.layout import RAW, raw_cells
from gliomanet.cohort.importers.tree import Pattern, list_files, read_tree
from gliomanet.cohort.matching_ids import join_rows
from gliomanet.cohort.read_rows import CellError, read_rows
from gliomanet.errors import CohortError, Problem
from gliomanet.labels.spellings import MISSING_SPELLINGS
from gliomanet.labels.spellings import plain as plain_cell

_ID = re.compile(r"BraTS(?:20_[A-Za-z]+_\d+|2021_\d+|-[A-Z]+-\d+-\d+)", re.IGNORECASE)
_LATER = re.compile(r"(BraTS-[A-Z]+-\d+)-(\d+)", re.IGNORECASE)
_FIRST_TREATED = 100
_CODES_CHANGED = "BRATS-PED-"
_BY_UNDERSCORE = r"(?P<case>(?i:BraTS20_[A-Z]+_\d+|BraTS2021_\d+))_"
_BY_DASH = r"(?P<case>(?i:BraTS-[A-Z]+-\d+-\d+))-"
_NAMES = (
    *((_BY_UNDERSCORE, name, column) for name, column in (("t1", "t1"), ("t1ce", "t1c"), ("t2", "t2"))),
    *((_BY_UNDERSCORE, name, column) for name, column in (("flair", "flair"), ("seg", "tumour_mask"))),
    *((_BY_DASH, name, column) for name, column in (("t1n", "t1"), ("t1c", "t1c"), ("t2w", "t2"))),
    *((_BY_DASH, name, column) for name, column in (("t2f", "flair"), ("seg", "tumour_mask"))),
)
PATTERNS = (
    *(Pattern(rf"{case}(?i:{name})\.nii(?:\.gz)?", column, f"<id>_{name}.nii.gz") for case, name, column in _NAMES),
    # The release of 2020 has one mask under the name of its source (case 355).
    Pattern(r"(?P<case>(?i:BraTS20_[A-Z]+_\d+))/[^/]*_(?i:segm)\.nii(?:\.gz)?", "tumour_mask", "*_Segm.nii"),
)
_MAPPING = re.compile(r"name_mapping.*|.*mapping.*tcia.*|brats.*mapping.*", re.IGNORECASE)
_SURVIVAL = re.compile(r"survival_(info|evaluation).*\.csv", re.IGNORECASE)
_COLLECTION = ("datacollectionasontciaadditional", "datacollection", "collection", "cohortnameifpubliclyavailable")
_PATIENT = ("patientidontciaradiologyportal", "tcgatciasubjectid", "patientid", "tciapatientid", "sourcepatientid")
_NO_ID = ("", "na", "nan", "none", "n/a", "-", "new-not-previously-in-tcia")
_WANTED = {
    **USUAL,
    "id": (
        *("Brats20ID", "BraTS_2020_subject_ID", "BraTS2021 ID", "BraTS2021", "BraTS21 ID", "BraTS21ID", "BraTS2023"),
        *("BraTS2023 ID", "BraTS ID", "case_id", "ID"),
    ),
    "os_days": tuple(name for name in USUAL["os_days"] if plain(name) != plain("Survival_days")),
    "survival": ("Survival_days", "Survival"),  # both in days: 2020, and 2017 to 2019
}
_ALIVE = re.compile(r"alive \((\d+) days later\)", re.IGNORECASE)


@dataclass(frozen=True)
class _Source:
    """A case in a mapping table: its patient elsewhere ("" unknown), ids elsewhere, HGG or LGG."""

    patient: str
    other_ids: tuple[str, ...]
    grade: str


def read(folder: Path, clinical: Path | None, mapping: Path | None, labels: Sequence[str] = ()) -> Collection:
    """Read a release.

    Args:
        folder: holds the cases' folders, at any depth.
        clinical: a table of labels by BraTS id, where a person has made one; default: `survival_info.csv` (ages).
        mapping: the mapping table as CSV; default: those in the folder, at any depth.
        labels: further labels of the study, looked for in that table.

    Raises:
        CohortError: no exam, two files for one modality, a table without its columns.
    """
    files = [folder / path for path in list_files(folder)]
    mappings = [mapping] if mapping else tables_among(files, _MAPPING)
    tables = [clinical] if clinical else [p for p in files if _SURVIVAL.match(p.name)]
    sources: dict[str, _Source] = {}
    for path in mappings:
        sources |= _read_mapping(path)
    cells: dict[str, dict[str, str]] = {}
    columns: dict[str, str] = {}
    for path in tables:
        rows, names = rows_by_id(path, {**_WANTED, **called(labels)}, _case, *RAW, *labels)
        cells |= rows
        columns |= names
    tree = read_tree(folder, PATTERNS, _case, [*mappings, *tables])
    if mappings:
        sources = join_rows(tree.files, sources, mappings[0])
    if tables:
        cells = join_rows(tree.files, cells, tables[0])
    sources = _for_every_scan(tree.files, sources)
    exams = tuple(
        _exam(case, dict(found), sources.get(case), cells.get(case, {}), labels) for case, found in tree.files.items()
    )
    findings = (
        *tree.findings,
        *workbooks(folder, _MAPPING),
        *_about_mapping(exams, sources, mappings),
        *_about_labels(exams, cells, clinical),
        *_about_treated(exams),
        *_about_codes(exams),
    )
    return Collection(exams, findings, tables[0] if tables else None, columns)


def _case(identifier: str) -> str:
    """An id in one spelling: `brats2021_00000` → `BraTS2021_00000`."""
    identifier = identifier.strip()
    if identifier.isdigit():  # the cases of task 2 alone, in the mapping table of 2021
        return f"BraTS2021_{int(identifier):05d}"
    if not _ID.fullmatch(identifier):
        action = "ids look like BraTS20_Training_001, BraTS2021_00000 or BraTS-GLI-00000-000"
        raise CellError(Problem(f"{identifier!r} is no id of BraTS 2020, 2021 or 2023", action, rule="no_id"))
    if identifier.lower().startswith("brats20_"):
        _, part, number = identifier.split("_")
        return f"BraTS20_{part.capitalize()}_{number}"
    return "BraTS" + (identifier[5:].upper() if "-" in identifier else identifier[5:])


def _for_every_scan(cases: Iterable[str], sources: Mapping[str, _Source]) -> dict[str, _Source]:
    """The sources, where a scan without a row has that of the patient's first one, and without a patient has its.

    Otherwise the scans of one patient would be two patients', and could come to both sides of a split.
    """
    by_patient: dict[str, _Source] = {}
    for case in sorted(sources, key=lambda case: (not sources[case].patient, case)):
        if later := _LATER.fullmatch(case):
            by_patient.setdefault(later[1], sources[case])
    filled = dict(sources)
    for case in cases:
        if (later := _LATER.fullmatch(case)) and later[1] in by_patient:
            sibling, own = by_patient[later[1]], filled.get(case)
            filled[case] = replace(own, patient=own.patient or sibling.patient) if own else sibling
    return filled


def _exam(
    case: str, files: dict[str, Path], source: _Source | None, cells: Mapping[str, str], labels: Sequence[str]
) -> Exam:
    later = _LATER.fullmatch(case)
    number = int(later[2]) if later else 0
    scan = "post_operative" if number >= _FIRST_TREATED else "follow_up" if number else "baseline"
    raw = {**_survival(cells.get("survival", "")), **raw_cells(cells, labels)}
    read_as = {}
    if source and source.grade and not raw.get("grade"):
        raw["grade"], read_as["grade"] = source.grade, ""  # high or low grade is no grade of the WHO
    patient = (source.patient if source else "") or (later[1] if later else case)
    ids = source.other_ids if source else ()
    return Exam(case, patient, files, raw, scan, other_ids=ids, read_as=read_as, mask_codes=_mask_codes(case))


def _survival(days: str) -> dict[str, str]:
    """Days and death of `survival_info.csv`: days alone are days to death, `ALIVE (361 days later)` is no death."""
    if alive := _ALIVE.fullmatch(days.strip()):
        return {"os_days": alive[1], "os_event": "0"}
    return {"os_days": days, "os_event": "1"} if plain_cell(days) not in MISSING_SPELLINGS else {}


def _mask_codes(case: str) -> str:
    """The convention of a case's release, by its id; "" where the id does not tell it."""
    if not _LATER.fullmatch(case):
        return "brats"
    return "" if case.upper().startswith(_CODES_CHANGED) else "brats-2023"


def _read_mapping(path: Path) -> dict[str, _Source]:
    """BraTS id → its source; every column of BraTS ids is a key, and an id of the others."""
    header, rows = read_rows(path)
    ids = [name for name in header if plain(name).startswith("brats") and "cohort" not in plain(name)]
    columns = find_columns(header, {"collection": _COLLECTION, "patient": _PATIENT, "grade": ("Grade",)})
    if not ids:
        found = f"no column of BraTS ids; found: {', '.join(header)}"
        action = "name it as the releases do: BraTS_2020_subject_ID, BraTS2021 ID or BraTS2023"
        raise CohortError([Problem(found, action, file=str(path), rule="column_missing")])
    sources = {}
    for row in rows:
        collection = row[columns["collection"]] if "collection" in columns else ""
        named = row[columns["patient"]] if "patient" in columns else ""
        patient, there = _patient_elsewhere(collection, named)
        others = [cell for name in ids if (cell := row[name]).lower() not in _NO_ID]
        for cell in others:
            if _ID.fullmatch(cell) or cell.isdigit():
                elsewhere = [other for other in others if other != cell]
                known = tuple(dict.fromkeys(filter(None, [*there, *elsewhere])))
                sources[_case(cell)] = _Source(patient, known, row[columns["grade"]] if "grade" in columns else "")
    return sources


def _patient_elsewhere(collection: str, named: str) -> tuple[str, tuple[str, ...]]:
    """The patient in the source collection, and the ids it has there."""
    if named.lower() in _NO_ID:
        return "", ()
    if named.isdigit():  # UCSF-PDGM's patients are bare numbers in the mapping table of 2021
        if "additional" in collection.lower() or not collection:
            return "", ()
        width = 4 if collection.upper() == "UCSF-PDGM" else 0
        named = f"{collection}-{int(named):0{width}d}" if width else f"{collection}-{named}"
    patient = re.sub(r"^(UPENN-GBM-\d+)_\d\d$", r"\1", named)
    return patient, (named,)


def _about_mapping(exams: Iterable[Exam], sources: Mapping[str, _Source], mappings: list[Path]) -> tuple[Finding, ...]:
    if not mappings:
        found = "no mapping table was given, and none is in the folder: whose these cases are is not known"
        action = "name the release's mapping table as `mapping`: BraTS shares patients with most public collections"
        return (Finding("warning", "no_mapping_table", "", "", "", found, action),)
    bare = {exam.case_id: "has no row in the mapping table" for exam in exams if exam.case_id not in sources}
    action = "its patient is not known; check that the table is of this release"
    names = ", ".join(map(str, mappings))
    return case_findings("warning", "no_mapping_row", names, bare, "cases have no row in the mapping table", action)


def _about_labels(exams: Iterable[Exam], cells: Mapping[str, object], clinical: Path | None) -> tuple[Finding, ...]:
    exams = list(exams)
    coarse = sum(exam.read_as.get("grade") == "" for exam in exams)
    findings = []
    if coarse:
        found = f"{coarse} cases are HGG or LGG in the mapping table, which is no grade of the WHO: grade unknown"
        findings.append(Finding("note", "coarse_grade", "", "", "", found, "kept as grade_raw"))
    if clinical is None:
        found = "BraTS gives no IDH, 1p/19q or grade: these labels are unknown"
        action = "name a table of labels by BraTS id as `clinical`, or use the source collections"
        return (*findings, Finding("note", "no_clinical_table", "", "", "", found, action))
    bare = {exam.case_id: "has no row in the table of labels" for exam in exams if exam.case_id not in cells}
    action = "its labels are unknown"
    findings += case_findings("warning", "no_row", str(clinical), bare, "cases have images and no row", action)
    if lonely := cells.keys() - {exam.case_id for exam in exams}:
        found = f"{len(lonely)} rows without images here: {', '.join(sorted(lonely))}"
        findings.append(Finding("warning", "no_image", "", "", str(clinical), found, "not in the case table"))
    return tuple(findings)


def _about_treated(exams: Iterable[Exam]) -> tuple[Finding, ...]:
    treated = {e.case_id: "is a scan after treatment (BraTS 2024)" for e in exams if e.scan == "post_operative"}
    action = "left out unless the centre's key `scans` asks for post_operative"
    return case_findings("note", "after_treatment", "", treated, "scans after treatment (BraTS 2024)", action)


def _about_codes(exams: Iterable[Exam]) -> tuple[Finding, ...]:
    found = {
        exam.case_id: "its mask's codes are those of a challenge that changed them from year to year"
        for exam in exams
        if "tumour_mask" in exam.files and not exam.mask_codes
    }
    action = "read the release's notes, and declare its codes as the centre's key `mask_codes`"
    together = "cases have masks of a challenge that changed its codes from year to year"
    return case_findings("warning", "mask_codes_not_known", "", found, together, action)
