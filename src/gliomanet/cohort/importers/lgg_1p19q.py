"""LGG-1p19qDeletion (The Cancer Imaging Archive, 10.7937/K9/TCIA.2017.DWEHTZ9V): 159 patients with 1p/19q.

Layout of its NIfTI release: one folder per patient, `LGG-104`, with T1 after contrast medium and T2, acquired in
different planes, and the tumour's mask on T2; of the file names only `T1`, `T2` and `Segmentation` are relied on. The
table holds `Filename` and `1p/19q` (`d/d` codeleted, `n/n` intact). Scans before surgery.

In the release, T2 and the mask of LGG-223 bear each other's name. A T2 image takes more bytes than a mask, so the
swap is recognised by the files' sizes, undone, and told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gliomanet.cohort.findings import Finding
from gliomanet.cohort.importers.exam import Collection, Exam
from gliomanet.cohort.importers.headers import USUAL
from gliomanet.cohort.importers.label_tables import UsualTable
from gliomanet.cohort.importers.layout import Layout
from gliomanet.cohort.importers.tree import Pattern
from gliomanet.cohort.read_rows import CellError
from gliomanet.errors import Problem

_ID = re.compile(r"LGG[-_ ]?(\d+)", re.IGNORECASE)
_TABLE = re.compile(r".*TCIA_LGG_cases.*|.*1p_?19q.*", re.IGNORECASE)
_WANTED = {"id": ("Filename", "File name", "Image", "Patient", "ID"), **USUAL, "diagnosis": ("Type", "Histology")}
_SWAPPED = "LGG-223"


def _pattern(word: str, column: str, name: str) -> Pattern:
    # The word stands between signs anywhere in the file's name, which may be "LGG-104_T1.nii.gz" or "T1.nii.gz".
    path = rf"(?P<case>(?i:LGG)-\d+)(?!\d)(?:.*[^A-Za-z0-9])?(?i:{word})(?![a-z])[^/]*\.nii(?:\.gz)?"
    return Pattern(path, column, name)


PATTERNS = (
    _pattern(r"seg|segmentation|mask|roi", "tumour_mask", "LGG-###…Segmentation.nii.gz"),
    _pattern(r"T1(?:c|gd|ce|post)?", "t1c", "LGG-###…T1.nii.gz"),
    _pattern("T2", "t2", "LGG-###…T2.nii.gz"),
)


def case_id(identifier: str) -> str:
    """`lgg-104` → `LGG-104`.

    Raises:
        CellError: no id of the collection.
    """
    match = _ID.fullmatch(identifier.strip())
    if match is None:
        raise CellError(Problem(f"{identifier!r} is no id", "ids look like LGG-104", rule="no_id"))
    return f"LGG-{match[1]}"


LAYOUT = Layout(
    collection="LGG-1p19qDeletion",
    patterns=PATTERNS,
    table=UsualTable(_WANTED, _TABLE, needed=("codel_1p19q",)),
    exam=lambda case, cells: Exam(case, case, diagnosis=cells.get("diagnosis", "")),
    row_id=case_id,
    case_id=case_id,
    mask_codes="binary",
)


def read(folder: Path, clinical: Path | None, mapping: Path | None, labels: Sequence[str] = ()) -> Collection:
    """Read the collection, see `Layout.read`, and undo the swap of `LGG-223`."""
    collection = LAYOUT.read(folder, clinical, mapping, labels)
    exams, findings = [], list(collection.findings)
    for exam in collection.exams:
        if exam.case_id == _SWAPPED and {"t2", "tumour_mask"} <= exam.files.keys():
            files, finding = _unswapped(exam.files)
            findings.append(finding)
            exam = replace(exam, files=files)
        exams.append(exam)
    return replace(collection, exams=tuple(exams), findings=tuple(findings))


def _unswapped(files: Mapping[str, Path]) -> tuple[Mapping[str, Path], Finding]:
    """The files by what they hold, and the finding that says so."""
    image, mask = files["t2"], files["tumour_mask"]
    about = ("image_and_mask_swapped", "", _SWAPPED, str(image))
    if mask.stat().st_size < image.stat().st_size:
        found = f"known for swapped names, but here {image.name} is the larger file: names taken as they are"
        return files, Finding("note", *about, found, "look at the case's page")
    found = f"T2 and mask bear each other's name in this release: {mask.name} is taken as T2, {image.name} as the mask"
    return {**files, "t2": mask, "tumour_mask": image}, Finding("warning", *about, found, "look at the case's page")
