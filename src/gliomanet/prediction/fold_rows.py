"""Predictions of each trained model, before calibration and averaging: the rows between two rules.

Both rules read them, and neither should run again because the other one's code changed: so they stand by themselves.
"""

CASE = ["model", "stage", "scenario", "fold", "role", "center", "case_id", "task"]
"""What names a case of a fold; with the class it names a row."""

FOLD_COLUMNS = (*CASE, "class", "raw_probability", "pass_std")
"""Columns of `results/fold_predictions/`."""

ENSEMBLE = "ensemble"
"""The fold of what is averaged over folds: of rows made of these, never of these."""
