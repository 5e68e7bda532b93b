"""The volumes of a case that the viewer may ask for, by name: nothing else of a case is served."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from gliomanet.errors import Problem, ProblemError
from gliomanet.files.digests import file_digest
from gliomanet.imaging.record import NAME as RECORD
from gliomanet.modalities import MODALITIES
from gliomanet.patient.result import NAME as RESULT
from gliomanet.patient.result import ResultValues

Kind = Literal["image", "parts", "brain", "attribution"]

ATLAS = "atlas"
"""The space in which all modalities lie on one another; `scanner-<modality>` is that of a modality's own file."""


class UnknownVolumeError(ProblemError):
    """No such volume: told as 404."""

    def __init__(self) -> None:
        super().__init__(Problem("the case has no such volume", "take one of its viewer.json", rule="unknown_volume"))


@dataclass(frozen=True)
class Source:
    """A volume of a case.

    Attributes:
        name: `<space>-<subject>`, such as `atlas-t1c`, `atlas-parts`, `scanner-t1c-image`.
        space: `atlas` or `scanner-<modality>`.
        kind: of its values.
        subject: modality, or task of an attribution map.
        file: voxels.
        brain: brain mask on the same grid.
        parts_told: false where an outline tells the whole tumour only.
    """

    name: str
    space: str
    kind: Kind
    subject: str
    file: Path
    brain: Path
    parts_told: bool = True


def read_result(case: Path) -> ResultValues:
    """The result of a case that is done.

    Raises:
        UnknownVolumeError: it has none.
    """
    path = case / "result" / RESULT
    if not path.is_file():
        raise UnknownVolumeError
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _read(path: Path, changed: int) -> ResultValues:
    return ResultValues.read(path)


def sources_of(case: Path) -> dict[str, Source]:
    """Name → volume, for a case that is done.

    Args:
        case: its folder in the store.

    Raises:
        UnknownVolumeError: it has no result.
    """
    content = read_result(case)
    atlas, native = case / "result" / "atlas", case / "result" / "native"
    brain, outline = atlas / "brain_mask.nii.gz", content.segmentation
    found = [Source(f"{ATLAS}-{m}", ATLAS, "image", m, atlas / f"{m}.nii.gz", brain) for m in MODALITIES]
    found.append(Source(f"{ATLAS}-brain", ATLAS, "brain", "brain", brain, brain))
    if outline is not None:
        file = atlas / f"{'tumour_mask' if outline.source == 'given' else 'segmentation'}.nii.gz"
        found.append(Source(f"{ATLAS}-parts", ATLAS, "parts", "parts", file, brain, outline.parts_told))
    for one in content.explained.attribution:
        name, file = f"{ATLAS}-attribution-{one.task}", case / "result" / one.file
        found.append(Source(name.lower().replace("_", "-"), ATLAS, "attribution", one.task, file, brain))
    for modality, original in originals_of(case, content).items():
        space, brain = f"scanner-{modality}", native / f"{modality}_brain.nii.gz"
        found.append(Source(f"{space}-image", space, "image", modality, original, brain))
        found.append(Source(f"{space}-brain", space, "brain", "brain", brain, brain))
        if outline is not None:
            file = native / f"{modality}_tumour.nii.gz"
            found.append(Source(f"{space}-parts", space, "parts", "parts", file, brain, outline.parts_told))
    return {one.name: one for one in found if one.file.is_file() and one.brain.is_file()}


def originals_of(case: Path, content: ResultValues) -> dict[str, Path]:
    """Modality → the file as scanned, where the store keeps it: it is known by its digest, whatever its name."""
    asked = {one.digest: one.image for one in content.inputs if one.image in MODALITIES}
    there = sorted(path for path in (case / "input").rglob("*.nii*") if path.is_file())
    kept = {asked.get(_digest(path, path.stat().st_mtime_ns)): path for path in there}
    return {one: kept[one] for one in MODALITIES if one in kept}


@lru_cache(maxsize=256)
def _digest(path: Path, changed: int) -> str:
    return file_digest(path)


def record_of(case: Path) -> dict[str, Any]:
    """The record of preprocessing."""
    values: dict[str, Any] = json.loads((case / "result" / "atlas" / RECORD).read_text(encoding="utf-8"))
    return values
