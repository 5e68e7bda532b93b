"""Sections of the page, a file each, in the order in which they are read.

A new section is a module with `section(results) -> Section | None`, its template in `templates/sections/`, and a line
here. A section decides itself whether it has something to say.
"""

from __future__ import annotations

from collections.abc import Callable

from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.sections import (
    audit,
    biomarkers,
    calibration,
    clinical,
    cohort,
    comparisons,
    confusion,
    contradictions,
    decision_curves,
    decoding,
    features,
    guidelines,
    headline,
    made_with,
    methods,
    metrics,
    modality_subsets,
    permutation,
    pseudo_labels,
    quality,
    reading,
    roc,
    segmentation,
    survival,
    uncertainty,
)

SECTIONS: tuple[Callable[[StudyResults], Section | None], ...] = (
    headline.section,
    calibration.section,
    decision_curves.section,
    uncertainty.section,
    cohort.section,
    methods.section,
    audit.section,
    quality.section,
    features.section,
    metrics.section,
    roc.section,
    comparisons.section,
    clinical.section,
    permutation.section,
    confusion.section,
    contradictions.section,
    decoding.section,
    segmentation.section,
    survival.section,
    modality_subsets.section,
    biomarkers.section,
    pseudo_labels.section,
    guidelines.section,
    reading.section,
    made_with.section,
)
