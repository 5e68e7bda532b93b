"""Tumour mask codes: what collections write, brought to one meaning by the convention that is declared for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gliomanet.errors import CaseError, Problem
from gliomanet.imaging.mask_layout import TumourLayout, better_conventions, tumour_layout
from gliomanet.imaging.volume import Volume
from gliomanet.mask_conventions import NAMED, UNDECLARED, MaskConvention

CODES = {1: "core or necrosis", 2: "oedema", 4: "enhancing"}

_WHOLE_ALONE = (1, 255)
_MOST_CODES = 12
_DECLARE = "the centre's key `mask_codes`, or the column of that name in its case table"


def harmonize_codes(
    mask: Volume, case_id: str, path: Path, convention: MaskConvention = UNDECLARED
) -> tuple[Volume, str]:
    """A tumour mask in the codes 0, 1 (core, necrosis, non-enhancing), 2 (oedema), 4 (enhancing), and what was done.

    A resection cavity becomes 0. A tumour whose parts are not told becomes 1, see `parts_told`.

    Args:
        mask: codes as they came.
        case_id: for errors.
        path: its file, for errors.
        convention: their declared meaning.

    Raises:
        CaseError: a code that the convention has not; which conventions have it, and what to write.
    """
    codes = sorted(int(code) for code in np.unique(mask.array) if code)
    if not codes:
        return mask, "empty"
    if not parts_told(mask, convention) and not convention.codes.get("tumour"):
        if len(codes) == 1:
            whole = mask.with_array((mask.array > 0).astype(np.uint8))
            return whole, f"binary ({codes[0]}): the whole tumour, its parts not told"
        action = "remove the key, or write `{tumour: [1, 2]}` with all codes that are tumour"
        raise _defect(f"{_listed(codes)}, and binary allows one", action, case_id, path)
    if set(codes) - convention.part_of.keys():
        raise _unknown_codes(mask, codes, convention, case_id, path)
    stored = convention.stored
    if all(stored[code] == code for code in codes):
        return mask, "codes kept"
    parts = ", ".join(f"{code} → {stored[code]} {convention.part_of[code]}" for code in codes)
    return mask.with_array(np.array(stored, np.uint8)[mask.array]), f"{convention.name}: {parts}"


def parts_told(mask: Volume, convention: MaskConvention) -> bool:
    """False where a mask outlines the whole tumour only: so declared, or nothing is and its only code is 1 or 255."""
    if convention.declared:
        return convention.tells_parts
    codes = [int(code) for code in np.unique(mask.array) if code]
    return not (len(codes) == 1 and codes[0] in _WHOLE_ALONE)


def contradiction(mask: Volume, convention: MaskConvention) -> Problem | None:
    """The contradiction between a mask's layout and the declared meaning of its codes; `None` where there is none.

    Args:
        mask: codes as they came.
        convention: their declared meaning.
    """
    if not parts_told(mask, convention):
        return None
    if not convention.declared and (problem := _lone_code(mask, convention)) is not None:
        return problem
    layout = tumour_layout(mask, convention)
    if not layout.contradicts:
        return None
    found = f"read as {_called(convention)}, {layout}"
    return Problem(found, _what_to_do(mask, convention, layout), rule="mask_contradicts_codes")


def _lone_code(mask: Volume, convention: MaskConvention) -> Problem | None:
    """A mask of one code that is read as one part of a tumour, and nobody has said so."""
    codes = [int(code) for code in np.unique(mask.array) if code]
    if len(codes) != 1 or codes[0] not in convention.part_of:
        return None
    found = f"{_listed(codes)} alone, read as {convention.part_of[codes[0]]}: {_called(convention)}"
    action = f"say what it means, `binary` if it is the whole tumour: {_DECLARE}"
    return Problem(found, action, rule="mask_of_one_code")


def _what_to_do(mask: Volume, convention: MaskConvention, layout: TumourLayout) -> str:
    """The remedy for a layout that contradicts the codes: declare another convention, or resample the labels."""
    better = better_conventions(mask, convention)
    named = f"if the codes are those of {' or '.join(str(NAMED[name]) for name in better)}, say so: {_DECLARE}"
    if layout.looks_interpolated:
        shell = f"{layout.thin:.0%} of that rim is one voxel thin, as of labels that were interpolated linearly"
        again = "resample the original mask by nearest neighbour"
        return "; ".join([shell, again, *([named] if better else [])])
    return named if better else f"look at the mask beside FLAIR and T1c, and declare its codes: {_DECLARE}"


def _unknown_codes(mask: Volume, codes: list[int], convention: MaskConvention, case_id: str, path: Path) -> CaseError:
    if len(codes) > _MOST_CODES:
        found = f"holds {len(codes)} different codes from {codes[0]} to {codes[-1]}: an image in the place of a mask?"
        return _defect(found, "name the mask's file", case_id, path)
    found = f"{_listed(codes)}, and {_called(convention)} has {', '.join(map(str, sorted(convention.part_of)))}"
    having = [
        other for other in NAMED.values() if (set(codes) <= other.part_of.keys() if other.codes else len(codes) == 1)
    ]
    if not having:
        example = "`{core: [1], oedema: [2], enhancing: [4]}`"
        action = f"no convention has them all; say what each is, as {example}: {_DECLARE}"
        return _defect(found, action, case_id, path)
    again = ""
    # Between 4 and 0 interpolation leaves 1, 2 and 3.
    if set(codes) == {1, 2, 3, 4} and tumour_layout(mask, NAMED["brats-2013"]).looks_interpolated:
        found += "; a shell of one voxel's 1 round the tumour looks like labels that were interpolated linearly"
        again = "if they were, resample the original mask by nearest neighbour; else "
    fitting = better_conventions(mask, convention)
    layout = f" (by the parts' places {' or '.join(fitting)})" if 0 < len(fitting) < len(having) else ""
    action = f"{again}these have them all{layout}: {'; '.join(map(str, having))}. Say which it is: {_DECLARE}"
    return _defect(found, action, case_id, path)


def _called(convention: MaskConvention) -> str:
    return convention.name if convention.declared else f"{convention.name} (no convention is declared)"


def _listed(codes: list[int]) -> str:
    return f"holds the code{'s' * (len(codes) > 1)} {', '.join(map(str, codes))}"


def _defect(found: str, action: str, case_id: str, path: Path) -> CaseError:
    place = {"image": "tumour_mask", "file": str(path), "case": case_id}
    return CaseError(Problem(found, action, rule="unknown_mask_codes").at(**place))
