"""Methods paragraph, written from what the run did: nothing in it that its files do not prove."""

from __future__ import annotations

from collections.abc import Mapping

from gliomanet.reporting.study.facts.fact import Fact
from gliomanet.reporting.study.guidelines.guideline import known_facts
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section

PARAGRAPHS: Mapping[str, tuple[str, ...]] = {
    "Patients and data": (
        *("sources", "roles", "eligibility", "labels", "flow", "audit", "quality_decisions", "characteristics"),
        *("missing_data", "folds", "disjoint", "control"),
    ),
    "Images and features": (
        *("preprocessing", "resampling", "intensities", "modalities", "tumour_masks"),
        *("feature_extraction", "image_types", "discretisation", "features_left_out", "feature_count"),
    ),
    "Models": (
        *("models", "selection", "reference_model", "training", "scaling", "harmonisation", "imbalance"),
        *("initialisation", "pseudo_labels", "ensembling"),
    ),
    "Evaluation": (
        *("metrics", "uncertainty", "thresholds", "comparison", "heterogeneity", "subgroups", "calibration"),
        *("decision_curves", "decoding", "robustness", "segmentation_scores", "explanation"),
    ),
    "Software": ("software", "reproducibility"),
}
"""Heading → facts, in the order of the text."""


def section(results: StudyResults) -> Section:
    """The methods."""
    return Section("methods", "Methods, from the run", {"paragraphs": paragraphs(known_facts(results))})


def paragraphs(facts: Mapping[str, Fact]) -> list[tuple[str, str]]:
    """Heading and text of each paragraph that has something to say.

    Args:
        facts: name → fact, of those that the run knows.
    """
    told = {heading: [facts[name].text for name in names if name in facts] for heading, names in PARAGRAPHS.items()}
    return [(heading, " ".join(sentences)) for heading, sentences in told.items() if sentences]
