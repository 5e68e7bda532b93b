"""Final predictions: each fold's calibrated probabilities, and the folds' mean for external cases."""

from __future__ import annotations

import math

import pandas as pd

from gliomanet.prediction.calibration import calibrate, check_rows
from gliomanet.tables.prediction import CASE, CENTER_PREDICTIONS, ENSEMBLE
from gliomanet.uncertainty.probabilities import entropy

_ACROSS_FOLDS = ["model", "stage", "scenario", "role", "center", "case_id", "task"]


def combine_predictions(rows: pd.DataFrame, temperatures: pd.DataFrame | None) -> pd.DataFrame:
    """Calibrated fold predictions, with an `ensemble` row for every class of every external case.

    Args:
        rows: rows of `FOLD_PREDICTIONS`, one per fold, case, task and class. Refit models have the single fold `all`,
            whose ensemble is itself.
        temperatures: rows of `results/calibration/`; None leaves the probabilities as they are.

    Returns:
        Rows of `CENTER_PREDICTIONS`, ordered by their keys (fold rows before ensemble rows), whatever order they came
        in. Sums are exact (`math.fsum`), so the order cannot change a digit either.

        An ensemble's `raw_probability` is the mean of its folds', and so is the `probability` of two folds or more:
        averaging takes certainty away by itself, and of scaled members too much (Rahaman and Thiery, NeurIPS 2021,
        arXiv:2007.08792; `benchmarks/README.md`). That of one fold is the fold's. `uncertainty` is the entropy of
        `probability` in nats. `fold_std`: standard deviation of `probability` over the folds, of ensembles of two or
        more. `pass_std`: standard deviation of the raw probability over stochastic passes, where there were some; of
        an ensemble the mean of its folds'. `set_p` and `in_set` are left empty for `prediction_sets.with_sets`.

    Raises:
        ValueError: a missing column, a row given twice, ensemble rows already there, a case that some of its
            scenario's folds did not predict, or a row without a temperature.
    """
    check_rows(rows)
    if rows.empty:
        return pd.DataFrame(columns=CENTER_PREDICTIONS.names())
    folds = calibrate(rows, temperatures)
    external = folds[folds["role"] == "external"]
    _check_folds(external)
    parts = [folds, _ensemble(external)] if len(external) else [folds]
    names = CENTER_PREDICTIONS.names()
    ordered = [part.reindex(columns=names).sort_values([*CASE, "class"], kind="stable") for part in parts]
    return pd.concat(ordered, ignore_index=True)


def _ensemble(external: pd.DataFrame) -> pd.DataFrame:
    classes = external.groupby([*_ACROSS_FOLDS, "class"], sort=True)
    means = {name: classes[name].agg(_mean) for name in ("probability", "raw_probability", "pass_std")}
    added = pd.DataFrame({**means, "fold_std": classes["probability"].agg(_std)}).reset_index()
    several = classes.size().to_numpy() > 1
    added["probability"] = added["probability"].where(~several, added["raw_probability"])
    uncertainty = added.groupby(_ACROSS_FOLDS)["probability"].agg(lambda p: entropy(p.tolist()))
    added["uncertainty"] = uncertainty.reindex(pd.MultiIndex.from_frame(added[_ACROSS_FOLDS])).to_numpy()
    return added.assign(fold=ENSEMBLE)


def _mean(values: pd.Series) -> float:
    return math.fsum(values) / len(values)


def _std(values: pd.Series) -> float:
    """The population's, as over stochastic passes; missing for a single fold, which agrees with itself."""
    if len(values) < 2:
        return math.nan
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def _check_folds(external: pd.DataFrame) -> None:
    for keys, group in external.groupby(["model", "stage", "scenario"], sort=True):
        folds = sorted(group["fold"].unique())
        counts = group.groupby([*_ACROSS_FOLDS, "class"], sort=True)["fold"].agg(lambda f: sorted(f.unique()))
        for case, found in zip(counts.index.to_list(), counts, strict=True):
            if found != folds:
                raise ValueError(
                    f"case {case[5]} of {case[4]}, task {case[6]}: predicted by fold {', '.join(found)} of "
                    f"{'/'.join(map(str, keys))}, whose folds are {', '.join(folds)}; predict it with all of them"
                )
