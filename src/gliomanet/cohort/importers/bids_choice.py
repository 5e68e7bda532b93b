"""One file of a BIDS folder for each modality and mask of a case, where it has several.

In this order, the first difference decides:

1. masks: drawn by hand or corrected;
2. T1: with a sign that it is from before contrast medium; others: without the entity `ce`, unless it is T1c;
3. the shorter longest edge of a voxel, to 0.1 mm, where every file's header can be read;
4. `3D` or a volume's sequence in a name before names without, and these before `2D`;
5. not defaced, then normalised (`rec-norm`), then the fewest entities;
6. the latest run, which was repeated for a reason; but where nothing tells whether a T1 shows contrast medium, the
   earliest, by the time of acquisition where each has one, and a warning that it may.

A T1 without a sign that was acquired after one with medium shows medium itself, and is not used.
"""

from __future__ import annotations

import gzip
import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gliomanet.cohort.contrast_medium import find_words, parted
from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.bids_image import Image
from gliomanet.cohort.importers.bids_medium import Signs

_MANUAL = re.compile(r"manual|expert|corrected|consensus", re.IGNORECASE)
_DEFACED = re.compile(r"deface|anon|masked", re.IGNORECASE)
_VOLUME = r"3d|mp2?rage|memprage|f?spgr|bravo|vibe|tfl|space|cube|vista"
_FALLBACK = "unit1"
"""Suffix of a T1 that MP2RAGE computes; taken where no other T1 is there."""
_LOOK = "look at them; to take another, move the others out of the folder or name the files in a table"


@dataclass
class _Told:
    """Case → what a person should know of the choice."""

    several: dict[str, str] = field(default_factory=dict)
    unsure: dict[str, str] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)


def choose(
    folder: Path, images: Iterable[Image], signs: Mapping[str, Signs]
) -> tuple[dict[str, dict[str, Path]], tuple[Finding, ...]]:
    """Choose one file for each column of each case, by the rules of this file's docstring.

    Args:
        folder: the dataset.
        images: its images.
        signs: path of a T1-weighted image → its signs of contrast medium.

    Returns:
        Case → column → file, and the files that were passed over.
    """
    candidates: dict[str, dict[str, list[Image]]] = defaultdict(lambda: defaultdict(list))
    for image in images:
        candidates[image.case_id][image.column].append(image)
    told = _Told()
    cases: dict[str, dict[str, Path]] = {}
    for case in sorted(candidates):
        columns = candidates[case]
        enhanced = columns.get("t1c", [])
        if columns.get("t1"):
            columns["t1"] = _possible(case, columns["t1"], enhanced, signs, told)
        cases[case] = {}
        for column, found in sorted(columns.items()):
            if not found:
                continue
            silent = column == "t1" and not enhanced and not any(signs[image.path].medium for image in found)
            best, *others = _best_first(folder, column, found, signs, earliest=silent)
            cases[case][column] = folder / best.path
            if others:
                names = ", ".join(sorted(image.name for image in others))
                text = f"{best.name} is taken as {column}, not {names}"
                where = told.unsure if silent else told.several
                where[case] = "; ".join(filter(None, [where.get(case), text]))
    unsure = {
        case: f"{text}: none has a sign of contrast medium; one may show it" for case, text in told.unsure.items()
    }
    together = "cases have several T1w, one of which may show contrast medium: none has a sign of it"
    return cases, (
        *_findings(folder, "several_images", told.several, "cases have several images"),
        *_findings(folder, "t1_may_show_contrast_medium", unsure, together),
        *_findings(folder, "t1_after_contrast_medium", told.late, "cases whose T1w came after one that shows medium"),
    )


def _findings(folder: Path, rule: str, cases: Mapping[str, str], together: str) -> tuple[Finding, ...]:
    return case_findings("warning", rule, str(folder), cases, together, _LOOK)


def _possible(
    case: str, plain: list[Image], enhanced: Sequence[Image], signs: Mapping[str, Signs], told: _Told
) -> list[Image]:
    """T1 to choose from: not those computed, where others are there; not those after medium."""
    plain = [image for image in plain if image.suffix.lower() != _FALLBACK] or plain
    times = [time for image in enhanced if image.path in signs and (time := signs[image.path].time) is not None]
    late = [
        image
        for image in plain
        if times and not signs[image.path].medium and (signs[image.path].time or 0.0) > min(times)
    ]
    left = [image for image in plain if image not in late]
    if late and not left:
        names = ", ".join(image.name for image in late)
        told.late[case] = (
            f"no T1 is used: {names} has no sign of contrast medium, but came after an image that shows it"
        )
    return left


def _best_first(
    folder: Path, column: str, found: Sequence[Image], signs: Mapping[str, Signs], *, earliest: bool
) -> list[Image]:
    if len(found) == 1:
        return list(found)
    edges = [_longest_edge_mm(folder / image.path) for image in found]
    edge_of = {image.path: edge or 0.0 for image, edge in zip(found, edges, strict=True)} if all(edges) else {}
    times = [signs[image.path].time for image in found] if earliest else []
    timed = bool(times) and None not in times

    def rank(image: Image) -> tuple[object, ...]:
        words = " ".join(parted(label) for label in image.entities.values())
        run = image.entities.get("run", "0")
        number = int(run) if run.isdigit() else 0
        return (
            _MANUAL.search(image.path) is None,
            _shows_medium(image, column, signs),
            edge_of.get(image.path, 0.0),
            0 if find_words(_VOLUME, words) else 2 if find_words("2d", words) else 1,
            _DEFACED.search(image.name) is not None,
            not find_words("norm", words),
            len(image.entities) - ("run" in image.entities),
            signs[image.path].time if timed else 0.0,
            number if earliest else -number,
            image.path,
        )

    return sorted(found, key=rank)


def _shows_medium(image: Image, column: str, signs: Mapping[str, Signs]) -> bool:
    """True for one that may show contrast medium where others of its column do not."""
    if column == "t1":
        return signs[image.path].medium != "before"
    return column != "t1c" and image.entities.get("ce", "none").lower() not in ("none", "no", "pre")


def _longest_edge_mm(path: Path) -> float | None:
    """The longest edge of a voxel, to 0.1 mm, by the header of a NIfTI-1 file; `None` where it cannot be read."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            header = file.read(92)
        order = next(order for order in "<>" if struct.unpack_from(f"{order}i", header)[0] == 348)
        edges = struct.unpack_from(f"{order}3f", header, 80)
    except (OSError, EOFError, struct.error, StopIteration):
        return None
    return round(max(map(abs, edges)), 1) or None
