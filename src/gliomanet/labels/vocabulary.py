"""Labels and their values, and the spellings that mean *not known*."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Vocabulary = Mapping[str, tuple[str, ...]]
"""Label column → its values, in the order of the class axis. An unknown label is an empty cell."""


VOCABULARY: dict[str, tuple[str, ...]] = {
    "idh": ("wildtype", "mutant"),
    "codel_1p19q": ("intact", "codeleted"),
    "grade": ("2", "3", "4"),
}
"""The labels that every case table has; a study's own vocabulary holds its further labels, too."""


MISSING = -1
"""The class index of a case whose label is unknown: masked in every loss and left out of every figure."""


def vocabulary_of(labels: Mapping[str, Sequence[str]]) -> Vocabulary:
    """The labels of every case table, then a study's further ones: name → values in class order."""
    return {**VOCABULARY, **{name: tuple(values) for name, values in labels.items()}}


def further_labels(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The labels that a study has beside those of every case table."""
    return tuple(label for label in vocabulary if label not in VOCABULARY)


_MISSING = (
    "|-1|?|indeterminate|n/a|na|nan|none|nec|nos|nos/nec|not available|not determined|not reported|null|unavailable"
    "|unknown|<na>"
)


MISSING_SPELLINGS = frozenset(_MISSING.split("|"))
"""Plain spellings of *not known*, for every column."""


def plain(raw: str) -> str:
    """Lower case, single spaces, and no ".0": spreadsheets turn the code 1 into 1.0."""
    spelling = " ".join(raw.split()).lower()
    return re.sub(r"(?<=\d)\.0+$", "", spelling)
