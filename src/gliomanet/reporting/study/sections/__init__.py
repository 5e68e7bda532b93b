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
    cohort,
    comparisons,
    confusion,
    contradictions,
    decoding,
    features,
    headline,
    made_with,
    metrics,
    modality_subsets,
    permutation,
    pseudo_labels,
    quality,
    reading,
    segmentation,
    uncertainty,
)

SECTIONS: tuple[Callable[[StudyResults], Section | None], ...] = (
    headline.section,
    cohort.section,
    audit.section,
    quality.section,
    features.section,
    metrics.section,
    calibration.section,
    uncertainty.section,
    contradictions.section,
    decoding.section,
    confusion.section,
    segmentation.section,
    comparisons.section,
    permutation.section,
    modality_subsets.section,
    biomarkers.section,
    pseudo_labels.section,
    reading.section,
    made_with.section,
)
