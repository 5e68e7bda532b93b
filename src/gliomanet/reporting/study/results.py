"""Tables of a finished study, each read once: all that the page is made of."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from gliomanet.labels.tasks import Task
from gliomanet.layout import Layout
from gliomanet.models.artifact import ModelDescription
from gliomanet.reporting.study.missing_cases import missing_cases
from gliomanet.reporting.study.tidy import tidy_metrics
from gliomanet.reporting.study.versions import gathered_versions
from gliomanet.tables.io import read_table


@dataclass(frozen=True)
class StudyResults:
    """Results of a study.

    Attributes:
        study: its configuration as plain values, every default named.
        cases: all centres' case tables, one below the other.
        splits: `results/splits.tsv`.
        metrics: `results/evaluation/metrics.tsv`.
        confusion: `results/evaluation/confusion.tsv`.
        comparisons: `results/evaluation/comparisons.tsv`.
        decoding: `results/evaluation/decoding.tsv`.
        prediction_sets: `results/evaluation/prediction_sets.tsv`.
        risk_coverage: `results/evaluation/risk_coverage.tsv`, beside it.
        recalibration: `results/evaluation/calibration.tsv`: slopes and intercepts; None: older results without.
        calibration_curves: `results/evaluation/calibration_curves.tsv`, beside it.
        decision_curves: `results/evaluation/decision_curves.tsv`, beside it.
        roc_curves: `results/evaluation/roc_curves.tsv`, beside it.
        survival_groups: `results/evaluation/survival_groups.tsv`; None: no case table tells of survival.
        survival_curves: `results/evaluation/survival_curves.tsv`, beside it.
        survival_models: `results/evaluation/survival_models.tsv`, beside it.
        survival_hazards: `results/evaluation/survival_hazards.tsv`, beside it.
        segmentation: `results/evaluation/segmentation.tsv`; None: no model segments.
        modality_subsets: `results/evaluation/modality_subsets.tsv`; None: subsets of modalities were not predicted.
        modality_significance: `results/evaluation/modality_significance.tsv`, beside it.
        permutation: `results/evaluation/permutation.tsv`; None: `snakemake permutation_test` was not run.
        permutation_draws: `results/evaluation/permutation_draws.tsv`, beside it.
        predictions: model → `results/predictions/<model>.tsv`.
        calibration: all models' temperatures, the tables of `results/calibration/`; None: the study does not calibrate.
        biomarkers: model → `results/biomarkers/<model>.tsv`.
        search: model → `results/explanations/<model>.search.tsv`: how much was tested, linked and kept.
        links: model → `results/explanations/<model>.links.tsv.gz`.
        shap_values: model → `results/explanations/<model>.tsv.gz`.
        explained: model → `results/explanations/<model>.folds.tsv`.
        examples: model → picture of cases of low and high value; none in a study of feature tables.
        recovery: planted truth beside what was found; None: no patient is simulated.
        pseudo_labels: the pseudo-label tables with the columns `model`, `stage` and `fold` added; None: there are none.
        pseudo_label_accuracy: `results/pseudo_labels/accuracy.tsv`.
        audit: `results/cohort/audit.tsv`; None: no audit was run.
        feature_findings: `results/audit/features/findings.tsv`; None: no audit was run.
        void_features: `results/audit/features/void.tsv`, beside it.
        prediction_findings: `results/audit/predictions/findings.tsv`; None: no audit was run.
        qc: all centres' quality tables; None in a study of feature tables.
        sent_quality: centre whose hospital keeps its scans → the summary that it sent.
        sheets: centre → contact sheet (PNG).
        models: descriptions of every trained model.
        versions: software → version, see `gathered_versions`.
    """

    study: Mapping[str, Any]
    cases: pd.DataFrame
    splits: pd.DataFrame
    metrics: pd.DataFrame
    confusion: pd.DataFrame
    comparisons: pd.DataFrame
    decoding: pd.DataFrame | None = None
    prediction_sets: pd.DataFrame | None = None
    risk_coverage: pd.DataFrame | None = None
    recalibration: pd.DataFrame | None = None
    calibration_curves: pd.DataFrame | None = None
    decision_curves: pd.DataFrame | None = None
    roc_curves: pd.DataFrame | None = None
    survival_groups: pd.DataFrame | None = None
    survival_curves: pd.DataFrame | None = None
    survival_models: pd.DataFrame | None = None
    survival_hazards: pd.DataFrame | None = None
    segmentation: pd.DataFrame | None = None
    modality_subsets: pd.DataFrame | None = None
    modality_significance: pd.DataFrame | None = None
    permutation: pd.DataFrame | None = None
    permutation_draws: pd.DataFrame | None = None
    predictions: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    calibration: pd.DataFrame | None = None
    biomarkers: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    search: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    links: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    shap_values: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    explained: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    examples: Mapping[str, Path] = field(default_factory=dict)
    recovery: pd.DataFrame | None = None
    pseudo_labels: pd.DataFrame | None = None
    pseudo_label_accuracy: pd.DataFrame | None = None
    audit: pd.DataFrame | None = None
    feature_findings: pd.DataFrame | None = None
    void_features: pd.DataFrame | None = None
    prediction_findings: pd.DataFrame | None = None
    qc: pd.DataFrame | None = None
    sent_quality: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    sheets: Mapping[str, Path] = field(default_factory=dict)
    models: tuple[ModelDescription, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, layout: Layout, study: Mapping[str, Any], files: Iterable[Path]) -> StudyResults:
        """Read a finished study.

        Args:
            layout: places of the study's files.
            study: its configuration, `Study.model_dump()`.
            files: the study's files, in the order in which models and centres are shown. The folder may hold others
                besides, left from an earlier configuration.

        Raises:
            ValueError: a file is none that the page is made of, or a JSON file cannot be read.
            ModelError: a `model.json` is no description of a model.
            KeyError: a table that every study has is not among the files.
        """
        tables: dict[str, pd.DataFrame] = {}
        by_name: dict[str, dict[str, pd.DataFrame]] = defaultdict(dict)
        pseudo_labels: list[pd.DataFrame] = []
        sheets: dict[str, Path] = {}
        examples: dict[str, Path] = {}
        models: list[ModelDescription] = []
        cases: list[Mapping[str, str]] = []
        for path in files:
            place = layout.parse(path)
            match place.kind:
                case "cases" | "splits" | "audit" | "recovery" | "pseudo_label_accuracy":
                    tables[place.kind] = read_table(path)
                case "feature_findings" | "void_features" | "prediction_findings":
                    tables[place.kind] = read_table(path)
                case "evaluation":
                    # Temperatures have a place of that name, too.
                    tables["recalibration" if place.table == "calibration" else place.table] = read_table(path)
                case "pseudo_labels":
                    names = {"model": place.model, "stage": place.stage, "fold": place.fold}
                    pseudo_labels.append(read_table(path).assign(**names))
                case "predictions" | "calibration" | "biomarkers" | "search" | "links" | "shap_values" | "explained":
                    by_name[place.kind][place.model] = read_table(path)
                case "qc" | "sent_quality":
                    by_name[place.kind][place.center] = read_table(path)
                case "examples":
                    examples[place.model] = path
                case "qc_sheet":
                    sheets[place.center] = path
                case "model.description":
                    models.append(ModelDescription.read(path))
                case "case":
                    cases.append(_json(path / "preprocess.json").get("versions") or {})
                case _:
                    raise ValueError(f"{path} is none of the files that the page is made of")
        return cls(
            study,
            **tables,
            predictions=by_name["predictions"],
            calibration=_together(by_name["calibration"].values()),
            biomarkers=by_name["biomarkers"],
            search=by_name["search"],
            links=by_name["links"],
            shap_values=by_name["shap_values"],
            explained=by_name["explained"],
            examples=examples,
            pseudo_labels=_together(pseudo_labels),
            qc=_together(by_name["qc"].values()),
            sent_quality=by_name["sent_quality"],
            sheets=sheets,
            models=tuple(models),
            versions=gathered_versions([*(model.versions for model in models), *cases]),
        )

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The configuration with tuples and enumerations as plain values, as a file would hold it."""
        settings: dict[str, Any] = json.loads(json.dumps(self.study, default=str))
        return settings

    @cached_property
    def scored(self) -> pd.DataFrame:
        """`metrics`, every text a string and every number a float."""
        return tidy_metrics(self.metrics)

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """The study's tasks by name."""
        return {name: Task.model_validate(task) for name, task in self.settings["tasks"].items()}

    @cached_property
    def missing(self) -> pd.DataFrame:
        """Cases that not every model analysed: case_id, center, status, reason."""
        return missing_cases(self.cases, self.splits, self.qc, self.predictions, self.sent_quality)

    @property
    def lost(self) -> int:
        """Number of cases that not every model analysed."""
        return len(self.missing[["center", "case_id"]].drop_duplicates())


def _together(tables: Iterable[pd.DataFrame]) -> pd.DataFrame | None:
    """Tables one below the other; None where there is none."""
    found = list(tables)
    return pd.concat(found, ignore_index=True) if found else None


def _json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: no JSON ({error}); run the job that writes it again") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: holds a {type(content).__name__}, no JSON object; run its job again")
    return content
