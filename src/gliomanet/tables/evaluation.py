"""Tables of what is computed from predictions: metrics and comparisons."""

from __future__ import annotations

from gliomanet.modalities import MODALITIES
from gliomanet.tables.columns import (
    CI_HIGH,
    CI_LOW,
    GROUP_CENTER,
    GROUP_SCENARIO,
    MODALITIES_OF_SUBSET,
    MODEL,
    N_POSITIVE,
    NOTE,
    ROLE,
    SCENARIO,
    STAGE,
    TASK,
    N,
    Schema,
    integer,
    number,
    text,
)

_GROUP = (MODEL, STAGE, GROUP_SCENARIO, ROLE)
_JOINT_TASK = text("task", "Task of the study; `joint`: all tasks together")
_VALUE = number("value", "Value of the metric; empty: not estimable")

METRICS = Schema(
    title="Metrics",
    paths=("evaluation/metrics.tsv",),
    row="one per model × stage × scenario × role × centre × task × subset × metric",
    columns=(
        *_GROUP,
        text(
            "center",
            "Centre of the cases; `pooled`: the cases of all centres; `summary`: random-effects mean over the centres",
        ),
        _JOINT_TASK,
        text("subset", "Patients that are counted: `all`, or those of a true label, such as `grade=2-3`"),
        text("metric", "Metric, such as `mcc`, `auc` or `sensitivity`; `auc_<class>`: one class against the others"),
        *(_VALUE, CI_LOW, CI_HIGH, N, N_POSITIVE, NOTE),
    ),
    key=("model", "stage", "scenario", "role", "center", "task", "subset", "metric"),
)

CONFUSION = Schema(
    title="Confusion matrices",
    paths=("evaluation/confusion.tsv",),
    row="one per model × stage × scenario × role × centre × task × true class × predicted class",
    columns=(
        *(MODEL, STAGE, SCENARIO, ROLE, GROUP_CENTER, TASK),
        text("truth", "True class"),
        text("predicted", "Most probable class"),
        integer("n", "Cases"),
    ),
    key=("model", "stage", "scenario", "role", "center", "task", "truth", "predicted"),
)

COMPARISONS = Schema(
    title="Comparisons of models",
    paths=("evaluation/comparisons.tsv",),
    row="one per pair of models or stages × scenario × role × task × metric, on the cases that both predict",
    columns=(
        SCENARIO,
        text("stage_a", "Training stage of the first model"),
        text("stage_b", "Training stage of the second model"),
        text("model_a", "First model"),
        text("model_b", "Second model"),
        *(ROLE, GROUP_CENTER, TASK),
        text("metric", "Metric that is compared", ("mcc", "auc")),
        number("difference", "Metric of the first minus that of the second; empty: not estimable"),
        CI_LOW,
        CI_HIGH,
        number("p", "Two-sided p: paired bootstrap of MCC, DeLong's test of AUC"),
        number("p_holm", "That p after Holm's correction for all rows of the table"),
        NOTE,
    ),
    key=("scenario", "stage_a", "stage_b", "model_a", "model_b", "role", "center", "task", "metric"),
)

THRESHOLDS = Schema(
    title="Thresholds",
    paths=("evaluation/thresholds.tsv",),
    row="one per model × stage × scenario × task of two classes",
    columns=(
        *(MODEL, STAGE, SCENARIO, TASK),
        number("threshold", "Probability of the positive class from which it is called, chosen on validation cases"),
        number("mcc", "Matthews correlation of the validation cases at this threshold, −1 to 1"),
        *(N, N_POSITIVE, NOTE),
    ),
    key=("model", "stage", "scenario", "task"),
)

DECODING = Schema(
    title="WHO-consistent decoding",
    paths=("evaluation/decoding.tsv",),
    row="one per model × stage × scenario × role × centre × task × metric",
    columns=(
        *(*_GROUP, GROUP_CENTER, _JOINT_TASK),
        text("metric", "Metric", ("mcc", "contradictions_per_1000", "legacy_per_1000")),
        number("independent", "Its value where each task is decided by itself"),
        number("joint", "Its value where all tasks are decided together"),
        number("difference", "Joint minus independent"),
        *(CI_LOW, CI_HIGH, N, NOTE),
    ),
    key=("model", "stage", "scenario", "role", "center", "task", "metric"),
)

SEGMENTATION_METRICS = Schema(
    title="Segmentation",
    paths=("evaluation/segmentation.tsv",),
    row="one per model × stage × scenario × role × centre × region × metric",
    columns=(
        *(*_GROUP, GROUP_CENTER, text("region", "Region of the tumour", ("whole", "core", "enhancing"))),
        text("metric", "Dice, 0 to 1, or 95th percentile Hausdorff distance in mm", ("dice", "hd95_mm")),
        number("mean", "Mean over the cases; empty: not estimable"),
        number("median", "Median over the cases"),
        *(CI_LOW, CI_HIGH, N, NOTE),
    ),
    key=("model", "stage", "scenario", "role", "center", "region", "metric"),
)

MODALITY_SUBSETS = Schema(
    title="Subsets of modalities",
    paths=("evaluation/modality_subsets.tsv",),
    row="one per model × stage × scenario × role × centre × subset of modalities × task × metric",
    columns=(
        *(MODEL, STAGE, SCENARIO, ROLE, GROUP_CENTER, MODALITIES_OF_SUBSET),
        integer("n_modalities", "Number of these modalities"),
        TASK,
        text("metric", "Metric", ("mcc", "auc")),
        *(_VALUE, CI_LOW, CI_HIGH, N, N_POSITIVE, NOTE),
    ),
    key=("model", "stage", "scenario", "role", "center", "subset", "task", "metric"),
)

MODALITY_SIGNIFICANCE = Schema(
    title="Significance of the modalities",
    paths=("evaluation/modality_significance.tsv",),
    row="one per model × stage × scenario × role × centre × task × modality × metric",
    columns=(
        *(MODEL, STAGE, SCENARIO, ROLE, GROUP_CENTER, TASK, text("modality", "Modality that is judged", MODALITIES)),
        text("metric", "Measure that the modalities share out", ("mcc", "log_likelihood")),
        number("shapley", "Shapley value of the modality, in units of the measure; empty: not estimable"),
        CI_LOW,
        CI_HIGH,
        number("fusion_weight", "Weight of the modality in a learned fusion, mean over folds; empty: no such fusion"),
        *(N, N_POSITIVE, NOTE),
    ),
    key=("model", "stage", "scenario", "role", "center", "task", "modality", "metric"),
)

PSEUDO_LABEL_ACCURACY = Schema(
    title="Pseudo-labels against the truth",
    paths=("pseudo_labels/accuracy.tsv",),
    row="one per model × stage × fold × task × class",
    columns=(
        MODEL,
        STAGE,
        text("fold", "Fold whose training cases were labelled; `pooled`: sums over folds, without an interval"),
        TASK,
        text("class", "Class of the task; `all`: all of them together"),
        integer("unknown", "Candidates: cases of unknown label that are predicted this class"),
        integer("accepted", "Accepted labels"),
        integer("completed", "Accepted labels that follow from another label by the WHO classification"),
        number("share", "Accepted labels over candidates, 0 to 1"),
        integer("n_truth", "Accepted labels whose truth is known"),
        integer("correct", "True ones of these"),
        number("accuracy", "Correct labels over those of known truth, 0 to 1; empty: none is known"),
        number("ci_low", "Lower end of its 95 % Wilson interval"),
        number("ci_high", "Upper end of that interval"),
    ),
    key=("model", "stage", "fold", "task", "class"),
)

TABLES = (
    *(METRICS, CONFUSION, COMPARISONS, THRESHOLDS, DECODING, SEGMENTATION_METRICS),
    *(MODALITY_SUBSETS, MODALITY_SIGNIFICANCE, PSEUDO_LABEL_ACCURACY),
)
