"""Survival: what became of groups of the study's patients, and a Cox baseline where it beats the age alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gliomanet.reporting.format import DASH, center_name, count, estimate, interval, number, plural, probability
from gliomanet.reporting.study.figure import drawn
from gliomanet.reporting.study.figures.survival import survival_plot
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.notes import NOT_ESTIMABLE
from gliomanet.tables.survival import GROUP, YEARS

_ALL = "all"
_STRATA = GROUP[2:]
_IDH = ("IDH-wildtype", "IDH-mutant")
_RESECTIONS = {"gross_total": "gross total", "not_gross_total": "not gross total", _ALL: ""}
Row = Mapping[Any, Any]


def section(results: StudyResults) -> Section | None:
    """Survival, where a case table tells of it and a group is large enough to be shown."""
    groups, curves = tidy(results.survival_groups), tidy(results.survival_curves)
    if groups.empty:
        return None
    whole = groups[(groups[[*_STRATA]] == _ALL).all(axis=1)]
    shown = _drawn_groups(whole)
    lines = curves[(curves[[*_STRATA]] == _ALL).all(axis=1)].merge(shown[["center", "group"]], on=["center", "group"])
    models, hazards = tidy(results.survival_models), tidy(results.survival_hazards)
    label = "Kaplan–Meier curves of groups of patients, a panel per centre, with intervals and patients at risk."
    content = {
        "unknown": _unknown(groups),
        "figure": drawn(survival_plot(lines, shown), "survival", label, lines),
        "groups": groups_table(whole, "survival", "Survival of groups, by centre."),
        "strata": groups_table(groups.drop(whole.index), "survival-strata", "The same by age, resection and label."),
        "sentences": [_sentence(row) for row in models[models["group"] == _ALL].to_dict("records")],
        "models": models_table(models[models["beats_age"] == "yes"]),
        "hazards": hazards_table(hazards),
    }
    return Section("survival", "Survival", content)


def _drawn_groups(whole: pd.DataFrame) -> pd.DataFrame:
    """Of each single centre the integrated types, or the IDH status where no type is known."""
    single = whole[whole["center"] != "pooled"]
    typed = ~single["group"].isin(_IDH)
    has_types = single["center"].map(typed.groupby(single["center"]).any())
    return single[typed | ~has_types.astype(bool)]


def _unknown(groups: pd.DataFrame) -> list[str]:
    """Centres with patients of whom nothing is known, in words."""
    rows = groups[groups["center"] != "pooled"].drop_duplicates("center").to_dict("records")
    return [f"{row['center']} {count(row['n_unknown'])}" for row in rows if row["n_unknown"] > 0]


def groups_table(groups: pd.DataFrame, name: str, caption: str) -> Table:
    """A row per group: patients, deaths, median, shares alive.

    Args:
        groups: rows of `SURVIVAL_GROUPS`.
        name: the table's name.
        caption: its caption.
    """
    rows = []
    for row in groups.to_dict("records"):
        cells = [Cell(center_name(row["center"])), Cell(row["group"])]
        cells += [Cell("" if row["age_band"] == _ALL else row["age_band"])]
        cells += [Cell(_RESECTIONS.get(row["resection"], row["resection"]))]
        cells += [Cell("" if row["label"] == _ALL else row["label"])]
        cells += [numeric(count(row["n"])), numeric(count(row["deaths"])), _median(row)]
        cells += [_share(row, years) for years in YEARS]
        cells += [numeric("" if pd.isna(row["followup_months"]) else f"{row['followup_months']:.1f}")]
        rows.append(tuple(cells))
    columns = [Column("Centre", choose=True), Column("Group", choose=True), Column("Age", choose=True)]
    columns += [Column("Resection", choose=True), Column("Label", choose=True), Column("n", True)]
    columns += [Column("Deaths", True), Column("Median, months", True)]
    columns += [Column(f"Alive after {plural(years, 'year')}", True) for years in YEARS]
    columns += [Column("Follow-up, months", True)]
    return Table(name, caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)


def _median(row: Row) -> Cell:
    """The median with its interval, or the reason why there is none."""
    if pd.isna(row["median_months"]):
        return Cell("not reached" if row["note"].endswith("not reached") else "too few events", kind="muted")
    high = "not reached" if pd.isna(row["ci_high"]) else f"{row['ci_high']:.1f}"
    return numeric(f"{row['median_months']:.1f}", f"{row['ci_low']:.1f}{DASH}{high}")


def _share(row: Row, years: int) -> Cell:
    share = row[f"survival_{years}y"]
    if pd.isna(share):
        return Cell()
    low, high = row[f"survival_{years}y_low"], row[f"survival_{years}y_high"]
    return numeric(number(share), "" if low == high else interval(low, high))


def _sentence(row: Row) -> str:
    """The baseline beside the age alone, in one test."""
    where = f"{center_name(row['center'])}, {'outside' if row['role'] == 'outside' else 'cross-validated'}"
    where += f" ({row['scenario']})"
    if pd.isna(row["c_index"]):
        return f"{where}: not estimable ({row['note']})."
    verdict = "beats the age alone" if row["beats_age"] == "yes" else "does not beat the age alone, and is not shown"
    age = _index(row, "age_c_index", "age_ci_low", "age_ci_high")
    gain = _index(row, "difference", "difference_low", "difference_high")
    text = f"{where}: {verdict}: C-index of the age {age}, difference {gain}"
    return f"{text}; {plural(round(row['n']), 'patient')}, {plural(round(row['deaths']), 'death')}."


def _index(row: Row, value: str, low: str, high: str) -> str:
    """A C-index or a difference with its interval: to the third digit, in which they differ."""
    if pd.isna(row[value]):
        return NOT_ESTIMABLE
    return f"{number(row[value], 3)} [{number(row[low], 3)}, {number(row[high], 3)}]"


def models_table(models: pd.DataFrame) -> Table:
    """C-indices of the tests in which the baseline beats the age alone.

    Args:
        models: rows of `SURVIVAL_MODELS`.
    """
    rows = [
        (
            *(Cell(row["scenario"]), Cell(row["role"]), Cell(center_name(row["center"])), Cell(row["group"])),
            numeric(_index(row, "c_index", "ci_low", "ci_high")),
            numeric(_index(row, "age_c_index", "age_ci_low", "age_ci_high")),
            numeric(_index(row, "difference", "difference_low", "difference_high")),
            *(numeric(count(row[name])) for name in ("n", "deaths", "n_train")),
        )
        for row in models.to_dict("records")
    ]
    titles = ("Scenario", "Tested", "Centre", "Patients")
    columns = [Column(title, choose=True) for title in titles]
    numbers = ("C-index", "Age alone", "Difference", "n", "Deaths", "n to fit")
    columns += [Column(title, True) for title in numbers]
    return Table("survival-models", "Where the Cox baseline beats the age alone.", tuple(columns), tuple(rows))


def hazards_table(hazards: pd.DataFrame) -> Table:
    """Hazard ratios of the models that beat the age alone.

    Args:
        hazards: rows of `SURVIVAL_HAZARDS`.
    """
    rows = [
        (
            *(Cell(row["scenario"]), Cell(row["role"]), Cell(center_name(row["center"])), Cell(row["covariate"])),
            numeric(estimate(row["hazard_ratio"], row["ci_low"], row["ci_high"])),
            *(numeric(probability(row["p"])), numeric(probability(row["p_proportional"]))),
            *(numeric(count(row["n"])), numeric(count(row["deaths"]))),
        )
        for row in hazards.to_dict("records")
    ]
    columns = [Column(title, choose=True) for title in ("Scenario", "Tested", "Centre", "Covariate")]
    columns += [Column(title, True) for title in ("Hazard ratio", "p", "p, constant", "n", "Deaths")]
    caption = "Hazard ratios of death, each with the others being equal. p, constant: small where the ratio drifts."
    return Table("survival-hazards", caption, tuple(columns), tuple(rows))
