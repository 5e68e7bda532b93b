"""Reference curves: the survival of groups of a study's own patients, never of one patient.

Kaplan and Meier's estimate with Greenwood's intervals on the log(-log) scale; the median's interval where these cross
one half (Brookmeyer and Crowley, Biometrics 38:29, 1982); median follow-up by the reverse estimate (Schemper and Smith,
Control Clin Trials 17:343, 1996). Curves are read off at whole months, so that no day of death is in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.duration.survfunc import SurvfuncRight

from gliomanet.evaluation.rows import POOLED
from gliomanet.evaluation.survival.patients import further_labels_in, left_out, listed, survival_patients
from gliomanet.tables.survival import GROUP, SURVIVAL_CURVES, SURVIVAL_GROUPS, YEARS

FEWEST_PATIENTS = 10
"""A smaller group is not shown: it would tell of persons."""

FEWEST_DEATHS = 10
"""With fewer, no median is given."""

FEWEST_AT_RISK = 5
"""A curve ends where fewer are still observed."""

ALL = "all"
TOO_FEW = f"too few events (fewer than {FEWEST_DEATHS} deaths): no median"
NOT_REACHED = "median not reached"


@dataclass(frozen=True)
class ReferenceCurves:
    """Survival of a study's groups.

    Attributes:
        groups: rows of `SURVIVAL_GROUPS`.
        curves: rows of `SURVIVAL_CURVES`.
    """

    groups: pd.DataFrame
    curves: pd.DataFrame


def reference_curves(outcomes: pd.DataFrame, volumes: pd.DataFrame, confidence: float) -> ReferenceCurves:
    """Survival by centre, and by IDH or integrated type, alone and with age band, resection and further labels.

    Args:
        outcomes: rows of `OUTCOMES`, of the centres that tell of survival.
        volumes: see `survival_patients`.
        confidence: of the intervals, 0 to 1.
    """
    patients = survival_patients(outcomes, volumes)
    lost = left_out(outcomes)
    groups, curves = [], []
    for group, members in groups_of(patients):
        if len(members) < FEWEST_PATIENTS:
            continue
        fit = SurvfuncRight(members["months"], members["died"].astype(int))
        groups.append({**group, **_summary(fit, members, confidence), "n_unknown": _lost(lost, group)})
        curves += [{**group, **point} for point in _by_month(fit, members, confidence)]
    return ReferenceCurves(
        pd.DataFrame(groups, columns=SURVIVAL_GROUPS.names()), pd.DataFrame(curves, columns=SURVIVAL_CURVES.names())
    )


def groups_of(patients: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Every group of patients with its names (`GROUP`): of each centre, and of all where there are several."""
    centers = listed(patients["center"])
    labels = further_labels_in(patients)
    for center in [*centers, POOLED] if len(centers) > 1 else centers:
        here = patients if center == POOLED else patients[patients["center"] == center]
        for level in ("idh_group", "type"):
            for name in sorted(listed(here[level])):
                mine = here[here[level] == name]
                for strata, members in _strata(mine, labels):
                    yield {"center": center, "group": name, **dict.fromkeys(GROUP[2:], ALL), **strata}, members


def _strata(patients: pd.DataFrame, labels: list[str]) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """A group as a whole, and its parts."""
    yield {}, patients
    for columns in (["age_band"], ["resection"], ["age_band", "resection"]):
        for values, members in patients[(patients[columns] != "").all(axis=1)].groupby(columns, sort=True):
            yield dict(zip(columns, map(str, values), strict=True)), members
    for label in labels:
        for value in sorted(listed(patients[label])):
            yield {"label": f"{label} {value}"}, patients[patients[label] == value]


def _summary(fit: SurvfuncRight, members: pd.DataFrame, confidence: float) -> dict[str, Any]:
    deaths = int(members["died"].sum())
    found: dict[str, Any] = {"n": len(members), "deaths": deaths, "note": TOO_FEW}
    if deaths >= FEWEST_DEATHS:
        median = fit.quantile(0.5)
        with np.errstate(divide="ignore", invalid="ignore"):  # where everybody or nobody is alive
            low, high = fit.quantile_ci(0.5, alpha=1 - confidence, method="cloglog")
        ends = {"median_months": median, "ci_low": low, "ci_high": high}
        found |= {name: value if np.isfinite(value) else np.nan for name, value in ends.items()}
        found["note"] = "" if np.isfinite(median) else NOT_REACHED
    found["followup_months"] = SurvfuncRight(members["months"], 1 - members["died"].astype(int)).quantile(0.5)
    last = float(members["months"].max())
    for years in YEARS:
        if 12 * years <= last:
            at = _at(fit, 12.0 * years, confidence)
            found |= {f"survival_{years}y{end}": value for end, value in zip(("", "_low", "_high"), at, strict=True)}
    return found


def _by_month(fit: SurvfuncRight, members: pd.DataFrame, confidence: float) -> Iterator[dict[str, float]]:
    """The curve at whole months, as long as enough patients are observed."""
    months, died = members["months"].to_numpy(), members["died"].to_numpy()
    for month in range(int(months.max()) + 1):
        at_risk = int((months >= month).sum())
        if at_risk < FEWEST_AT_RISK:
            return
        survival, low, high = _at(fit, float(month), confidence)
        curve = {"month": month, "survival": survival, "ci_low": low, "ci_high": high}
        yield {**curve, "at_risk": at_risk, "deaths": int((died & (months <= month)).sum())}


def _at(fit: SurvfuncRight, months: float, confidence: float) -> tuple[float, float, float]:
    """Survival and its interval at a time: of the last step before it."""
    step = int(np.searchsorted(fit.surv_times, months, side="right")) - 1
    survival = float(fit.surv_prob[step]) if step >= 0 else 1.0
    if survival in (0.0, 1.0):
        return survival, survival, survival
    spread = norm.ppf((1 + confidence) / 2) * float(fit.surv_prob_se[step]) / (survival * np.log(survival))
    low, high = sorted(survival ** np.exp(sign * spread) for sign in (-1, 1))
    return survival, float(low), float(high)


def _lost(lost: Mapping[str, int], group: Mapping[str, str]) -> int:
    return sum(lost.values()) if group["center"] == POOLED else lost.get(group["center"], 0)
