"""The state in which images arrive, found from the images themselves: with skull or stripped, aligned or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gliomanet.config.preprocessing import Preprocessing
from gliomanet.errors import CaseError, Problem
from gliomanet.imaging.brain_extraction.extraction import why_not_stripped
from gliomanet.imaging.case import REFERENCE_ORDER
from gliomanet.imaging.modality_check.doubts import doubts_of
from gliomanet.imaging.reading import Modality, read_modality
from gliomanet.imaging.registration.coregistration import misalignment
from gliomanet.imaging.registration.head_pose import judge_pose, pooled
from gliomanet.imaging.volume import Matrix
from gliomanet.patient.statements.statement import Statement, state

STRIPS = ("builtin", "hd-bet", "synthstrip")


@dataclass(frozen=True)
class State:
    """The steps that a case needs, and the reasons.

    Attributes:
        settings: preprocessing.
        found: what was found.
    """

    settings: Preprocessing
    found: tuple[Statement, ...]


def read_images(case_id: str, files: Mapping[str, Path]) -> dict[str, Modality]:
    """Modality → image as preprocessing reads it.

    Raises:
        CaseError: as `read_modality`.
    """
    return {name: read_modality(path, case_id, name) for name, path in files.items()}


def find_state(images: Mapping[str, Modality], study: Preprocessing) -> State:
    """The steps that images need.

    Stripped images that lie on one another are taken as they are; any other is registered, and its brain extracted by
    the study's own method, or the built-in one where the study had stripped images only.

    Args:
        images: as read.
        study: the study's preprocessing, whose other keys hold.
    """
    volumes = {name: image.volume for name, image in images.items()}
    with_skull = {name: why for name, one in volumes.items() if (why := why_not_stripped(one)) is not None}
    reference = next(name for name in (study.reference, *REFERENCE_ORDER) if name in volumes)
    if with_skull:
        name, why = next(iter(with_skull.items()))
        how = study.brain_extraction if study.brain_extraction in STRIPS else "builtin"
        said = state("prepared.not_stripped", modalities=tuple(with_skull), modality=name, why=why, method=how)
        changes = {"brain_extraction": how, "coregistration": True}
        aligned = state("prepared.registered", reference=reference)
    else:
        said = state("prepared.stripped")
        astray = {
            name: problem.found
            for name, volume in volumes.items()
            if name != reference and (problem := misalignment(volumes[reference], volume)) is not None
        }
        changes = {"brain_extraction": "none", "coregistration": bool(astray)}
        aligned = state("prepared.aligned", reference=reference)
        for name, why in list(astray.items())[:1]:
            aligned = state("prepared.not_aligned", modality=name, why=why, reference=reference)
    settings = Preprocessing.model_validate({**study.model_dump(), **changes, "missing_modality": "mark"})
    return State(settings, (said, *([aligned] if len(volumes) > 1 else [])))


def check_names(
    case_id: str, images: Mapping[str, Modality], files: Mapping[str, Path], from_atlas: Mapping[str, Matrix]
) -> None:
    """See that images look like the modalities that they were given as.

    Args:
        case_id: for messages.
        images: as read.
        files: modality → file.
        from_atlas: modality → RAS mm of the atlas → RAS mm of its file, as preprocessing found it.

    Raises:
        CaseError: one looks like another modality, or two are one image.
    """
    volumes = {name: image.volume for name, image in images.items()}
    poses = {name: judge_pose(pooled(volume), from_atlas[name]) for name, volume in volumes.items()}
    between = {
        (one, other): from_atlas[other] @ np.linalg.inv(from_atlas[one])
        for one in volumes
        for other in volumes
        if one != other
    }
    doubts = doubts_of(volumes, poses, {name: str(path) for name, path in files.items()}, between=between)
    if doubts:
        first = doubts[0]
        action = f"{first.action}; where the names are right all the same, give --accept-names"
        raise CaseError(Problem(first.found, action, case=case_id, rule=first.rule))
