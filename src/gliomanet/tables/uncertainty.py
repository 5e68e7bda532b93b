"""Tables of what a model's doubts are worth: prediction sets, and errors among the cases that it answers."""

from __future__ import annotations

from gliomanet.tables.columns import (
    GROUP_CENTER,
    GROUP_SCENARIO,
    MODEL,
    NOTE,
    ROLE,
    STAGE,
    TASK,
    N,
    Schema,
    integer,
    number,
    text,
)

_GROUP = (MODEL, STAGE, GROUP_SCENARIO, ROLE, GROUP_CENTER, TASK)
_KEY = ("model", "stage", "scenario", "role", "center", "task")
_CI_LOW = number("ci_low", "Lower end of its binomial interval over patients (Clopper and Pearson)")
_CI_HIGH = number("ci_high", "Upper end of that interval")
_PATIENTS = integer("n_patients", "Their patients: each counts once, with the mean over its cases")

PREDICTION_SETS = Schema(
    title="Prediction sets",
    paths=("evaluation/prediction_sets.tsv",),
    row="one per model × stage × scenario × role × centre × task × true class, and `all` of them",
    columns=(
        *_GROUP,
        text("class", "True class of the cases; `all`: all cases of known label"),
        number("level", "Share of the cases that is promised, 0 to 1 (`prediction.set_level`)"),
        number("coverage", "Share whose prediction set holds the true class, 0 to 1; empty: no case"),
        *(_CI_LOW, _CI_HIGH),
        number(
            "expected_low",
            "Lower end of the range of the coverage, were the cases like those that calibrate, at the intervals' "
            "confidence; empty where nothing is promised: `all` classes, validation cases, several scenarios together",
        ),
        number("expected_high", "Upper end of that range"),
        text("verdict", "Coverage beside that range; empty without one", ("within chance", "below", "above")),
        integer("n_calibration", "Validation patients of the class, which the sets are made from"),
        number("quantile", "Least raw probability by one fit that brings the class into a set; 0: it is in every set"),
        number("empty", "Share of the cases whose set holds no class, 0 to 1: unlike every class"),
        number("single", "Share whose set holds one class"),
        number("several", "Share whose set holds two classes or more"),
        number("single_correct", "Share of those with one class for which it is the true one; empty: there are none"),
        *(N, _PATIENTS, NOTE),
    ),
    key=(*_KEY, "class"),
)

RISK_COVERAGE = Schema(
    title="Errors among the cases that are answered",
    paths=("evaluation/risk_coverage.tsv",),
    row="one per model × stage × scenario × role × centre × task × order × share that is answered",
    columns=(
        *_GROUP,
        text(
            "order",
            "Column of the predictions by which the surest cases are answered first; `single_set`: the cases whose "
            "prediction set holds one class, which is the answer",
            ("uncertainty", "fold_std", "pass_std", "single_set"),
        ),
        number("answered", "Share of the cases that is answered, 0 to 1; cases of equal doubt are answered together"),
        number("cut", "Largest doubt that is answered, in units of the order's column; empty for `single_set`"),
        number("error", "Share of wrong answers among them, 0 to 1; empty: no case is answered"),
        *(_CI_LOW, _CI_HIGH),
        number("mcc", "Matthews correlation among them, −1 to 1; empty: a class is absent"),
        integer("n_answered", "Cases that are answered"),
        *(N, NOTE),
    ),
    key=(*_KEY, "order", "answered"),
)

TABLES = (PREDICTION_SETS, RISK_COVERAGE)
