"""A Cox baseline of survival (age, type, tumour volume, resection), and its C-index beside that of the age alone.

Cox, J R Stat Soc B 34:187 (1972); ties by Efron, baseline hazards by centre. What a published Cox model of clinical
facts reaches in glioblastoma is a C-index of 0.65 (Abedi et al., Front Oncol 11:597587, 2021).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import pearsonr, rankdata
from statsmodels.duration.hazard_regression import PHReg, PHRegResults

from gliomanet.evaluation.rows import POOLED
from gliomanet.evaluation.statistics.bootstrap import named_generator, percentile_interval, resample_weights
from gliomanet.evaluation.survival.concordance import concordance
from gliomanet.tables.survival import SURVIVAL_HAZARDS, SURVIVAL_MODELS

KNOWN = 0.8
"""A covariate takes part if it is known in so many patients of each centre that trains or is tested."""

IN_EACH = 5
"""Deaths that each value of a yes/no covariate must have in training: else its hazard ratio is not estimable."""

PER_COVARIATE = 10
"""Deaths per covariate that a fit takes (Peduzzi et al., J Clin Epidemiol 48:1503, 1995)."""

FOLDS = 5
AGE = "age (10 years)"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CoxBaseline:
    """The baseline's figures.

    Attributes:
        models: rows of `SURVIVAL_MODELS`.
        hazards: rows of `SURVIVAL_HAZARDS`.
    """

    models: pd.DataFrame
    hazards: pd.DataFrame


@dataclass(frozen=True)
class _Test:
    """Risks of the tested patients by a model that has not seen them."""

    scenario: str
    role: str
    center: str
    patients: pd.DataFrame
    covariates: list[str]
    risk: Floats
    blocks: NDArray[np.int64]
    train: pd.DataFrame
    note: str = ""


def cox_baseline(
    patients: pd.DataFrame,
    scenarios: Sequence[Mapping[str, Any]],
    confidence: float,
    resamples: int,
    seed: int,
) -> CoxBaseline:
    """Fit the baseline in each scenario's training centres, and test it inside and outside of them.

    Args:
        patients: rows of `survival_patients`.
        scenarios: `name`, `train` and `external` centres of each.
        confidence: of the intervals, 0 to 1.
        resamples: bootstrap resamples of patients.
        seed: of the folds and of the resamples.
    """
    table = pd.concat([patients, covariates_of(patients)], axis=1)
    models: list[dict[str, Any]] = []
    hazards: list[dict[str, Any]] = []
    for test in _tests(table, scenarios, seed):
        rows = list(_rows(test, confidence, resamples, seed))
        models += rows
        if rows[0]["beats_age"] == "yes":
            hazards += _hazards(test, confidence)
    return CoxBaseline(
        pd.DataFrame(models, columns=SURVIVAL_MODELS.names()), pd.DataFrame(hazards, columns=SURVIVAL_HAZARDS.names())
    )


def covariates_of(patients: pd.DataFrame) -> pd.DataFrame:
    """Everything that the model may read of each patient, NaN where unknown; columns are named with their units."""
    volume = patients["tumour_volume_ml"].astype(float)
    return pd.DataFrame(
        {
            AGE: patients["age"].astype(float) / 10,
            "IDH mutant": patients["idh"].map({"wildtype": 0.0, "mutant": 1.0}),
            "1p/19q codeleted": patients["codel_1p19q"].map({"intact": 0.0, "codeleted": 1.0}),
            "grade (one more)": pd.to_numeric(patients["grade"], errors="coerce"),
            "tumour volume (doubled)": np.log2(volume.where(volume > 0)),
            "gross total resection": patients["resection"]
            .map({"gross_total": 1.0, "subtotal": 0.0, "biopsy": 0.0, "not_gross_total": 0.0})
            .astype(float),
        },
        index=patients.index,
    ).astype(float)


def admitted(train: pd.DataFrame, tested: pd.DataFrame) -> list[str]:
    """The covariates that are known often enough, and vary enough in training.

    Args:
        train: patients of the training centres, with all covariates.
        tested: those of the tested centre; of these only what is known counts, never how it went.
    """
    names = list(covariates_of(train.iloc[:0]).columns)
    both = pd.concat([train, tested])
    known = both[names].notna().groupby(both["center"]).mean().min()
    return [name for name in names if known[name] >= KNOWN and _varies(train[name], train["died"])]


def _varies(values: pd.Series, died: pd.Series) -> bool:
    if set(values.dropna().unique()) <= {0.0, 1.0}:
        deaths = [int((died & (values == value)).sum()) for value in (0.0, 1.0)]
        return min(deaths) >= IN_EACH
    return bool(values.max() > values.min())


def _tests(table: pd.DataFrame, scenarios: Sequence[Mapping[str, Any]], seed: int) -> Iterator[_Test]:
    centers = set(table["center"])
    for scenario in scenarios:
        name = scenario["name"]
        train = table[table["center"].isin(scenario["train"])]
        if train.empty:
            continue
        inside = POOLED if len(set(train["center"])) > 1 else str(train["center"].iloc[0])
        yield _cross_validated(name, inside, train, seed)
        for center in scenario["external"]:
            if center in centers:
                yield _outside(name, center, train, table[table["center"] == center])


def _cross_validated(scenario: str, center: str, train: pd.DataFrame, seed: int) -> _Test:
    names = admitted(train, train)
    whole = train.dropna(subset=[AGE, *names]).reset_index(drop=True)
    empty = _Test(scenario, "inside", center, whole, [], np.full(len(whole), np.nan), _numbers(whole, 0), whole)
    if note := _too_few(whole, names):
        return _with_note(empty, note)
    folds = named_generator(seed, "survival folds", scenario).permutation(len(whole)) % FOLDS
    risk = np.full(len(whole), np.nan)
    for fold in range(FOLDS):
        model = _fit(whole[folds != fold], names)
        if model is None:
            return _with_note(empty, "the fit of a fold does not converge")
        risk[folds == fold] = _risk(model, whole[folds == fold], names)
    return _Test(scenario, "inside", center, whole, names, risk, _numbers(whole, folds), whole)


def _outside(scenario: str, center: str, train: pd.DataFrame, tested: pd.DataFrame) -> _Test:
    names = admitted(train, tested)
    seen = train.dropna(subset=[AGE, *names]).reset_index(drop=True)
    whole = tested.dropna(subset=[AGE, *names]).reset_index(drop=True)
    empty = _Test(scenario, "outside", center, whole, [], np.full(len(whole), np.nan), _numbers(whole, 0), seen)
    if note := _too_few(seen, names):
        return _with_note(empty, note)
    model = _fit(seen, names)
    if model is None:
        return _with_note(empty, "the fit does not converge")
    return _Test(scenario, "outside", center, whole, names, _risk(model, whole, names), _numbers(whole, 0), seen)


def _with_note(test: _Test, note: str) -> _Test:
    return _Test(**{**vars(test), "note": note})


def _too_few(train: pd.DataFrame, names: list[str]) -> str:
    """The reason why no model is fitted; "" where one is."""
    if AGE not in names or len(names) < 2:
        return "no covariate beside the age is known in enough patients"
    deaths, wanted = int(train["died"].sum()), PER_COVARIATE * len(names)
    return "" if deaths >= wanted else f"too few events: {deaths} deaths, {wanted} for {len(names)} covariates"


def _numbers(patients: pd.DataFrame, folds: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """A number for each centre and fold: only their own patients are compared with each other."""
    centers = pd.factorize(patients["center"])[0].astype(np.int64)
    return np.asarray(centers * FOLDS + folds, dtype=np.int64)


def _fit(train: pd.DataFrame, names: list[str]) -> PHRegResults | None:
    """A fitted model; None where it does not converge."""
    strata = pd.factorize(train["center"])[0]
    try:
        fitted = PHReg(train["months"], train[names], train["died"].astype(int), strata=strata, ties="efron").fit()
    except np.linalg.LinAlgError:
        return None
    return fitted if np.isfinite(fitted.bse).all() else None


def _risk(model: PHRegResults, patients: pd.DataFrame, names: list[str]) -> Floats:
    """Log hazard less its baseline, which differs from centre to centre."""
    return np.asarray(patients[names].to_numpy() @ np.asarray(model.params))


def _rows(test: _Test, confidence: float, resamples: int, seed: int) -> Iterator[dict[str, Any]]:
    """The test on all patients, and within each IDH status, which orders them by itself."""
    for group in ("all", "IDH-wildtype", "IDH-mutant"):
        mine = np.ones(len(test.patients), bool) if group == "all" else test.patients["idh_group"].eq(group).to_numpy()
        deaths = int(test.patients["died"].to_numpy()[mine].sum())
        if group != "all" and (deaths < PER_COVARIATE or mine.all()):
            continue
        row: dict[str, Any] = {"scenario": test.scenario, "role": test.role, "center": test.center, "group": group}
        row |= {"covariates": "+".join(test.covariates), "n": int(mine.sum()), "deaths": deaths}
        row |= {"n_train": len(test.train), "note": test.note, "beats_age": "no"}
        if deaths >= PER_COVARIATE:
            row |= _indices(test, mine, group, confidence, resamples, seed)
        elif not test.note:
            row["note"] = f"too few events: {deaths} deaths"
        yield row


def _indices(
    test: _Test, mine: NDArray[np.bool_], group: str, confidence: float, resamples: int, seed: int
) -> dict[str, Any]:
    patients = test.patients[mine]
    names = np.array([f"{c}/{p}" for c, p in zip(patients["center"], patients["patient_id"], strict=True)])
    generator = named_generator(seed, "survival", test.scenario, test.role, test.center, group)
    weights = resample_weights(names, np.zeros(len(names), dtype=np.int64), resamples, generator)
    months, died = patients["months"].to_numpy(), patients["died"].to_numpy()
    age = concordance(months, died, patients[AGE].to_numpy(), weights, test.blocks[mine])
    found = _with_interval(age, confidence, "age_c_index", "age_ci_low", "age_ci_high")
    if not test.covariates:
        return found
    cox = concordance(months, died, test.risk[mine], weights, test.blocks[mine])
    found |= _with_interval(cox, confidence, "c_index", "ci_low", "ci_high")
    found |= _with_interval(cox - age, confidence, "difference", "difference_low", "difference_high")
    return {**found, "beats_age": "yes" if found["difference_low"] > 0 else "no"}


def _with_interval(values: Floats, confidence: float, name: str, low: str, high: str) -> dict[str, Any]:
    ends = percentile_interval(values[1:], confidence)
    return {name: float(values[0]), low: ends[0], high: ends[1]}


def _hazards(test: _Test, confidence: float) -> list[dict[str, Any]]:
    """Hazard ratios of the model that is tested outside, or of all the patients that are cross-validated inside."""
    model = _fit(test.train, test.covariates)
    if model is None:
        return []
    ends = np.exp(model.conf_int(alpha=1 - confidence))
    died = test.train["died"].to_numpy()
    named: dict[str, Any] = {"scenario": test.scenario, "role": test.role, "center": test.center}
    named |= {"n": len(test.train), "deaths": int(test.train["died"].sum())}
    return [
        {
            **named,
            "covariate": name,
            "hazard_ratio": float(np.exp(model.params[place])),
            "ci_low": float(ends[place, 0]),
            "ci_high": float(ends[place, 1]),
            "p": float(model.pvalues[place]),
            "p_proportional": _proportional(model, test.train["months"].to_numpy()[died], place, died),
        }
        for place, name in enumerate(test.covariates)
    ]


def _proportional(model: PHRegResults, months: Floats, place: int, died: NDArray[np.bool_]) -> float:
    """p-value of the correlation of Schoenfeld's residuals with the rank of the time of death."""
    residuals = np.asarray(model.schoenfeld_residuals)[died, place]
    return float(pearsonr(residuals, rankdata(months)).pvalue)
