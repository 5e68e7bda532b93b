"""The truth planted in phantoms: every patient's labels, and the radiomic features that they can be measured by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.phantom.further_labels import true_further_labels
from gliomanet.phantom.patients import plan_center
from gliomanet.tables.cohort import PHANTOM_LABELS, PHANTOM_TRUTH

if TYPE_CHECKING:
    from gliomanet.config.sources import PhantomSource, Shortcut

_Row = tuple[str, str, str, str, str, str, str]

REGION = "whole"
"""The region that the features are measured in: every code of the tumour mask."""

_ENHANCES = "grade 4 enhances in a ring, IDH-mutant tumours little"
_EVENLY_BRIGHT = "the bulk of IDH-mutant tumours is bright on T2; in grade 4 necrosis stands out of darker tissue"
_CALCIFIED = "oligodendroglioma holds dark calcified speckles"

SIGNALS: tuple[tuple[str, str, str, str], ...] = (
    # feature, label, direction in the label's positive class, why
    ("t1c_firstorder_90Percentile", "idh", "-", _ENHANCES),
    ("t1c_firstorder_Variance", "idh", "-", _ENHANCES),
    ("t2_firstorder_Skewness", "idh", "-", _EVENLY_BRIGHT),
    ("t1c_firstorder_90Percentile", "grade", "+", _ENHANCES),
    ("t1c_firstorder_Variance", "grade", "+", "a dark necrosis inside a bright ring"),
    ("t2_firstorder_Skewness", "grade", "+", _EVENLY_BRIGHT),
    ("mask_shape_MeshVolume", "grade", "+", "grade 4 has wide oedema"),
    ("t2_firstorder_10Percentile", "codel_1p19q", "-", _CALCIFIED),
    ("t2_glcm_Contrast", "codel_1p19q", "+", _CALCIFIED),
    ("t2_glcm_Idmn", "codel_1p19q", "-", _CALCIFIED),
    ("flair_glcm_Correlation", "codel_1p19q", "-", _CALCIFIED),
)
"""Features that differ between the classes in every centre. Others may differ too: they share the same causes."""

MARKED = ("flair_firstorder_Mean", "flair_firstorder_Median", "flair_firstorder_90Percentile")
"""Features that a shortcut moves; elsewhere they differ little between the classes of IDH, mutants being lower."""


def truth_table(centers: Mapping[str, PhantomSource]) -> pd.DataFrame:
    """Every planted difference between classes, one row per feature, label and centre.

    Args:
        centers: the phantom centres by key.

    Returns:
        Rows of `PHANTOM_TRUTH`. `direction` is the sign of the difference between a label's positive class (mutant,
        codeleted, grade 4) and the rest, in images z-scored inside the brain; `kind` is `signal` (holds in every
        centre; `center` is `all`) or `shortcut` (made by the scanner of the one centre that is named).
    """
    rows: list[_Row] = [(feature, REGION, label, sign, "signal", "all", why) for feature, label, sign, why in SIGNALS]
    for name, source in centers.items():
        if source.shortcut is not None:
            rows += _shortcut_rows(name, source.shortcut)
    return pd.DataFrame(rows, columns=PHANTOM_TRUTH.names())


def true_labels(
    centers: Mapping[str, PhantomSource], seed: int, labels: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Every label of every phantom patient, those included that its case table leaves out.

    Args:
        centers: the phantom centres by key.
        seed: the study's seed.
        labels: the study's further labels and their values.

    Returns:
        One row per case: `center`, `case_id`, `idh`, `codel_1p19q`, `grade`, and one column per further label.
    """
    rows = []
    for name, source in centers.items():
        further = true_further_labels(labels or {}, name, source, seed)
        for number, patient in enumerate(plan_center(name, source, seed)):
            dealt = {label: values[number] for label, values in further.items()}
            rows.append({"center": name, "case_id": patient.case_id, **patient.state._asdict(), **dealt})
    return pd.DataFrame(rows, columns=PHANTOM_LABELS.names(label=tuple(labels or ())))


def _shortcut_rows(center_id: str, shortcut: Shortcut) -> list[_Row]:
    sign = "+" if shortcut.value == VOCABULARY[shortcut.label][-1] else "-"
    why = f"this centre's scanner adds {shortcut.strength:g} of white matter to FLAIR in tumours of {shortcut.label} "
    return [(feature, REGION, shortcut.label, sign, "shortcut", center_id, why + shortcut.value) for feature in MARKED]
