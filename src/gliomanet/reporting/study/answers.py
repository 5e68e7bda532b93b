"""The study's question, answered per task: does its declared model beat the declared reference on unseen centres?

The model and the reference are named in the configuration before anything is known (`evaluation.primary_model`,
`evaluation.reference`). A model that is chosen after seeing all results flatters itself, so none is singled out here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from gliomanet.config.split import MAIN
from gliomanet.evaluation.metrics.registry import metric_label
from gliomanet.evaluation.rows import LEAVE_ONE_CENTER_OUT
from gliomanet.reporting.format import (
    DASH,
    TOGETHER,
    WHOLE_GROUP,
    estimate,
    interval,
    listing,
    number,
    plural,
    probability,
    task_name,
)
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.tidy import tidy
from gliomanet.tables.columns import HELD_OUT
from gliomanet.tables.notes import reason_of

Verdict = Literal["yes", "no", "worse", "open"]
STRATIFIED = "stratified"
"""Rows of comparisons over the external centres, in each of which the models are compared by themselves."""

FAMILY = "reference"
"""Rows of comparisons that are the study's question, corrected together."""

NO_BREAK = "\N{NO-BREAK SPACE}"

Row = Mapping[Any, Any]


@dataclass(frozen=True)
class Answer:
    """One task's answer.

    Attributes:
        task: as the page writes it.
        verdict: `yes`, `no` (not shown), `worse`, or `open` where the run cannot tell.
        text: the sentence.
    """

    task: str
    verdict: Verdict
    text: str


def answers(results: StudyResults) -> list[Answer]:
    """Answer the study's question for every task, in its order."""
    return [_answer(results, task) for task in results.tasks]


def order_of(results: StudyResults) -> list[str]:
    """Names of the models: the declared one, the reference, then the others as the study names them."""
    evaluation = results.settings["evaluation"]
    first = [name for name in (evaluation.get("primary_model"), evaluation.get("reference")) if name]
    return list(dict.fromkeys([*first, *results.settings["models"]]))


def tidy_comparisons(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Rows of `evaluation/comparisons.tsv`, text and numbers as such."""
    text = (
        "scenario",
        "stage_a",
        "stage_b",
        "model_a",
        "model_b",
        "role",
        "center",
        "task",
        "subset",
        "metric",
        "family",
    )
    return tidy(
        comparisons,
        text=(*text, "note"),
        numbers=("value_a", "value_b", "difference", "ci_low", "ci_high", "p", "p_holm", "n", "n_positive"),
    )


def external_scenario(table: pd.DataFrame) -> str:
    """The scenario that answers: centres held out in turn and taken together, else that of the centres' roles.

    Where neither has external rows, the first one that has.

    Args:
        table: rows with the columns `scenario` and `role`.

    Returns:
        "" where no centre tests.
    """
    scenarios = list(dict.fromkeys(table.loc[table["role"] == "external", "scenario"]))
    return next((name for name in (LEAVE_ONE_CENTER_OUT, MAIN, *scenarios) if name in scenarios), "")


def answering_rows(table: pd.DataFrame) -> pd.DataFrame:
    """External rows of the scenario that answers, of a table with the columns `scenario`, `role` and `center`.

    Where centres are held out in turn, each one's rows are those of the scenario that held it out, then what stands for
    all of them together.
    """
    external = table[table["role"] == "external"]
    scenario = external_scenario(external)
    if scenario == LEAVE_ONE_CENTER_OUT or scenario.startswith(HELD_OUT):
        held_out = external["scenario"] == HELD_OUT + external["center"]
        return external[held_out | (external["scenario"] == LEAVE_ONE_CENTER_OUT)]
    return external[external["scenario"] == scenario]


def _answer(results: StudyResults, task: str) -> Answer:
    settings, name = results.settings["evaluation"], task_name(task)
    model, reference = settings.get("primary_model"), settings.get("reference")
    table = tidy_comparisons(results.comparisons)
    scenario = external_scenario(table) or external_scenario(results.scored)
    if not scenario:
        return Answer(name, "open", "not known: the study has no centre that its fits have not seen.")
    rows = table[(table["family"] == FAMILY) & (table["task"] == task) & (table["scenario"] == scenario)]
    if reference is None:
        return Answer(name, "open", _without_reference(results, task, scenario, model))
    if model is None:
        return Answer(name, "open", _without_model(results, rows, reference))
    rows = rows[rows["model_a"] == model]
    found = {row["metric"]: row for row in rows.to_dict("records")}
    if not found:
        why = "one of them does not predict it, or no case there has a known label"
        return Answer(name, "open", f"not known: {model} and {reference} were not compared on unseen centres ({why}).")
    known = {metric: row for metric, row in found.items() if pd.notna(row["difference"])}
    if not known:
        reason = next((reason_of(row["note"]) for row in found.values() if row["note"]), "")
        return Answer(name, "open", f"not estimable on unseen centres{f' ({reason})' if reason else ''}.")
    return _estimated(results, name, known, _centers(table, next(iter(known.values()))))


def _estimated(results: StudyResults, name: str, known: Mapping[str, Row], centers: int) -> Answer:
    """The verdict is the AUC's, which no threshold decides; the MCC's where the AUC's was not tested."""
    tested = [metric for metric, row in known.items() if pd.notna(row["p_holm"])]
    metric = "auc" if "auc" in (tested or known) else next(iter(tested or known))
    row, level = known[metric], _level(results)
    model, reference = row["model_a"], row["model_b"]
    certain = bool(row["p_holm"] < level)  # False for NaN
    verdict: Verdict = "no" if not certain else "yes" if row["difference"] > 0 else "worse"
    said = {
        "yes": f"yes: {model} beats {reference} on unseen centres",
        "no": f"not shown: {model} and {reference} are not told apart on unseen centres",
        "worse": f"no: {model} does worse than {reference} on unseen centres",
    }[verdict]
    values: str = f" ({number(row['value_a'])} against {number(row['value_b'])})" if pd.notna(row["value_a"]) else ""
    parts = [f"{said}; difference in {_difference(row)}{values}, {_p(row)}"]
    parts += [f"in {_difference(other)}, {_p(other)}" for name_, other in known.items() if name_ != metric]
    size = f"{_patients(results, row['n'])}, {plural(centers, 'centre')}"
    return Answer(name, verdict, f"{'; '.join(parts)}; {size}.")


def _without_model(results: StudyResults, rows: pd.DataFrame, reference: str) -> str:
    if rows["difference"].isna().all():
        return f"not known: no model was held against {reference} on unseen centres."
    return f"the study declares no model of its own; {beaten(results, rows, reference, ' on unseen centres')}"


def beaten(results: StudyResults, rows: pd.DataFrame, reference: str, where: str = "") -> str:
    """Count who beats the reference after correction: nobody is picked for being the highest.

    Args:
        results: the study's tables.
        rows: comparisons of the family with some difference, of one task.
        reference: the model to beat.
        where: kind of cases, with a space before it.
    """
    known = rows[rows["difference"].notna()]
    metric = "auc" if "auc" in set(known["metric"]) else "mcc"  # classes alone have no AUC
    rows = known[known["metric"] == metric]
    level = _level(results)
    better = rows[(rows["p_holm"] < level) & (rows["difference"] > 0)].to_dict("records")
    named = listing(f"{row['model_a']} ({_difference(row)})" for row in better)
    text = (
        f"of {plural(len(rows), 'model')} held against {reference}{where}, {len(better) or 'none'} "
        f"{'beats' if len(better) == 1 else 'beat'} it in {metric_label(metric)} after Holm's correction"
    )
    return f"{text}{f': {named}' if better else ''}; {_patients(results, rows['n'].max())}."


def _without_reference(results: StudyResults, task: str, scenario: str, model: str | None) -> str:
    if model is None:
        return (
            "the study declares neither a model nor a reference, so the tables below answer no question asked before."
        )
    table = results.scored
    rows = table[(table["model"] == model) & (table["scenario"] == scenario) & (table["role"] == "external")]
    rows = rows[(rows["task"] == task) & rows["subset"].isin(WHOLE_GROUP)]
    whole = rows[rows["center"].isin(TOGETHER)] if rows["center"].isin(TOGETHER).any() else rows
    told = [
        f"{metric_label(str(row['metric']))} {estimate(row['value'], row['ci_low'], row['ci_high'])}"
        for metric in ("auc", "mcc")
        for row in whole[whole["metric"] == metric].tail(1).to_dict("records")
    ]
    if not told:
        return f"not known: {model} does not predict it on unseen centres."
    return (
        f"{model} has {listing(told)} on unseen centres; the study declares no reference, so what it adds is not known."
    )


def _difference(row: Row) -> str:
    sign = "+" if row["difference"] > 0 else ""
    within = interval(row["ci_low"], row["ci_high"]).replace(" ", NO_BREAK)
    within = "without an interval" if within == DASH else within
    return f"{metric_label(str(row['metric']))} {sign}{number(row['difference'])} {within}"


def _level(results: StudyResults) -> float:
    """Level that a corrected p must be below: 1 less the confidence, without the rounding error of .95."""
    return round(1 - float(results.settings["evaluation"]["confidence"]), 12)


def _p(row: Row) -> str:
    text = probability(row["p_holm"])
    if not text:
        return "p not estimable"
    return f"Holm-adjusted p {text}" if text.startswith("<") else f"Holm-adjusted p = {text}"


def _centers(table: pd.DataFrame, row: Row) -> int:
    """Number of single centres in which the pair was compared."""
    same = (table["model_a"] == row["model_a"]) & (table["model_b"] == row["model_b"]) & (table["role"] == "external")
    same &= (table["task"] == row["task"]) & (table["metric"] == row["metric"]) & table["subset"].isin(WHOLE_GROUP)
    if row["scenario"] == LEAVE_ONE_CENTER_OUT:
        same &= table["scenario"].str.startswith(HELD_OUT) | (table["scenario"] == LEAVE_ONE_CENTER_OUT)
    else:
        same &= table["scenario"] == row["scenario"]
    single = table[same & ~table["center"].isin((*TOGETHER, STRATIFIED)) & table["difference"].notna()]
    return int(single["center"].nunique())


def _patients(results: StudyResults, n: float) -> str:
    """`1,437 patients`, or `cases` where a patient has several."""
    cases = tidy(results.cases, text=("center", "patient_id"))
    several = cases.duplicated(["center", "patient_id"]).any() or (cases["patient_id"] == "").any()
    return plural(round(n), "case" if several else "patient") if pd.notna(n) else "number of patients not known"
