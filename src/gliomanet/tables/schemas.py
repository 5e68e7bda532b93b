"""Every table of the results, in the order of the study's stages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain

from gliomanet.tables import (
    cohort,
    differences,
    evaluation,
    explanation,
    patient,
    permutation,
    prediction,
    review,
    site,
    survival,
    tracking,
    uncertainty,
)
from gliomanet.tables.columns import PLACEHOLDER, Schema

SECTIONS: Mapping[str, tuple[Schema, ...]] = {
    "Cohort and images": cohort.TABLES,
    "Predictions": prediction.TABLES,
    "Evaluation": (*evaluation.TABLES, *uncertainty.TABLES, *permutation.TABLES, *survival.TABLES),
    "Explanation": explanation.TABLES,
    "Tracking": (tracking.TRACKED_RUNS,),
    "Patients (below the folder of `gliomanet predict --cases TABLE --out`)": (patient.PATIENTS,),
    "Readers (exported by the app's reviewer mode)": (review.REVIEW_SCORES,),
    "A hospital that keeps its scans (below the folder of `gliomanet predict --export`)": site.TABLES,
    "Two studies compared (below the folder of `gliomanet diff --out`)": differences.TABLES,
}
"""Heading → its tables."""

SCHEMAS: tuple[Schema, ...] = tuple(chain.from_iterable(SECTIONS.values()))

TEXT = frozenset(
    column.name for schema in SCHEMAS for column in schema.columns if column.kind == "text" and not column.placeholder
)
"""Columns that stay text even where every cell looks like a number."""


def schema_of(path: str) -> Schema:
    """The schema of the table at a path.

    Args:
        path: path below the results folder, such as `evaluation/metrics.tsv`.

    Raises:
        KeyError: no table of the results lies there.
    """
    fitting = [
        (len(PLACEHOLDER.sub("", pattern)), schema)
        for schema in SCHEMAS
        for pattern in schema.paths
        if _expression(pattern).fullmatch(path)
    ]
    if not fitting:
        raise KeyError(f"{path}: no table of the results lies there; see gliomanet.tables.schemas")
    return max(fitting, key=lambda found: found[0])[1]  # `biomarkers/recovery.tsv` is not that of a model


def _expression(pattern: str) -> re.Pattern[str]:
    parts = PLACEHOLDER.split(pattern)
    return re.compile("".join("[^/]+" if place % 2 else re.escape(part) for place, part in enumerate(parts)))
