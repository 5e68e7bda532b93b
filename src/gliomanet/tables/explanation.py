"""Tables of explanations: SHAP values, links to radiomic features, biomarkers, and what was planted."""

from __future__ import annotations

from gliomanet.tables.columns import CASE_ID, MODEL, NOTE, REGION, SCENARIO, TASK, Schema, integer, number, text

DEEP, INPUT = "deep feature", "input"
CLINICAL = ("z_age", "z_sex")
"""Deep features that are the patient's and not the image's."""

_FOLD = text("fold", "Cross-validation fold of the model; its validation cases are explained")
_UNIT = text("unit", "Deep features of a network, or inputs of a model on features", (DEEP, INPUT))
_LEADING = text(
    "feature", "Feature of the set that carries `explanation.shap_fraction` of the fold's mean absolute SHAP value"
)

SHAP_VALUES = Schema(
    title="SHAP values",
    paths=("explanations/<model>.tsv.gz",),
    row="one per scenario × task × fold × unit × leading feature × validation case",
    columns=(
        *(SCENARIO, TASK, _FOLD, _UNIT, _LEADING),
        number("share", "Its share of the fold's mean absolute SHAP value over all features, 0 to 1"),
        CASE_ID,
        number("value", "Value of the feature as the model reads it: inputs are standardised"),
        number("shap", "SHAP value: what the feature adds to the output of this case"),
    ),
    key=("scenario", "task", "fold", "unit", "feature", "case_id"),
)

EXPLAINED = Schema(
    title="Explanations",
    paths=("explanations/<model>.folds.tsv",),
    row="one per scenario × task × fold × unit",
    columns=(
        *(SCENARIO, TASK, _FOLD, _UNIT),
        text("explainer", "Way in which the SHAP values were computed"),
        text("output", "Output that they add up to, with `base`"),
        integer("cases", "Validation cases that are explained"),
        integer("background", "Training cases that the expectation is over"),
        integer("features", "Features that the output is made of"),
        integer("leading", "Fewest of them that carry `explanation.shap_fraction` of the mean absolute SHAP value"),
        number("base", "Mean output over the background"),
        number(
            "additivity_gap",
            "Largest difference between a case's SHAP values, summed, with the base, and its output; to 12 digits",
        ),
    ),
    key=("scenario", "task", "fold", "unit"),
)

LINKS = Schema(
    title="Links",
    paths=("explanations/<model>.links.tsv.gz",),
    row="one per scenario × task × fold × leading deep feature (or input) × linked radiomic feature",
    columns=(
        *(SCENARIO, TASK, _FOLD),
        text("deep_feature", "Leading deep feature, or input of a model without deep features"),
        REGION,
        text("feature", "Radiomic feature"),
        number("rho", "Spearman's correlation with its SHAP values within centres, −1 to 1, partial for volume"),
        number("pearson", "Pearson's, likewise"),
        number("q", "False discovery rate of rho over all pairs of the task's folds"),
    ),
    key=("scenario", "task", "fold", "deep_feature", "region", "feature"),
)

SEARCH = Schema(
    title="Counts of the search for biomarkers",
    paths=("explanations/<model>.search.tsv",),
    row="one per scenario × task",
    columns=(
        *(SCENARIO, TASK),
        text("unit", "Deep features of a network, or inputs of a model on features; empty: nothing was explained"),
        integer("folds", "Folds that have a leading feature"),
        integer("cases", "Validation cases of these folds together"),
        integer("leading", "Leading features of these folds together"),
        integer("features", "Radiomic features that were tested"),
        integer("pairs", "Pairs of a leading and a radiomic feature whose correlation was tested"),
        integer("linked", "Radiomic features that are linked"),
        integer("kept", "Those that are kept as biomarkers"),
        integer("dropped", "Those that are dropped"),
        integer("not_decidable", "Those of which too few centres say anything"),
        number("additivity_gap", "Largest difference between SHAP values, summed, and outputs, over the folds"),
    ),
    key=("scenario", "task"),
)

BIOMARKERS = Schema(
    title="Biomarkers",
    paths=("biomarkers/<model>.tsv",),
    row="one per scenario × task × radiomic feature × region that a model's output is linked to",
    columns=(
        *(SCENARIO, TASK),
        text("feature", "Radiomic feature"),
        text("modality", "Modality that it is measured on; `mask` for the shape of the region"),
        REGION,
        text(
            "deep_features",
            "Deep features that it is linked to, each as `<fold>:z<number>`, separated by commas; of a model without "
            "deep features the input itself, as `<fold>:<input>`",
        ),
        number(
            "rho", "Spearman's correlation with evidence for the last class within centres, −1 to 1, mean over folds"
        ),
        number("q", "Largest false discovery rate of the folds that pass"),
        number("effect_<center>", "Difference between the classes in each centre, as AUC − ½; empty: too few cases"),
        number("summary", "Random-effects mean of the centres' effects; empty: fewer than three centres"),
        number("ci_low", "Lower end of its 95 % Hartung–Knapp interval"),
        number("ci_high", "Upper end of that interval"),
        number("pi_low", "Lower end of the 95 % prediction interval: of the effect in a further centre"),
        number("pi_high", "Upper end of that interval"),
        number("p_effect", "Two-sided p of the summary"),
        number("q_effect", "Its Benjamini–Hochberg q over the linked features of the scenario and task"),
        number("tau2", "Variance of the effects between centres"),
        number("i2", "Fraction of the effects' variation that lies between centres (I²), 0 to 1"),
        text(
            "agrees_outside",
            "Direction of every external centre with enough cases is that of `rho`, which the training centres alone "
            "say; empty: no external centre has enough",
            ("yes", "no"),
        ),
        text(
            "status",
            "Verdict: `kept` where the difference is the same in every centre, and beyond chance",
            ("kept", "dropped", "not decidable"),
        ),
        text("reason", "Reason of the verdict"),
        number("additivity_gap", "Largest difference between a case's SHAP values, summed, and the model's output"),
    ),
    key=("scenario", "task", "feature", "region"),
)

RECOVERY = Schema(
    title="Recovery of planted biomarkers",
    paths=("biomarkers/recovery.tsv",),
    row="one per model × scenario × task, where the study has phantoms",
    columns=(
        text("scenario", "Scenario of `split.scenarios`; empty where the model has no biomarkers at all"),
        TASK,
        integer("linked", "Radiomic features that are linked"),
        integer("kept", "Those that are kept as biomarkers"),
        integer("signals", "Planted signals"),
        integer("signals_found", "Planted signals that a biomarker matches, in their direction"),
        integer("shortcuts", "Planted shortcuts"),
        integer("shortcuts_linked", "Planted shortcuts that a linked feature matches"),
        integer("shortcuts_rejected", "Those that no biomarker matches; empty where none is linked"),
        number("precision", "Biomarkers that are a planted signal over all biomarkers, 0 to 1; empty: no biomarker"),
        number("recall", "Signals found over those planted, 0 to 1; empty: none was planted"),
        number("shortcut_rejection", "Shortcuts rejected over those linked, 0 to 1; empty: none was linked"),
        NOTE,
        MODEL,
    ),
    key=("model", "scenario", "task"),
)

TABLES = (BIOMARKERS, SEARCH, LINKS, SHAP_VALUES, EXPLAINED, RECOVERY)
