"""Registry of metrics: tables, the page's labels and the tracked runs follow it.

To add a classification metric, write its function of `Confusion`, or of `WeightedCases` where confusion matrices do not
tell it, and add one entry to `CLASSIFICATION`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from typing import Literal

import numpy as np

from gliomanet.evaluation.metrics import classification
from gliomanet.evaluation.metrics.classification import Confusion, Floats, Integers, WeightedCases
from gliomanet.tables.notes import not_estimable


@dataclass(frozen=True)
class Metric:
    """A number that the tables hold, and how it is read.

    Attributes:
        name: in the tables' column `metric`.
        label: on the page.
        range: least and largest value.
        higher_is_better: false for errors and distances.
        tracked: logged in MLflow.
    """

    name: str
    label: str
    range: tuple[float, float]
    higher_is_better: bool = True
    tracked: bool = False

    @property
    def best(self) -> float:
        """The end of the range that is reached where everything is right."""
        return self.range[1 if self.higher_is_better else 0]


def class_missing(cases: WeightedCases) -> str:
    """Explain a missing value by the classes that no case has, or that no case is predicted to have."""
    if absent := cases.absent_classes():
        return f"no {', '.join(absent)} case"
    return f"no case predicted {', '.join(cases.uncalled_classes())}"


def no_remark(cases: WeightedCases, role: str) -> str:
    """Say nothing of a value that is there."""
    return ""


def constant_answer(cases: WeightedCases, role: str) -> str:
    """Name the class that every case is predicted to have, where it is one."""
    uncalled = cases.uncalled_classes()
    called = [name for name in cases.classes if name not in uncalled]
    return f"every case predicted {called[0]}" if len(called) == 1 else ""


def threshold_used(cases: WeightedCases, role: str) -> str:
    """Tell the threshold, and that validation cases chose it themselves."""
    return f"threshold {cases.threshold:.4g}" + (", chosen on these cases" if role == "validation" else "")


Interval = Literal["area", "none", "resampled"]
"""Ways to the interval of a metric of cases, see `evaluation.estimates`: as an area under the ROC curve, none at all,
and percentiles over resampled patients."""


@dataclass(frozen=True, kw_only=True)
class ClassificationMetric(Metric):
    """A metric of one task's predictions: a function of confusion matrices, a mean of terms, or else of all cases.

    Attributes:
        of_counts: confusion matrices → value of each (matrices,), NaN where not estimable. Its interval comes from
            draws of the matrices.
        of_terms: class indices (cases,), probabilities (cases, classes) → term of each case (cases,), 0 or above; the
            metric is their mean. Its interval is that of a mean.
        of_cases: cases → value under every weighting (weightings,), NaN where not estimable.
        interval: of a metric of cases.
        why_not_estimable: cases → reason, asked where the plain value is NaN.
        remark: cases, role → what a reader must know of a value that is there; "" = nothing.
        of_class: cases, class index → value of one class against the rest; tasks of more than two classes get a further
            metric per class from it.
        class_index: that class; None for the metric of all classes.
        at_threshold: decided at the threshold that validation cases chose, so of tasks of two classes only.
    """

    of_counts: Callable[[Confusion], Floats] | None = None
    of_terms: Callable[[Integers, Floats], Floats] | None = None
    of_cases: Callable[[WeightedCases], Floats] | None = None
    interval: Interval = "resampled"
    why_not_estimable: Callable[[WeightedCases], str] = class_missing
    remark: Callable[[WeightedCases, str], str] = no_remark
    of_class: Callable[[WeightedCases, int], Floats] | None = None
    class_index: int | None = None
    at_threshold: bool = False

    def __post_init__(self) -> None:
        """See that it is a function of one thing."""
        if sum(each is not None for each in (self.of_counts, self.of_terms, self.of_cases)) != 1:
            raise ValueError(f"metric {self.name}: give one of of_counts, of_terms and of_cases")

    def values(self, cases: WeightedCases) -> Floats:
        """Values under every weighting (weightings,)."""
        if self.of_counts:
            return self.of_counts(cases.confusion)
        if self.of_terms:
            return cases.mean(self.of_terms(cases.truth, cases.probability))
        return self.of_cases(cases) if self.of_cases else np.empty(0)

    def notes(self, cases: WeightedCases, role: str, *, estimable: bool) -> list[str]:
        """Collect the remarks that belong to the metric's value."""
        first = self.remark(cases, role) if estimable else not_estimable(self.why_not_estimable(cases))
        found = [first] if first else []
        if len(cases.classes) > 2:
            per_class = ((cases.truth == k).sum() for k in range(len(cases.classes)))
            found.append("n per class " + "/".join(map(str, per_class)))
        return found


CLASSIFICATION = (
    ClassificationMetric("mcc", "MCC", (-1, 1), tracked=True, of_counts=classification.mcc, remark=constant_answer),
    ClassificationMetric(
        "mcc_at_threshold",
        "MCC at threshold",
        (-1, 1),
        tracked=True,
        of_counts=classification.mcc,
        remark=threshold_used,
        at_threshold=True,
    ),
    ClassificationMetric(
        "auc",
        "AUC",
        (0, 1),
        tracked=True,
        of_cases=classification.mean_auc,
        of_class=classification.class_auc,
        interval="area",
    ),
    ClassificationMetric(
        "balanced_accuracy", "Balanced accuracy", (0, 1), tracked=True, of_counts=classification.balanced_accuracy
    ),
    ClassificationMetric("sensitivity", "Sensitivity", (0, 1), of_counts=classification.sensitivity),
    ClassificationMetric("specificity", "Specificity", (0, 1), of_counts=classification.specificity),
    ClassificationMetric("f1", "F1", (0, 1), of_counts=classification.f1),
    ClassificationMetric("ppv", "PPV", (0, 1), of_counts=classification.ppv),
    ClassificationMetric("npv", "NPV", (0, 1), of_counts=classification.npv),
    ClassificationMetric("brier", "Brier score", (0, 2), False, tracked=True, of_terms=classification.brier_terms),
    ClassificationMetric("ece", "ECE", (0, 1), False, tracked=True, of_cases=classification.ece, interval="none"),
)
"""Metrics of a classification task, in the order of the tables."""

JOINT = (
    Metric("contradictions_per_1000", "Contradictions per 1,000", (0, 1000), False),
    Metric("legacy_per_1000", "Diagnoses of earlier editions per 1,000", (0, 1000), False),
)
"""Metrics of all tasks' answers together, see `evaluation.analyses.contradictions`."""

SEGMENTATION = (
    Metric("dice", "Dice", (0, 1)),
    Metric("hd95_mm", "HD95, mm", (0, inf), False),
)
"""Metrics of a segmented tumour, see `evaluation.metrics.segmentation`."""

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in (*CLASSIFICATION, *JOINT, *SEGMENTATION)}


def metrics_of(classes: tuple[str, ...]) -> tuple[ClassificationMetric, ...]:
    """Metrics of a task: more than two classes have no threshold, and one AUC per class beside the mean.

    >>> [metric.name for metric in metrics_of(("2", "3", "4"))][:5]
    ['mcc', 'auc', 'auc_2', 'auc_3', 'auc_4']
    """
    if len(classes) == 2:
        return CLASSIFICATION
    found: list[ClassificationMetric] = []
    for metric in CLASSIFICATION:
        if metric.at_threshold:
            continue
        found.append(metric)
        if metric.of_class:
            found += [
                replace(
                    metric,
                    name=f"{metric.name}_{name}",
                    label=f"{metric.label} {name}",
                    of_cases=partial(_of_class, metric.of_class, index),
                    of_class=None,
                    class_index=index,
                )
                for index, name in enumerate(classes)
            ]
    return tuple(found)


def _of_class(function: Callable[[WeightedCases, int], Floats], index: int, cases: WeightedCases) -> Floats:
    return function(cases, index)


def metric_label(name: str) -> str:
    """Label of a metric by its name in the tables; an unknown one without its underscores.

    >>> metric_label("auc"), metric_label("auc_grade2"), metric_label("hit_rate")
    ('AUC', 'AUC grade2', 'Hit rate')
    """
    if name in METRICS:
        return METRICS[name].label
    for metric in CLASSIFICATION:
        if metric.of_class and name.startswith(f"{metric.name}_"):
            return f"{metric.label} {name.removeprefix(f'{metric.name}_')}"
    return name.replace("_", " ").capitalize()
