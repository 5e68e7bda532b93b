"""Members of stacks: the fits that a stack learnt from and is fed by, and what they say of the cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.fits import Fit
from gliomanet.provenance.trace.step import Step
from gliomanet.stages import stage_order
from gliomanet.tables.prediction import ENSEMBLE

REFIT = "all"
"""The fold of a fit on all training cases, behind its scenario's name where there are several."""


def members_of(study: FinishedStudy, models: Iterable[str]) -> list[str]:
    """The members of the stacks among some models, each once."""
    settings = [study.record.study["models"][model] for model in models]
    return list(dict.fromkeys(name for one in settings if one["kind"] == "stack" for name in one["members"]))


def member_fits(study: FinishedStudy, fits: Iterable[Fit]) -> list[Fit]:
    """The fits of members behind the fits of stacks among some.

    A stack learns from the members' validation cases of all folds of its scenario, in their last stage; one that is
    refitted, to predict external cases, is fed by their refits too where they have any.
    """
    recorded = [(model, stage, fold) for model, stage, fold in study.record.fits]
    found: dict[Fit, None] = {}
    for stack, _, fold in fits:
        scenario, _, of_fold = fold.rpartition(".")
        for member in members_of(study, [stack]):
            own = [fit for fit in recorded if fit[0] == member]
            last = max((stage for _, stage, _ in own), key=stage_order, default="")
            for fit in own:
                of_scenario, _, number = fit[2].rpartition(".")
                if (fit[1], of_scenario) == (last, scenario) and (number != REFIT or of_fold == REFIT):
                    found[fit] = None
    return list(found)


def members_step(study: FinishedStudy, row: dict[Any, Any], used: pd.DataFrame, fits: Iterable[Fit]) -> Step:
    """What the members' fits say of the cases that a row counts, uncalibrated, as their stacks take it."""
    wanted = pd.DataFrame(list(fits), columns=["model", "stage", "fold"])
    files = [study.layout.predictions(member) for member in dict.fromkeys(wanted["model"])]
    rows = study.tables(files)
    rows = rows[(rows["fold"] != ENSEMBLE) & (rows["role"] == row.get("role", "validation"))]
    if row["task"] in study.tasks:
        rows = rows[rows["task"] == row["task"]]
    rows = rows.assign(fold=rows["fold"].astype(str)).merge(wanted, on=["model", "stage", "fold"])
    rows = rows.merge(used[["center", "case_id"]], on=["center", "case_id"])
    keys = ["center", "case_id", "model", "fold", "task"]
    spread = rows.pivot_table(index=keys, columns="class", values="raw_probability", sort=False)
    spread = spread.rename(columns=lambda name: f"p({name})").reset_index()
    spread.columns.name = None
    facts = {"members": ", ".join(dict.fromkeys(wanted["model"])), "rows": str(len(spread))}
    return Step("Predictions of the stack's members, which it takes", tuple(files), facts, spread)
