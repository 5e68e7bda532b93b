"""A patient as told beside the images, and checks before any work: of these facts, the disk and the atlas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gliomanet.bundle.read import Bundle
from gliomanet.bundle.space import atlas_digest
from gliomanet.cohort.case_ids import id_problems
from gliomanet.errors import CaseError, Problem, ProblemError
from gliomanet.files.storage import StorageError, free_bytes, megabytes
from gliomanet.imaging.record import NAME as RECORD
from gliomanet.models.devices import Gpu, visible_gpus
from gliomanet.patient.result import NAME as RESULT
from gliomanet.patient.statements.sentences import LANGUAGES
from gliomanet.reporting.chinese_font import chinese_font

NEEDED = 250_000_000
"""Bytes that a result takes at most: images of 1 mm on the atlas, and outlines of four large scans."""


@dataclass(frozen=True)
class Patient:
    """Facts of a patient beside the images.

    Attributes:
        case_id: letters, digits, `-`, `_` and `.`; no name of a person.
        age: in years; `None`: not known.
        sex: `F`, `M`, or "" where it is not known.
        center: a centre of the study, whose declared preprocessing and seed are taken; "": what is found in the images.
        mask_codes: convention of the tumour mask's codes, see `gliomanet.mask_conventions`; "": BraTS 2017 to 2021.
    """

    case_id: str = "patient"
    age: float | None = None
    sex: Literal["F", "M", ""] = ""
    center: str = ""
    mask_codes: str = ""


def check_told(told: Patient, bundle: Bundle) -> None:
    if problems := id_problems(Path("the case id"), [told.case_id]):
        raise CaseError(problems[0])
    if not told.case_id:
        raise CaseError(Problem("an empty case id", "name the case", rule="no_case_id"))
    if told.age is not None and not 0 <= told.age <= 120:
        found = f"an age of {told.age:g} years"
        raise CaseError(
            Problem(found, "give years, 0 to 120, or leave it out", case=told.case_id, rule="age_out_of_range")
        )
    if told.sex not in ("F", "M", ""):
        action = "give F or M, or leave it out"
        raise CaseError(Problem(f"sex {told.sex!r}", action, case=told.case_id, rule="unknown_sex"))
    centers = bundle.description.centers
    if told.center and told.center not in centers:
        action = f"the study's are {', '.join(centers)}; leave it out for a patient of another one"
        found = f"{told.center!r} is no centre of the study"
        raise CaseError(Problem(found, action, case=told.case_id, rule="unknown_center"))


def check_out(out: Path, bundle: Bundle, names: Iterable[str], given: Iterable[Path]) -> None:
    """See that writing the result takes nothing away: no scan, no folder of somebody else's, no bundle.

    Args:
        out: folder for the result.
        bundle: the bundle, which is whole only as long as nothing is added to it.
        names: folders in it that are written anew.
        given: every file and folder that was given of the patient.
    """
    at = {"file": str(out)}
    if out.exists() and not out.is_dir():
        raise CaseError(Problem("is no folder", "name a folder for the result", rule="out_is_no_folder").at(**at))
    if out.resolve().is_relative_to(bundle.folder.resolve()):
        found, action = "lies in the bundle, which a result would spoil", "name a folder outside the bundle"
        raise CaseError(Problem(found, action, rule="out_in_bundle").at(**at))
    parts = [out / name for name in names]
    for path in given:
        if part := next((part for part in parts if path.resolve().is_relative_to(part.resolve())), None):
            found = f"lies in {part}, which the result replaces"
            action = "name another folder for the result"
            raise CaseError(Problem(found, action, file=str(path), rule="input_in_result"))
    ours = (out / RESULT).exists() or (out / "atlas" / RECORD).exists()  # the last: of a run that was ended
    if there := [part for part in parts if part.exists() and not ours]:
        found = "is there already, and is no result: writing one would remove it"
        action = "name another folder for the result, or move this one away"
        raise CaseError(Problem(found, action, file=str(there[0]), rule="foreign_result_folder"))


def check_space(out: Path) -> None:
    """See that the disk takes a result."""
    if (free := free_bytes(out)) < NEEDED:
        found = f"has {megabytes(free)} free, and a result takes up to {megabytes(NEEDED)}"
        action = "make room there, or name another folder for the result"
        raise StorageError(Problem(found, action, file=str(out), rule="disk_full"))


def check_device(gpus: int, visible: Callable[[], Sequence[Gpu]] = visible_gpus) -> None:
    """See that a GPU is there where one is asked for, before the case is preprocessed."""
    if gpus and not visible():
        found, action = "a GPU is asked for, and torch sees none", "predict on the CPU (`--device cpu`)"
        raise ProblemError(Problem(found, action, rule="no_gpu_to_predict_on"))


def check_language(language: str, *, page: bool) -> None:
    """See that a page can be written in a language."""
    if language not in LANGUAGES:
        found, action = f"{language!r} is no language of the page", f"give one of {', '.join(LANGUAGES)}"
        raise ProblemError(Problem(found, action, rule="unknown_language"))
    if page and language == "zh":
        chinese_font()


def check_atlas(bundle: Bundle) -> None:
    """See that the installed atlas is the one that the models were trained on."""
    wanted = bundle.description.atlas
    if atlas_digest(wanted.spacing_mm) != wanted.digest:
        found = f"the installed atlas ({wanted.name}) is not the one that the bundle's models were trained on"
        action = f"install the versions of the bundle: nilearn {bundle.description.versions.get('nilearn', '')}"
        raise ProblemError(Problem(found, action, file=str(bundle.folder), rule="another_atlas"))
