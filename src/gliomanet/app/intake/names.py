"""Generated names of uploaded files: the form part, a number, and at most the modality that the user's name told.

Of the name that a file had on the user's machine nothing else is kept: it may be that of a patient.
"""

from __future__ import annotations

import re
from pathlib import Path

from gliomanet.cohort.importers.feature_columns import MODALITY_WORDS
from gliomanet.modalities import MODALITIES

MASK = "mask"
FOLDER = "dicom"
"""The form part of whole folders and archives: DICOM files, or NIfTI files whose names tell the modality."""

PARTS = (*MODALITIES, MASK, FOLDER)
MASK_WORDS = frozenset({"mask", "seg", "segmentation", "tumour", "tumor", "label", "labels"})
UPLOAD, FILES = "upload", "files"
"""In a case's input: the files as they came, and those that are kept."""

_KEPT = re.compile(rf"(?P<part>{'|'.join(sorted(PARTS, key=len, reverse=True))})-\d{{5}}(?:-(?P<told>\w+))?")


def modality_told(name: str) -> str:
    """The modality, or `mask`, that a file's name tells by its last word of that kind; empty: it tells none.

    >>> modality_told("P-7_t1ce.nii.gz"), modality_told("scan_T1_post.nii"), modality_told("IM0001")
    ('t1c', 't1c', '')
    """
    last = re.split(r"[/\\]", name)[-1].lower()
    last = re.sub(r"\.(nii|gz|img|zip|dcm)\b", "", last)
    words = [word for word in re.split(r"[^a-z0-9]+", last) if word]
    for place in range(len(words) - 1, -1, -1):
        if words[place] in MASK_WORDS:
            return "" if "brain" in words else MASK
        for word in ("".join(words[max(0, place - 1) : place + 1]), words[place]):
            if found := MODALITY_WORDS.get(word, ""):
                return found
    return ""


def generated(part: str, number: int, name: str = "") -> str:
    """The name under which a file is kept.

    >>> generated("dicom", 3, "Ada Testperson_flair.nii")
    'dicom-00003-flair'
    """
    told = modality_told(name) if part == FOLDER else ""
    return f"{part}-{number:05d}" + (f"-{told}" if told else "")


def is_there(folder: Path) -> bool:
    """True where a case's input holds files: an upload that was refused is not kept."""
    return any((folder / name).is_dir() for name in (UPLOAD, FILES))


def part_of(path: Path) -> tuple[str, str]:
    """The form part of a kept file, and the modality that its name told.

    Raises:
        ValueError: it is none of these.
    """
    found = _KEPT.fullmatch(path.name)
    if found is None:
        raise ValueError("no file of an upload")
    return found["part"], found["told"] or ""
