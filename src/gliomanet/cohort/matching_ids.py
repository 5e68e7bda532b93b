"""Ids of two sides, folders and the rows of a table, joined where they match but for how they are written.

Equal ids belong together first. What is left is compared without what programs and people write differently, one step
after the other; two ids belong together where the step leaves one of each side, and never where two candidates fit.

| step | alike |
| --- | --- |
| letter case | `SUB-01`, `sub-01` |
| prefix | `sub-01`, `01`, `patient_01`; endings of formats, `01_nifti`, `01.nii.gz` |
| separators | `sub-SITEA01`, `SITEA-01`; where one of the two has none; never between digits (`P1-1` is not `P11`) |
| zeros | `sub-1`, `sub-01`; `UCSF-PDGM-004`, `UCSF-PDGM-0004` |
| number | `4`, `UCSF-PDGM-0004`: all of one side are numbers, and all of the other have the same words before them |

The last step leaves a warning, the others a note.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from gliomanet.cohort.findings import Finding
from gliomanet.cohort.patient_keys import without_format
from gliomanet.cohort.remarks import repeat

Cells = TypeVar("Cells")

_PREFIX = re.compile(r"(?:sub|subj|subject|participant|patient|pat|pt|case|id)(?=[-_ .]|\d)[-_ .]?(?=.)")
_ENDING = re.compile(r"(?:\.nii(?:\.gz)?|\.zip|[-_ .](?:dicom|images?))$")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_NOT_BETWEEN_DIGITS = re.compile(r"(?<!\d)[^a-z0-9]+|[^a-z0-9]+(?![0-9]|[^a-z0-9])")
_NUMBERED = re.compile(r"(.*?)0*(\d+)")
_MOST_SHOWN = 3
_MOST_NAMED = 20


@dataclass(frozen=True)
class IdMatch:
    """The join of two sides.

    Attributes:
        row_of: id of an image → id of its row, equal ones too.
        how: step → pairs (image, row) that it joined.
        several: an id → ids of the other side that fit it as others do, or as they fit others; none is joined.
    """

    row_of: Mapping[str, str]
    how: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    several: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def findings(self, table: str) -> tuple[Finding, ...]:
        """Notes on what was joined, and a warning for each id that several fit.

        Args:
            table: the file of the rows.
        """
        found = []
        for step, pairs in self.how.items():
            shown = ", ".join(f"{row} with {image}" for image, row in pairs[:_MOST_SHOWN])
            more = ", …" if len(pairs) > _MOST_SHOWN else ""
            number = f"{len(pairs)} row{'s' * (len(pairs) > 1)} matched"
            said = f"{number} but for {step}: {shown}{more}"
            if step == _NUMBER:
                said = f"{number} by the number alone, whatever stands before it: {shown}{more}"
                action = "check that the table is of these patients; write the same ids in both"
                found.append(Finding("warning", "ids_matched_by_number", "", "", table, said, action))
            else:
                found.append(Finding("note", "ids_matched", "", "", table, said, "nothing, where they are the same"))
        action = "not joined: write the id of each row as its images have it"
        for identifier in sorted(self.several)[:_MOST_NAMED]:
            said = f"{identifier!r} and {' or '.join(map(repr, self.several[identifier]))} may be the same"
            found.append(Finding("warning", "ids_ambiguous", "", identifier, table, said, action))
        if len(self.several) > _MOST_NAMED:
            said = f"{len(self.several)} ids may be more than one other: {', '.join(sorted(self.several))}"
            found = [one for one in found if one.rule != "ids_ambiguous"]
            found.append(Finding("warning", "ids_ambiguous", "", "", table, said, action))
        return tuple(found)


def join_rows(images: Iterable[str], rows: Mapping[str, Cells], table: Path) -> dict[str, Cells]:
    """The rows of a table by the ids of their images, joined by `match_ids`; those without images keep their own id.

    What was joined, and what could not be, is left as remarks (`gliomanet.cohort.remarks`).

    Args:
        images: the ids of the images.
        rows: id in the table → row.
        table: the table, for messages.
    """
    match = match_ids(images, rows)
    repeat(match.findings(str(table)))
    image_of = {row: image for image, row in match.row_of.items()}
    return {image_of.get(row, row): cells for row, cells in rows.items()}


def match_ids(images: Iterable[str], rows: Iterable[str]) -> IdMatch:
    """Join the ids of images and rows, see this module's table.

    >>> match = match_ids(["sub-01", "sub-02", "sub-03"], ["sub-01", "2", "SUB-03", "sub-003"])
    >>> match.row_of, match.several
    ({'sub-01': 'sub-01', 'sub-02': '2'}, {'sub-003': ['sub-03']})
    """
    all_images, all_rows = list(dict.fromkeys(images)), list(dict.fromkeys(rows))
    known = set(all_rows)
    row_of = {image: image for image in all_images if image in known}
    taken = set(row_of.values())
    how: dict[str, list[tuple[str, str]]] = {}
    several: dict[str, list[str]] = {}
    named: set[str] = set()  # ids of either side that are in `several`: no later step joins them
    steps = _STEPS if len(row_of) < max(len(all_images), len(all_rows)) else {}
    for step, key in steps.items():
        left = [image for image in all_images if image not in row_of and image not in named]
        free = [row for row in all_rows if row not in taken and row not in named]
        if not left or not free:
            break
        if step == _NUMBER and not _one_side_is_numbers(all_images, all_rows):
            continue
        for mine, theirs in _groups(left, free, key):
            if len(mine) == len(theirs) == 1 and _separators_agree(step, mine[0], theirs[0]):
                row_of[mine[0]] = theirs[0]
                taken.add(theirs[0])
                how.setdefault(step, []).append((mine[0], theirs[0]))
            elif len(mine) > 1 or len(theirs) > 1:
                several |= dict.fromkeys(mine, theirs) if len(theirs) > 1 else {theirs[0]: mine}
                named.update(mine, theirs)
    fitting = _fitting_a_joined_one(all_images, all_rows, row_of, named)
    doubtful = {other for (other,) in fitting.values()}
    for step, pairs in how.items():
        # Two fit, and neither is equal: which one is right cannot be known.
        how[step] = [(image, row) for image, row in pairs if not doubtful & {image, row}]
        for image, _ in set(pairs) - set(how[step]):
            del row_of[image]
    how = {step: pairs for step, pairs in how.items() if pairs}
    several |= fitting
    return IdMatch(row_of, how, several)


def _fitting_a_joined_one(
    images: Sequence[str], rows: Sequence[str], row_of: Mapping[str, str], named: Set[str]
) -> dict[str, list[str]]:
    """Ids that are left and look like one of the other side that is joined already."""
    if len(row_of) == len(images) == len(rows):
        return {}
    row_keys = {_without_zeros(row): row for row in row_of.values()}
    image_keys = {_without_zeros(image): image for image in row_of}
    found = {}
    taken = set(row_of.values())
    for ids, joined, keys in ((rows, taken, image_keys), (images, row_of.keys(), row_keys)):
        for left in ids:
            if left not in joined and left not in named and (other := keys.get(_without_zeros(left))):
                found[left] = [other]
    return found


def _groups(images: Iterable[str], rows: Iterable[str], key: Callable[[str], str]) -> list[tuple[list[str], list[str]]]:
    """Images and rows of each key that both sides have."""
    groups: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, ids in enumerate((images, rows)):
        for identifier in ids:
            groups[key(identifier)][side].append(identifier)
    return [group for name, group in groups.items() if name and all(group)]


def _without_prefix(identifier: str) -> str:
    key = without_format(_ENDING.sub("", identifier.strip().lower()))
    while match := _PREFIX.match(key):
        key = key[match.end() :]
    return key


def _without_separators(identifier: str) -> str:
    return _SEPARATORS.sub("-", _NOT_BETWEEN_DIGITS.sub("", _without_prefix(identifier)))


def _without_zeros(identifier: str) -> str:
    parts = re.findall(r"\d+|[a-z]+", _without_prefix(identifier))
    return "-".join(part.lstrip("0") or "0" if part.isdigit() else part for part in parts)


def _number(identifier: str) -> str:
    match = _NUMBERED.fullmatch(_without_prefix(identifier))
    return match[2] if match else ""


def _words_before(identifier: str) -> str | None:
    """The words before an id's number; `None` for one that does not end in a number, or has two."""
    match = _NUMBERED.fullmatch(_without_prefix(identifier))
    return None if match is None or re.search(r"\d", match[1]) else _SEPARATORS.sub("", match[1])


def _one_side_is_numbers(images: Iterable[str], rows: Iterable[str]) -> bool:
    sides = [{_words_before(identifier) for identifier in side} for side in (images, rows)]
    return all(len(side) == 1 and None not in side for side in sides) and {""} in sides


def _separators_agree(step: str, one: str, other: str) -> bool:
    """False where both ids have separators, in different places: `A1-11` is not `A11-1`."""
    if step != _SEPARATED:
        return True
    return not all(_SEPARATORS.search(_without_prefix(identifier)) for identifier in (one, other))


_SEPARATED, _NUMBER = "separators", "number"
_STEPS: Mapping[str, Callable[[str], str]] = {
    "letter case": str.lower,
    "prefix": _without_prefix,
    _SEPARATED: _without_separators,
    "zeros": _without_zeros,
    _NUMBER: _number,
}
