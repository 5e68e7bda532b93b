"""Tables brought to one form: text without NaN, numbers as floats."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from gliomanet.tables.survival import YEARS

NUMBERS = frozenset(
    (
        *("value", "ci_low", "ci_high", "n", "n_positive", "difference", "p", "p_holm", "probability", "std"),
        *("temperature", "ece_before", "ece_after", "nll_before", "nll_after", "independent", "joint"),
        *(
            "rho",
            "q",
            "summary",
            "p_effect",
            "q_effect",
            "pi_low",
            "pi_high",
            "tau2",
            "i2",
            "additivity_gap",
            "precision",
            "recall",
            "shortcut_rejection",
        ),
        *("atlas_similarity", "similarity_t1", "similarity_t1c", "similarity_t2", "similarity_flair"),
        *("coregistration_gain", "residual_shift_mm", "coverage", "mask_atlas_dice", "rim_outside", "rim_inside"),
        *("shapley", "fusion_weight", "n_modalities"),
        *("level", "expected_low", "expected_high", "n_calibration", "quantile", "n_patients"),
        *("empty", "single", "several", "single_correct", "answered", "cut", "error", "n_answered"),
        *("tumour_outside_brain", "brain_volume_ml", "tumour_volume_ml"),
        *("mean", "median"),
        *("draws", "null_mean", "null_low", "null_high"),
        *("value_a", "value_b", "pi_low", "pi_high", "expected"),
        *("slope", "slope_ci_low", "slope_ci_high", "intercept", "intercept_ci_low", "intercept_ci_high"),
        *("n_unknown", "deaths", "median_months", "followup_months", "month", "survival", "at_risk", "n_train"),
        *(f"survival_{years}y{end}" for years in YEARS for end in ("", "_low", "_high")),
        *("c_index", "age_c_index", "age_ci_low", "age_ci_high", "difference_low", "difference_high"),
        *("hazard_ratio", "p_proportional"),
        *("observed", "threshold", "net_benefit", "treat_all", "sensitivity", "specificity", "ppv"),
    )
)
"""Columns that hold numbers; so do the biomarkers' `effect_<center>`."""


def tidy(frame: pd.DataFrame | None, text: Iterable[str] = (), numbers: Iterable[str] = ()) -> pd.DataFrame:
    """Copy a table, every text cell a string and every number a float (NaN = missing).

    Args:
        frame: the table, however it was read; None counts as empty.
        text: text columns that the caller needs: added, empty, where absent.
        numbers: numbers that the caller needs: added, missing, where absent.

    """
    frame = pd.DataFrame() if frame is None else frame.copy()
    for column in text:
        if column not in frame:
            frame[column] = ""
    for column in numbers:
        if column not in frame:
            frame[column] = float("nan")
    for column in frame.columns:
        if column in NUMBERS or str(column).startswith("effect_"):
            frame[column] = pd.to_numeric(frame[column], errors="coerce").astype(float)
        else:
            frame[column] = frame[column].astype(object).where(frame[column].notna(), "").map(str)
    return frame.reset_index(drop=True)


def tidy_metrics(frame: pd.DataFrame | None) -> pd.DataFrame:
    return tidy(
        frame,
        text=("model", "stage", "scenario", "role", "center", "task", "subset", "metric", "note"),
        numbers=("value", "ci_low", "ci_high", "n", "n_positive"),
    )


def tidy_confusion(frame: pd.DataFrame | None) -> pd.DataFrame:
    return tidy(
        frame, text=("model", "stage", "scenario", "role", "center", "task", "truth", "predicted"), numbers=("n",)
    )


def tidy_biomarkers(frame: pd.DataFrame) -> pd.DataFrame:
    return tidy(
        frame,
        text=(
            "scenario",
            "task",
            "feature",
            "modality",
            "region",
            "deep_features",
            "agrees_outside",
            "status",
            "reason",
        ),
        numbers=("rho", "q", "summary", "ci_low", "ci_high", "q_effect", "tau2", "i2", "additivity_gap"),
    )
