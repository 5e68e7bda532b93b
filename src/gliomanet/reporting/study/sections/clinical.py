"""Clinical data beside images: each model that takes them, held against what it is without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from gliomanet.evaluation.metrics.registry import metric_label
from gliomanet.reporting.format import WHOLE_GROUP, center_name, estimate, model_name, number, probability, task_name
from gliomanet.reporting.study.answers import tidy_comparisons
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.notes import NOT_ESTIMABLE, reason_of

CLINICAL_KEYS = {"clinical", "clinical_dropout"}


def section(results: StudyResults) -> Section | None:
    """The table, where the study has a model with clinical data and the same without, or a stack."""
    pairs = list(pairs_of(results.settings["models"]))
    if not pairs or results.comparisons.empty:
        return None
    table = clinical_table(tidy_comparisons(results.comparisons), pairs)
    return Section("clinical", "With and without clinical data", {"table": table}) if table else None


def pairs_of(models: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Pairs of a model with clinical data and one without: its twin in all else, or a stack's member that takes images.

    Args:
        models: name → settings, as the study's record has them.
    """
    for name, model in models.items():
        if not model.get("clinical"):
            continue
        if model["kind"] == "stack":
            members = {member: models[member] for member in model["members"]}
            yield from ((name, m) for m, own in members.items() if "modalities" in own and not own.get("clinical"))
        for other, settings in models.items():
            if settings["kind"] == model["kind"] and not settings.get("clinical") and _rest(settings) == _rest(model):
                yield name, other


def clinical_table(comparisons: pd.DataFrame, pairs: list[tuple[str, str]]) -> Table | None:
    """Both models' figures and their paired difference on external cases, without any on validation cases, together.

    Args:
        comparisons: rows of `tidy_comparisons`.
        pairs: of `pairs_of`.
    """
    whole = comparisons[comparisons["subset"].isin(WHOLE_GROUP)]
    either = pd.concat([whole, _turned(whole)], ignore_index=True)
    mine = either[[pair in pairs for pair in zip(either["model_a"], either["model_b"], strict=True)]]
    external = mine[mine["role"] == "external"]
    mine = external if len(external) else mine
    together = mine[mine["center"] == "stratified"]
    mine = together if len(together) else mine
    if not len(mine):
        return None
    several = len(set(mine["stage_a"]) | set(mine["stage_b"])) > 1
    rows = []
    for row in mine.to_dict("records"):
        names = [model_name(row[f"model_{x}"], row[f"stage_{x}"], several) for x in "ab"]
        cells = [*(Cell(name) for name in names), Cell(row["scenario"]), Cell(center_name(row["center"]))]
        cells += [Cell(task_name(row["task"])), Cell(metric_label(row["metric"]))]
        if pd.isna(row["difference"]):
            cells += [Cell(), Cell(), Cell(NOT_ESTIMABLE, reason_of(row["note"]), "muted"), Cell()]
        else:
            cells += [numeric(number(row["value_a"])), numeric(number(row["value_b"]))]
            cells += [numeric(estimate(row["difference"], row["ci_low"], row["ci_high"]), row["note"])]
            cells += [numeric(probability(row["p"]))]
        rows.append(tuple(cells))
    columns = [Column(name, choose=True) for name in ("With", "Without", "Scenario", "Centre", "Task", "Metric")]
    columns += [Column(name, True) for name in ("With", "Without", "Difference", "p")]
    caption = f"The same {mine['role'].iloc[0]} cases by a model with the patient's age or sex and by one without. "
    caption += "Single centres: evaluation/comparisons.tsv."
    return Table("clinical", caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)


def _rest(model: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in model.items() if key not in CLINICAL_KEYS}


def _turned(rows: pd.DataFrame) -> pd.DataFrame:
    """The same comparisons with the models in the other order."""
    names = {f"{what}_{x}": f"{what}_{y}" for what in ("model", "stage", "value") for x, y in ("ab", "ba")}
    low, high = -rows["ci_high"], -rows["ci_low"]
    return rows.rename(columns=names).assign(difference=-rows["difference"], ci_low=low, ci_high=high)
