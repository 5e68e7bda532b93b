"""Spellings of cells: plain ones, and those that mean *not known*. What trains never reads them."""

from __future__ import annotations

import re

_MISSING = (
    "|-1|?|indeterminate|n/a|na|nan|none|nec|nos|nos/nec|not available|not determined|not reported|null|unavailable"
    "|unknown|<na>"
)


MISSING_SPELLINGS = frozenset(_MISSING.split("|"))
"""Plain spellings of *not known*, for every column."""


def plain(raw: str) -> str:
    """Lower case, single spaces, and no ".0": spreadsheets turn the code 1 into 1.0.

    >>> plain("  Wild   Type"), plain("1.0")
    ('wild type', '1')
    """
    spelling = " ".join(raw.split()).lower()
    return re.sub(r"(?<=\d)\.0+$", "", spelling)
