"""Conventions of tumour mask codes: the part of the tumour that each code of a centre's masks is.

A mask's codes alone do not tell their meaning: 1 and 2 are core and oedema in BraTS, oedema and core in nnU-Net. So a
convention is declared, by a centre's key or by a case table's column `mask_codes`, and never guessed from a mask.

- `brats`: 1 core, 2 oedema, 4 enhancing. BraTS 2017 to 2021 (Baid et al., arXiv:2107.02314), GLISTRboost, FeTS, CaPTk.
- `brats-2013`: 1 necrosis, 2 oedema, 3 non-enhancing core, 4 enhancing. BraTS 2013 to 2016 (Menze et al., IEEE
  Transactions on Medical Imaging 34:1993, 2015).
- `brats-2023`: 1 core (NETC), 2 oedema (SNFH), 3 enhancing, 4 resection cavity. BraTS 2023 to 2025 (de Verdier et al.,
  arXiv:2405.18368).
- `nnunet`, `msd`: 1 oedema, 2 core, 3 enhancing. nnU-Net's tasks 082 and 137 (MIC-DKFZ/nnUNet#1160), and Task01 of the
  Medical Segmentation Decathlon (Antonelli et al., Nature Communications 13:4128, 2022).
- `hd-glio`: 1 abnormal in T2 or FLAIR (taken as oedema; necrosis is in it), 2 enhancing (CCI-Bonn/HD-GLIO#12).
- `binary`: one code, the whole tumour; its parts are not told.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gliomanet.errors import Problem, ProblemError

STORED = {"core": 1, "oedema": 2, "enhancing": 4, "tumour": 1, "cavity": 0}
"""Part → its code in preprocessed masks: a tumour whose parts are not told is kept as 1, a resection cavity is none."""

HIGHEST_CODE = 255


@dataclass(frozen=True)
class MaskConvention:
    """One convention.

    Attributes:
        name: as it is declared: the convention's name, or the parts as text, `core=2 oedema=1 enhancing=3`.
        codes: part → its codes; empty for `binary`, where any one code is the tumour.
        declared: false where nothing says which convention it is, and the usual one is tried.
    """

    name: str
    codes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    declared: bool = True

    @property
    def part_of(self) -> dict[int, str]:
        """Code → part."""
        return {code: part for part, codes in self.codes.items() for code in codes}

    @property
    def tells_parts(self) -> bool:
        """False where the whole tumour is outlined, and no more."""
        return bool(self.codes) and "tumour" not in self.codes

    @property
    def stored(self) -> tuple[int, ...]:
        """The code in preprocessed masks of each code from 0 to 255; 0 of a code that it has not."""
        part_of = self.part_of
        return tuple(STORED[part_of[code]] if code in part_of else 0 for code in range(HIGHEST_CODE + 1))

    def __str__(self) -> str:
        """`nnunet (1 oedema, 2 core, 3 enhancing)`."""
        parts = ", ".join(f"{code} {part}" for code, part in sorted(self.part_of.items()))
        return f"{self.name} ({parts or 'one code: the whole tumour'})"


NAMED: Mapping[str, MaskConvention] = {
    convention.name: convention
    for convention in (
        MaskConvention("brats", {"core": (1,), "oedema": (2,), "enhancing": (4,)}),
        MaskConvention("brats-2013", {"core": (1, 3), "oedema": (2,), "enhancing": (4,)}),
        MaskConvention("brats-2023", {"core": (1,), "oedema": (2,), "enhancing": (3,), "cavity": (4,)}),
        MaskConvention("nnunet", {"oedema": (1,), "core": (2,), "enhancing": (3,)}),
        MaskConvention("msd", {"oedema": (1,), "core": (2,), "enhancing": (3,)}),
        MaskConvention("hd-glio", {"oedema": (1,), "enhancing": (2,)}),
        MaskConvention("binary"),
    )
}
"""Name → convention."""

UNDECLARED = MaskConvention("brats", NAMED["brats"].codes, declared=False)
"""Tried where nothing is declared; a mask of the single code 1 or 255 is then one of the whole tumour."""

ALLOWED = (
    "allowed: brats (BraTS 2017 to 2021), brats-2013 (2013 to 2016), brats-2023 (2023 to 2025), nnunet, msd, hd-glio, "
    "binary, or the codes of each part, as core=2 oedema=1 enhancing=3"
)


def convention_of(text: str) -> MaskConvention:
    """The convention that a cell of the column `mask_codes` declares; "" declares none.

    Args:
        text: a name, or the parts with their codes, `core=2 oedema=1 enhancing=3+4`.

    Raises:
        ProblemError: neither, or parts that contradict each other, see `mapped`.

    >>> str(convention_of("oedema=1 core=2"))
    'core=2 oedema=1 (1 oedema, 2 core)'
    """
    text = text.strip()
    if not text:
        return UNDECLARED
    if text.lower() in NAMED:
        return NAMED[text.lower()]
    if "=" not in text:
        close = difflib.get_close_matches(text.lower(), NAMED, n=1, cutoff=0.8)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ProblemError(Problem(f"{text!r} is no convention", hint + ALLOWED, rule="unknown_mask_convention"))
    parts: dict[str, list[object]] = {}
    for word in text.split():
        part, sign, codes = word.partition("=")
        if not sign or part in parts:
            raise ProblemError(Problem(f"{text!r} is no list of parts", ALLOWED, rule="unknown_mask_convention"))
        parts[part] = [int(code) if code.isascii() and code.isdigit() else code for code in codes.split("+")]
    return mapped(parts)


def mapped(parts: Mapping[str, Sequence[object]]) -> MaskConvention:
    """The convention that a mapping of parts to their codes is.

    Args:
        parts: `core`, `oedema`, `enhancing`, `cavity` (no tumour), or `tumour` for one whose parts are not told → codes
            from 1 to 255, each of one part.

    Raises:
        ProblemError: another part, no code or an impossible one, a code of two parts, nothing that is tumour, or
            `tumour` beside its own parts.
    """
    seen: dict[int, str] = {}
    for part, codes in parts.items():
        if part not in STORED:
            found = f"{part!r} is no part of a tumour mask"
            raise ProblemError(Problem(found, f"allowed: {', '.join(STORED)}", rule="unknown_mask_part"))
        if not codes:
            action = "list its codes, or leave the part out"
            raise ProblemError(Problem("no code", action, key=part, rule="mask_part_without_code"))
        for code in codes:
            if isinstance(code, bool) or not isinstance(code, int) or not 1 <= code <= HIGHEST_CODE:
                action = f"allowed: whole numbers from 1 to {HIGHEST_CODE}; 0 is the background"
                raise ProblemError(Problem(f"found {code!r}", action, key=part, rule="impossible_mask_code"))
            if code in seen:
                found = f"the code {code} is {seen[code]} and {part}" if seen[code] != part else f"{code} stands twice"
                raise ProblemError(Problem(found, "a code has one meaning", key=part, rule="mask_code_twice"))
            seen[code] = part
    told = set(seen.values()) - {"tumour", "cavity"}
    if not set(seen.values()) - {"cavity"}:
        action = "name the codes of core, oedema and enhancing, or of tumour"
        raise ProblemError(Problem("no code is tumour", action, rule="no_tumour_code"))
    if "tumour" in parts and told:
        found = f"`tumour` is one whose parts are not told, and stands beside {', '.join(sorted(told))}"
        raise ProblemError(Problem(found, "keep one of both", key="tumour", rule="mask_parts_told_and_not"))
    ordered = {part: tuple(sorted(code for code, of in seen.items() if of == part)) for part in STORED if part in parts}
    text = " ".join(f"{part}={'+'.join(map(str, codes))}" for part, codes in ordered.items())
    return MaskConvention(text, ordered)


def cell_of(declared: str | Mapping[str, Sequence[int]] | None) -> str:
    """A centre's key `mask_codes` as a cell of that column; "" for none."""
    if declared is None or isinstance(declared, str):
        return declared or ""
    return mapped(declared).name
