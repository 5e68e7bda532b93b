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
_OF_SUMMARIES = (
    number("pi_low", "Lower end of the prediction interval, for a centre not seen yet; of `summary` rows only"),
    number("pi_high", "Upper end of that interval"),
    number("tau2", "Variance between the centres, in squared units of the value; of `summary` rows only"),
    number("i2", "Share of the variance that lies between the centres (I²), 0 to 1; of `summary` rows only"),
)
_CURVE = (
    MODEL,
    STAGE,
    GROUP_SCENARIO,
    ROLE,
    GROUP_CENTER,
    TASK,
    text("class", "Class that is told from the others: the positive one of two, each one of more"),
)
_CURVE_KEY = ("model", "stage", "scenario", "role", "center", "task", "class")

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
        *(_VALUE, CI_LOW, CI_HIGH),
        number("expected", "Mean value if the probabilities were true, so of a calibrated model; of `ece` only"),
        *(*_OF_SUMMARIES, N, N_POSITIVE, NOTE),
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
    row="one per pair of models or stages × scenario × role × centre × task × subset × metric, on the cases of both",
    columns=(
        GROUP_SCENARIO,
        text("stage_a", "Training stage of the first model"),
        text("stage_b", "Training stage of the second model"),
        text("model_a", "First model"),
        text("model_b", "Second model; `evaluation.reference`, wherever it is one of the two"),
        ROLE,
        text(
            "center",
            "Centre of the cases; `stratified`: mean over the centres, in each of which the models are compared by "
            "themselves; `summary`: random-effects mean over the centres",
        ),
        TASK,
        text("subset", "Patients that are counted: `all`, or those of a true label, such as `grade=2-3`"),
        text("metric", "Metric that is compared", ("mcc", "auc")),
        number("value_a", "Metric of the first model; empty: not estimable, or a `summary` row"),
        number("value_b", "Metric of the second model"),
        number("difference", "Metric of the first minus that of the second; empty: not estimable"),
        *(CI_LOW, CI_HIGH),
        number("p", "Two-sided p of no difference"),
        number("p_holm", "That p after Holm's correction for all rows of the same family"),
        text(
            "family",
            "Rows that are corrected together: `reference`, last stages minus the reference, on external centres, "
            "stratified, all cases; without a reference `pairs`, all pairs of models there; `exploratory`: all others",
            ("reference", "pairs", "exploratory"),
        ),
        *(*_OF_SUMMARIES, N, N_POSITIVE, NOTE),
    ),
    key=("scenario", "stage_a", "stage_b", "model_a", "model_b", "role", "center", "task", "subset", "metric"),
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

CALIBRATION = Schema(
    title="Logistic recalibration",
    paths=("evaluation/calibration.tsv",),
    row="one per model × scenario × role × centre × task × class, of each model's last stage",
    columns=(
        *_CURVE,
        number("slope", "Slope of the true log odds on the predicted ones; 1: right, below: too sure of itself"),
        number("slope_ci_low", "Lower end of its interval (`evaluation.confidence`)"),
        number("slope_ci_high", "Upper end of that interval"),
        number("intercept", "Log odds to add to the predicted ones (slope 1); 0: right, below: class overcalled"),
        number("intercept_ci_low", "Lower end of its interval (`evaluation.confidence`)"),
        number("intercept_ci_high", "Upper end of that interval"),
        integer("n", "Cases"),
        integer("n_positive", "Those of the class"),
        NOTE,
    ),
    key=_CURVE_KEY,
)

CALIBRATION_CURVES = Schema(
    title="Calibration curves",
    paths=("evaluation/calibration_curves.tsv",),
    row="one per model × scenario × role × centre × task × class × bin, of each model's last stage",
    columns=(
        *_CURVE,
        integer("bin", "Bin of equally many cases, from the least probable on, from 1"),
        number("probability", "Mean probability of the class that was predicted in the bin"),
        number("observed", "Share of the bin's cases that are of the class"),
        number("ci_low", "Lower end of its interval (`evaluation.confidence`)"),
        number("ci_high", "Upper end of that interval"),
        integer("n", "Cases of the bin"),
        integer("n_positive", "Those of the class"),
    ),
    key=(*_CURVE_KEY, "bin"),
)

DECISION_CURVES = Schema(
    title="Decision curves",
    paths=("evaluation/decision_curves.tsv",),
    row="one per model × scenario × role × centre × task × class × threshold, of each model's last stage",
    columns=(
        *_CURVE,
        number("threshold", "Probability from which on one would treat as if it were the class"),
        number("net_benefit", "Net benefit of the model there: true positives less weighted false ones, per case"),
        number("treat_all", "That of calling every case; calling none has 0"),
        integer("n", "Cases"),
        integer("n_positive", "Those of the class"),
    ),
    key=(*_CURVE_KEY, "threshold"),
)

ROC_CURVES = Schema(
    title="ROC and precision-recall curves",
    paths=("evaluation/roc_curves.tsv",),
    row="one per model × scenario × role × centre × task × class × point of the curve, of each model's last stage",
    columns=(
        *_CURVE,
        integer("point", "Point, from the highest threshold on, from 1; neighbouring points are thinned out"),
        number("threshold", "Probability from which on a case is called; empty: none is"),
        number("sensitivity", "Share of the class that is called there (recall)"),
        number("specificity", "Share of the others that is not"),
        number("ppv", "Share of the called that are of the class (precision); empty: none is called"),
        integer("n", "Cases"),
        integer("n_positive", "Those of the class"),
    ),
    key=(*_CURVE_KEY, "point"),
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

BY_EVALUATE = {
    "metrics": METRICS,
    "confusion": CONFUSION,
    "comparisons": COMPARISONS,
    "thresholds": THRESHOLDS,
    "decoding": DECODING,
    "calibration": CALIBRATION,
    "calibration_curves": CALIBRATION_CURVES,
    "decision_curves": DECISION_CURVES,
    "roc_curves": ROC_CURVES,
}
"""Name of each table that `evaluation.analyses.performance.evaluate` returns → its schema."""

TABLES = (
    *(*BY_EVALUATE.values(), SEGMENTATION_METRICS),
    *(MODALITY_SUBSETS, MODALITY_SIGNIFICANCE, PSEUDO_LABEL_ACCURACY),
)
