"""The study's reference curves of survival, as a bundle holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gliomanet.bundle.survival import AtYears, BundledSurvival, CurvePoint, SurvivalGroup
from gliomanet.release.chosen import Chosen
from gliomanet.tables.io import read_table
from gliomanet.tables.survival import GROUP, YEARS


def survival_of(chosen: Chosen) -> BundledSurvival | None:
    """The curves of a study; `None` where its case tables tell of no survival."""
    layout = chosen.finished.layout
    groups, curves = layout.evaluation("survival_groups"), layout.evaluation("survival_curves")
    if not groups.is_file() or not curves.is_file():
        return None
    found = groups_of(read_table(groups), read_table(curves))
    return BundledSurvival(confidence=chosen.study.evaluation.confidence, groups=found) if found else None


def groups_of(groups: pd.DataFrame, curves: pd.DataFrame) -> tuple[SurvivalGroup, ...]:
    """Rows of `SURVIVAL_GROUPS` with their rows of `SURVIVAL_CURVES`."""
    columns = list(GROUP)
    points = {tuple(map(str, key)): of_group for key, of_group in curves.groupby(columns, sort=False)}
    found = []
    for row in groups.to_dict("records"):
        own = points.get(tuple(str(row[column]) for column in columns))
        found.append(_group(row, () if own is None else tuple(_point(one) for one in own.to_dict("records"))))
    return tuple(found)


def _group(row: Mapping[Any, Any], curve: tuple[CurvePoint, ...]) -> SurvivalGroup:
    at_years = tuple(
        AtYears(
            years=years,
            survival=row[f"survival_{years}y"],
            low=row[f"survival_{years}y_low"],
            high=row[f"survival_{years}y_high"],
        )
        for years in YEARS
        if not pd.isna(row[f"survival_{years}y"])
    )
    return SurvivalGroup(
        **{column: str(row[column]) for column in GROUP},
        n=int(row["n"]),
        deaths=int(row["deaths"]),
        median_months=_number(row["median_months"]),
        median_low=_number(row["ci_low"]),
        median_high=_number(row["ci_high"]),
        followup_months=_number(row["followup_months"]),
        at_years=at_years,
        curve=curve,
        note=str(row["note"]),
    )


def _point(row: Mapping[Any, Any]) -> CurvePoint:
    low, high = float(row["ci_low"]), float(row["ci_high"])
    survival, at_risk = float(row["survival"]), int(row["at_risk"])
    return CurvePoint(month=int(row["month"]), survival=survival, low=low, high=high, at_risk=at_risk)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
