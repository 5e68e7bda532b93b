"""Groups of patients within which a task is harder, and truer, than in the pool.

Pooled metrics hide that a model may only tell glioblastoma from the rest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gliomanet.evaluation.predictions import Cases

ALL = "all"

_WITHIN: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "idh": {"grade=2-3": ("grade", ("2", "3"))},
    "codel_1p19q": {"idh=mutant": ("idh", ("mutant",))},
    "grade": {"idh=wildtype": ("idh", ("wildtype",)), "idh=mutant": ("idh", ("mutant",))},
}
"""Label that is predicted → subset's name → the true label, and its values, that form it."""

_OF_FURTHER_LABELS = _WITHIN["grade"]
"""Molecular labels go with IDH (of the IDH-mutant tumours of UCSF, UTSW and UPENN whose MGMT is known, 58 of 71 are
methylated), so they are looked at within it, too."""


def subsets(label: str, cases: Cases) -> dict[str, NDArray[np.bool_]]:
    """The subsets of a task's label, as masks over all cases: `all` first."""
    masks = {ALL: np.ones(cases.case_id.size, dtype=bool)}
    for name, (within, values) in _WITHIN.get(label, _OF_FURTHER_LABELS).items():
        masks[name] = np.isin(cases.labels[within], values)
    return masks
