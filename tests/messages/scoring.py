"""Somebody else's predictions: what the command says of wrong tables and options, and what the guards find."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from gliomanet.audit.predictions import audit_predictions
from gliomanet.cli.main import app
from tests.audit.test_predictions import GRADES, IDH, good_cases, joined_anew, predicted
from tests.scoring.wrong import WRONG

OPTIONS = (
    ["--task", "grade=2"],
    ["--task", "idh=wildtype,mutated"],
    ["--value", "idh=mutant"],
    ["--value", "idh:positive=mutated"],
    ["--reference", "age"],
    ["--center-pattern", "P-"],
    ["--center-pattern", "P-(0)"],
)


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each message."""
    place = folder / "scoring"
    place.mkdir()
    tables = [place / "predictions.tsv", place / "labels.tsv"]
    for name, wrong in WRONG.items():
        for path, text in zip(tables, (wrong.predictions, wrong.labels), strict=True):
            path.write_text(text, encoding="utf-8")
        given = [part for option in wrong.options for part in ("--map", option)]
        given += [part for task in wrong.task for part in ("--task", task)]
        yield f"gliomanet evaluate, {name}", _said(tables, place, *given)
    for path, text in zip(tables, (WRONG["no role"].predictions, WRONG["no such name"].labels), strict=True):
        path.write_text(text.replace("test", "external"), encoding="utf-8")
    for options in OPTIONS:
        yield f"gliomanet evaluate {' '.join(options)}", _said(tables, place, *options)
    yield "audit of predictions", "\n".join(sorted(_found()))


def _said(tables: list[Path], place: Path, *options: str) -> str:
    given = ["evaluate", *map(str, tables), "--out", str(place / "out"), "--resamples", "100", *options]
    return CliRunner().invoke(app, given).output


def _found() -> Iterator[str]:
    """One finding of each rule."""
    cases = good_cases()
    table, grades = predicted(cases, IDH, skill=2.5), predicted(cases, GRADES, skill=2.0)
    swapped = grades["class"].map({"2": "4", "4": "2", "3": "3"})
    some = np.arange(len(table)) < 100
    parts = table.assign(role=np.where(some, "validation", "external"), fold=np.where(some, "0", "ensemble"))
    wrong = [
        (joined_anew(table, pd.Series(np.roll(cases["case_id"], 1))), cases, IDH),
        (grades.assign(**{"class": swapped}), cases, GRADES),
        (pd.concat([table, table.assign(model="twin")]), cases, IDH),
        (table.assign(probability=0.5), cases, IDH),
        (predicted(cases, IDH, skill=40), cases, IDH),
        (parts, cases.assign(patient_id=np.tile([*"ABCDEF"], 20)), IDH),
    ]
    for predictions, labels, tasks in wrong:
        for finding in audit_predictions(predictions, labels, tasks):
            yield f"{finding.severity} {finding.rule}: {finding.found}; {finding.action}"
