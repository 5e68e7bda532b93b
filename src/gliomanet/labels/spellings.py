"""Spellings of cells: plain ones, and those that mean *not known*. What trains never reads them."""

from __future__ import annotations

import re
import unicodedata

_HYPHENS = re.compile("[\u2010-\u2015\u2212]")
_MISSING = (
    "|-1|?|indeterminate|n/a|na|nan|none|nec|nos|nos/nec|not applicable|not available|not determined|not reported|null"
    "|unavailable|unknown|<na>|[not applicable]|[not available]|[not evaluated]|[unknown]|'--"
)


MISSING_SPELLINGS = frozenset(_MISSING.split("|"))
"""Plain spellings of *not known*, for every column."""


def plain(raw: str) -> str:
    """Lower case, single spaces, and no ".0": spreadsheets turn the code 1 into 1.0.

    Other signs for a hyphen, and digits of other scripts, are the usual ones.

    >>> plain("  Wild   Type"), plain("1.0"), plain("wild\u2013type")
    ('wild type', '1', 'wild-type')
    """
    if not raw.isascii():
        raw = _HYPHENS.sub("-", unicodedata.normalize("NFKC", raw))
    spelling = " ".join(raw.split()).lower()
    return re.sub(r"(?<=\d)\.0+$", "", spelling)
