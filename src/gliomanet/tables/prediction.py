"""Tables of what trained models predict: classes, deep features, segmentations, pseudo-labels."""

from __future__ import annotations

from gliomanet.tables.columns import (
    CASE_ID,
    CENTER,
    CLASS,
    FOLD,
    MODALITIES_OF_SUBSET,
    MODEL,
    NOTE,
    ROLE,
    SCENARIO,
    STAGE,
    TASK,
    Schema,
    integer,
    number,
    text,
    yes_no,
)

ENSEMBLE = "ensemble"
"""The fold of what is averaged over folds: of rows made of these, never of these."""

CASE = ["model", "stage", "scenario", "fold", "role", "center", "case_id", "task"]
"""Columns that name a case of a fold; with the class they name a row."""

_OF_FOLD = (MODEL, STAGE, SCENARIO, FOLD, ROLE, CENTER, CASE_ID)
_OF_FOLD_OR_ENSEMBLE = (
    *(MODEL, STAGE, SCENARIO),
    text("fold", f"Fold of the model, `all` for the refit; `{ENSEMBLE}`: mean over the folds, for external cases"),
    *(ROLE, CENTER, CASE_ID),
)
_RAW = number("raw_probability", "Probability of the class before temperature scaling, 0 to 1")
_PASS_STD = number(
    "pass_std", "Standard deviation of the raw probability over stochastic passes (`prediction.passes`); empty: none"
)

FOLD_PREDICTIONS = Schema(
    title="Predictions of the folds, before calibration",
    paths=("fold_predictions/<model>/<center>.tsv",),
    row="one per stage × scenario × fold × case × task × class",
    columns=(*_OF_FOLD, TASK, CLASS, _RAW, _PASS_STD),
    key=(*CASE, "class"),
)

CENTER_PREDICTIONS = Schema(
    title="Predictions of a centre",
    paths=("predictions/<model>/<center>.tsv",),
    row=f"one per stage × scenario × fold × case × task × class, with rows `{ENSEMBLE}` for external cases",
    columns=(
        *(*_OF_FOLD_OR_ENSEMBLE, TASK, CLASS),
        number("probability", "Calibrated probability of the class, 0 to 1; of an ensemble the mean of its folds'"),
        number("uncertainty", "Entropy of the probabilities of the case's classes, in nats"),
        number("fold_std", "Standard deviation of the probability over folds; empty but for ensembles of two or more"),
        *(_PASS_STD, _RAW),
        number(
            "set_p",
            "Conformal p of the class, 0 to 1: share of the class's calibration patients, this case among them, in "
            "whom the model found it no more probable; empty on rows of single folds of external cases",
        ),
        yes_no(
            "in_set",
            "Whether the class is in the case's prediction set: its p is above 1 − `prediction.set_level`; empty where "
            "the p is",
        ),
    ),
    key=(*CASE, "class"),
)

PREDICTIONS = Schema(
    title="Predictions",
    paths=("predictions/<model>.tsv",),
    row=CENTER_PREDICTIONS.row,
    columns=(
        *CENTER_PREDICTIONS.columns,
        number(
            "joint_probability",
            "Probability of the class after WHO-consistent decoding of the case's tasks together, 0 to 1; empty in "
            "tasks on further labels, and where a case has tasks on fewer than two labels of the WHO classification",
        ),
    ),
    key=(*CASE, "class"),
)

CALIBRATION = Schema(
    title="Temperatures",
    paths=("calibration/<model>.tsv",),
    row="one per stage × scenario × task × fold",
    columns=(
        *(MODEL, STAGE, SCENARIO, TASK),
        text("fold", "Fold whose validation cases are scaled, fitted on the other folds'; `all`: for external cases"),
        number("temperature", "Number that the logarithms of the probabilities are divided by"),
        integer("n", "Labelled cases that the scaling is judged by"),
        integer("n_fit", "Labelled cases that the temperature was fitted on"),
        number("ece_before", "Expected calibration error of the raw probabilities, 0 to 1; empty where n is 0"),
        number("ece_after", "Expected calibration error of the scaled probabilities, 0 to 1"),
        number("nll_before", "Mean negative log-likelihood of the raw probabilities, in nats"),
        number("nll_after", "Mean negative log-likelihood of the scaled probabilities, in nats"),
        NOTE,
    ),
    key=("model", "stage", "scenario", "task", "fold"),
)

DEEP_FEATURES = Schema(
    title="Deep features",
    paths=("deep_features/<model>/<center>.tsv.gz",),
    row="one per stage × fold × case × task; training cases too",
    columns=(
        *(STAGE, SCENARIO, FOLD, CASE_ID, TASK),
        number(
            "z<number>",
            "Each deep feature that the task's head reads, counted from 0; then `z_age`, `z_sex` of a network with "
            "clinical data: standardised or, where it is not known, what the network learnt in its place",
        ),
    ),
    key=("stage", "fold", "case_id", "task"),
)

SEGMENTATIONS = Schema(
    title="Segmentations case by case",
    paths=("segmentations/<model>/<center>.tsv",),
    row="one per case × region of the tumour",
    columns=(
        *(*_OF_FOLD_OR_ENSEMBLE, text("region", "Region of the tumour", ("whole", "core", "enhancing"))),
        number("volume_ml", "Volume of the segmented region in ml"),
        number("share_of_brain", "Its fraction of the brain mask, 0 to 1"),
        number("dice", "Dice with the reference mask, 0 to 1; empty without one"),
        number("hd95_mm", "95th percentile Hausdorff distance from the reference mask in mm; empty: not estimable"),
        NOTE,
    ),
    key=("model", "stage", "scenario", "fold", "center", "case_id", "region"),
)

SUBSET_PREDICTIONS = Schema(
    title="Predictions with subsets of the modalities",
    paths=("modality_subsets/<model>/<center>.tsv.gz",),
    row="one per stage × scenario × fold × case × subset of modalities × task × class",
    columns=(
        *(*_OF_FOLD_OR_ENSEMBLE, MODALITIES_OF_SUBSET, TASK, CLASS),
        number("probability", "Probability of the class before calibration, 0 to 1"),
    ),
    key=(*CASE, "subset", "class"),
)

FUSION_WEIGHTS = Schema(
    title="Learned fusion weights",
    paths=("modality_subsets/<model>.fusion.tsv",),
    row="one per stage × fold × modality, of networks whose fusion learns weights",
    columns=(
        *(MODEL, STAGE, SCENARIO, FOLD),
        text("modality", "Modality, or ratio map of two, that is weighted"),
        number("weight", "Weight that the fusion gives it"),
    ),
    key=("model", "stage", "fold", "modality"),
)

PSEUDO_LABELS = Schema(
    title="Pseudo-labels",
    paths=("pseudo_labels/<model>/<stage>/fold<fold>.tsv",),
    row="one per case × task whose label is unknown",
    columns=(
        *(CASE_ID, CENTER, TASK),
        text("label", "Class that the teacher predicts, or that follows from another label"),
        number("probability", "Its probability, the temperature-scaled mean over stochastic passes, 0 to 1"),
        number("std", "Its standard deviation over the passes; empty where the label follows from another"),
        integer("round", "Round of pseudo-labelling, from 1"),
        yes_no("accepted", "Whether the student is trained on the label"),
        text("reason", "Reason why not, or what an accepted label follows from"),
    ),
    key=("center", "case_id", "task"),
)

_CHECK = (
    integer("round", "Round of pseudo-labelling, from 1"),
    TASK,
    integer("cases", "Validation cases with a known label and a prediction, one per patient"),
    number("mcc", "Matthews correlation of the teacher on these cases, −1 to 1; empty: not estimable"),
    number("p", "One-sided p of the permutation test against chance; empty: not estimable"),
    number("temperature", "Number that the logarithms of its probabilities are divided by, at least 1"),
    yes_no("passed", "Whether the teacher may label this task"),
    text("reason", "Reason why no label of the task is accepted"),
)

TEACHER_CHECKS = Schema(
    title="A teacher's check",
    paths=("pseudo_labels/<model>/<stage>/fold<fold>.teacher.tsv",),
    row="one per task",
    columns=_CHECK,
    key=("task",),
)

TEACHERS = Schema(
    title="Checks of all teachers",
    paths=("pseudo_labels/teachers.tsv",),
    row="one per model × stage × fold × task",
    columns=(MODEL, STAGE, FOLD, *_CHECK),
    key=("model", "stage", "fold", "task"),
)

TABLES = (
    *(PREDICTIONS, CENTER_PREDICTIONS, FOLD_PREDICTIONS, CALIBRATION, DEEP_FEATURES, SEGMENTATIONS),
    *(SUBSET_PREDICTIONS, FUSION_WEIGHTS, PSEUDO_LABELS, TEACHER_CHECKS, TEACHERS),
)
