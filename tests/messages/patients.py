"""What is wrong with a bundle, and with the files that somebody gives of a patient."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from gliomanet.bundle.description import NAME
from gliomanet.bundle.read import Bundle
from gliomanet.errors import CaseError, ModelError
from gliomanet.patient.given import take
from tests.messages import images


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Name → what is said."""
    place = folder / "a bundle"
    place.mkdir()
    yield "bundle, none", said(Bundle.open, place)
    for name, content in {
        "damaged": "{",
        "of another version": json.dumps({"schema_version": 2, "versions": {"gliomanet": "0.3.0"}}),
        "without a version": "{}",
        "without keys": json.dumps({"schema_version": 1, "title": "t"}),
    }.items():
        (place / NAME).write_text(content)
        yield f"bundle, {name}", said(Bundle.open, place)
    scan, copy = folder / "scan.nii.gz", folder / "copy.nii.gz"
    for path in (scan, copy):
        images.write(path, images.image())
    for name, given in {
        "no image": {},
        "no such modality": {"t1ce": scan},
        "no such file": {"t1c": folder / "nowhere.nii.gz"},
        "a folder": {"t1c": place},
        "one file for two": {"t1": scan, "t1c": copy},
    }.items():
        yield f"patient, {name}", said(take, "P-7", given, None, None, folder / "scratch")


def said(call, *given) -> str:
    try:
        call(*given)
    except (ModelError, CaseError) as error:
        return str(error)
    raise AssertionError("nothing is wrong")
