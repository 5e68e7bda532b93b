"""Labels and their values."""

from __future__ import annotations

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
"""The class index of a case whose label is unknown: masked in every loss and left out of every metric."""


def vocabulary_of(labels: Mapping[str, Sequence[str]]) -> Vocabulary:
    """The labels of every case table, then a study's further ones: name → values in class order.

    >>> vocabulary_of({"mgmt": ["unmethylated", "methylated"]})["mgmt"]
    ('unmethylated', 'methylated')
    """
    return {**VOCABULARY, **{name: tuple(values) for name, values in labels.items()}}


def further_labels(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The labels that a study has beside those of every case table."""
    return tuple(label for label in vocabulary if label not in VOCABULARY)
