"""The results of a hospital's cases beside its table: what could leave, before anything is suppressed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gliomanet.bundle.read import Bundle
from gliomanet.cohort.table import read_case_rows
from gliomanet.errors import CohortError, Problem
from gliomanet.files.digests import sha256
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.patient.result import NAME, ResultValues
from gliomanet.tables.io import read_table

FOLDS, FEATURES = "tables/fold_predictions.tsv", "tables/radiomics.tsv"
WHERE = "what is to be exported"


@dataclass(frozen=True)
class Gathered:
    """Cases with their results, still under the hospital's own ids.

    Attributes:
        cases: one row per case: case_id, patient_id, age, each label and its source.
        folds: rows of `FOLD_PREDICTIONS` of all of them.
        radiomics: rows of `RADIOMICS`, of the cases with a mask.
        quality: case_id, metric, value, outside.
        left_out: reason → cases of the table without a result that could leave.
    """

    cases: pd.DataFrame
    folds: pd.DataFrame
    radiomics: pd.DataFrame
    quality: pd.DataFrame
    left_out: dict[str, int]


def gather(bundle: Bundle, table: Path, results: Path, *, withhold: Collection[str] = ()) -> Gathered:
    """Read the results of a table's cases, each held against the bundle and against its own digests.

    Args:
        bundle: that predicted them.
        table: of the cases, with their labels.
        results: folder in which `predict_table` wrote them.
        withhold: models whose answers stay.

    Raises:
        CohortError: a result of another bundle, of `--fast`, or changed since; no result at all; a model that the
            bundle does not have. All problems at once.
    """
    description = bundle.description
    if unknown := sorted(set(withhold) - set(description.models)):
        action = f"its models are {', '.join(description.models)}"
        found = f"the bundle has no model {', '.join(unknown)}"
        raise _refused(Problem(found, action, rule="withheld_model_unknown"))
    rows = read_case_rows(table, "external", vocabulary={**VOCABULARY, **description.labels}, folders=("dicom",))
    if wrong := [problem for of_row in rows.problems.values() for problem in of_row]:  # what leaves has to be right
        raise _refused(*wrong)
    cases = rows.cases
    left_out = dict.fromkeys(("not a baseline scan", "without a result"), 0)
    baseline = cases["scan"].isin(["", "baseline"])
    left_out["not a baseline scan"] = int((~baseline).sum())
    kept, folds, radiomics, quality, problems = [], [], [], [], list[Problem]()
    for case_id in cases.loc[baseline, "case_id"]:
        folder = results / case_id
        if not (folder / NAME).is_file():
            left_out["without a result"] += 1
            continue
        values = ResultValues.read(folder / NAME)
        if wrong := _problems(values, folder, bundle):
            problems += wrong
            continue
        kept.append(case_id)
        folds.append(read_table(folder / FOLDS))
        if FEATURES in values.files:
            radiomics.append(read_table(folder / FEATURES))
        metrics = values.preparation.quality
        quality += [{"case_id": case_id, "metric": m.metric, "value": m.value, "outside": m.outside} for m in metrics]
    if problems:
        raise _refused(*problems)
    if not kept:
        found, action = "holds no result of any case of the table", "predict the table first, into this folder"
        raise _refused(Problem(found, action, file=str(results), rule="nothing_to_export"))
    told = [name for label in description.labels for name in (label, f"{label}_source")]
    return Gathered(
        cases.loc[cases["case_id"].isin(kept), ["case_id", "patient_id", "age", *told]].reset_index(drop=True),
        _whole(pd.concat(folds, ignore_index=True), bundle, withhold),
        pd.concat(radiomics, ignore_index=True) if radiomics else pd.DataFrame(columns=["case_id", "region"]),
        pd.DataFrame(quality, columns=["case_id", "metric", "value", "outside"]),
        {reason: count for reason, count in left_out.items() if count},
    )


def _problems(values: ResultValues, folder: Path, bundle: Bundle) -> list[Problem]:
    """Problems of one result."""
    places: dict[str, str | int | None] = {"file": str(folder / NAME), "case": values.case.case_id}
    again = "remove this folder, and predict the table again"
    if values.bundle.digest != bundle.digest:
        found = f"is of another bundle ({values.bundle.digest[:12]}…, not {bundle.digest[:12]}…)"
        return [Problem(found, again, rule="result_of_another_bundle").at(**places)]
    if values.bundle.fast:
        found = "was predicted with --fast, by one fold: its figures would not be the study's"
        return [Problem(found, again, rule="fast_result").at(**places)]
    named = [name for name in (FOLDS, FEATURES) if name in values.files]
    if FOLDS not in named:
        return [Problem(f"holds no {FOLDS}", again, rule="result_without_folds").at(**places)]
    changed = [n for n in named if not (folder / n).is_file() or sha256(folder / n) != values.files[n]]
    found = f"{', '.join(changed)}: missing, or not what was predicted"
    return [Problem(found, again, rule="result_changed").at(**places)] if changed else []


def _whole(folds: pd.DataFrame, bundle: Bundle, withhold: Collection[str]) -> pd.DataFrame:
    """The rows of the bundle's tasks and of models that may leave, where every fold of the model answered.

    A study leaves out a case that some of the folds could not predict: its ensemble would be another one.
    """
    rows = folds[folds["task"].isin(list(bundle.description.tasks)) & ~folds["model"].isin(list(withhold))]
    wanted = rows["model"].map({name: len(of.folds) for name, of in bundle.description.models.items()})
    answered = rows.groupby(["model", "case_id", "task"])["fold"].transform("nunique")
    return rows[answered == wanted].reset_index(drop=True)


def _refused(*problems: Problem) -> CohortError:
    return CohortError(problems, where=WHERE)
