"""From a row of the evaluation's tables back to predictions, models, cases, files, code and logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gliomanet.evaluation.predictions import Cases, Scored, score
from gliomanet.evaluation.resampling import Resampling
from gliomanet.evaluation.rows import JOINT, LEAVE_ONE_CENTER_OUT, POOLED, STRATIFIED, SUMMARY
from gliomanet.evaluation.subgroups import ALL, subsets
from gliomanet.labels.vocabulary import MISSING
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.find import Found
from gliomanet.provenance.trace.fits import code_step, fits_step, logs_step
from gliomanet.provenance.trace.members import member_fits, members_of, members_step
from gliomanet.provenance.trace.recompute import predictions_of, recomputed_step
from gliomanet.provenance.trace.step import Step, cell
from gliomanet.tables.columns import HELD_OUT


def figure_steps(study: FinishedStudy, found: Found) -> list[Step]:
    """The steps from a figure to its ground."""
    row = found.row
    models = [row[name] for name in ("model", "model_a", "model_b") if name in row]
    steps = [stored_step(found), recomputed_step(study, found)]
    if "region" in row:  # segmentations
        scores = _segmented(study, row)
        steps.append(scores)
        used = pd.DataFrame(scores.table)
        fits = [(row["model"], row["stage"], fold) for fold in _folds(study, row, used)]
    else:
        used = _cases(study, _scored(study, row), row)
        rows = _rows_of(study, row, used)
        if found.table.startswith("modality_"):
            shown = _over_subsets(study, row, used)
            used = used.merge(shown[["center", "case_id"]].drop_duplicates(), on=["center", "case_id"])
            files = [study.layout.subset_predictions(row["model"], one) for one in dict.fromkeys(used["center"])]
        else:
            shown, files = rows, [study.layout.predictions(model) for model in dict.fromkeys(rows["model"])]
        steps.append(_predictions_step(study, row, used, shown, files))
        fits = list(rows[["model", "stage", "fold"]].itertuples(index=False, name=None)) if len(rows) else []
    trained = [fit for fit in fits if fit[2] != "ensemble"]
    if members := member_fits(study, trained):
        steps.append(members_step(study, row, used, members))
        trained, models = [*trained, *members], list(dict.fromkeys([*models, *members_of(study, models)]))
    steps.append(fits_step(study, trained, row.get("task", "")))
    steps += [cases_step(study, used), files_step(study, used)]
    centers = list(dict.fromkeys(used["center"]))
    logs: list[tuple[str, ...]] = [("train", *fit[:2], f"fold{fit[2]}") for fit in dict.fromkeys(trained)]
    job = "segment_center" if "region" in row else "predict_center"
    logs += [(job, model, center) for model in models for center in centers]
    doubts = found.table in ("prediction_sets", "risk_coverage")
    logs.append(("evaluate_segmentations" if "region" in row else "evaluate_uncertainty" if doubts else "evaluate",))
    return [*steps, code_step(study, models), logs_step(study, logs)]


def stored_step(found: Found) -> Step:
    """The row as it stands in its table."""
    facts = {name: cell(value) for name, value in found.row.items() if cell(value)}
    return Step(f"Row {found.id} of {found.table}", files=(found.path,), facts=facts)


def _scored(study: FinishedStudy, row: dict[Any, Any]) -> list[Scored]:
    """The answers that a figure is of."""
    cases = Cases.of(study.evaluated_cases, study.tasks)
    scored = score(predictions_of(study, row), cases, study.tasks)
    role = row.get("role", "validation")  # thresholds are chosen on validation cases
    return [one for one in scored if one.role == role and (row["task"] in (one.task, JOINT))]


def _cases(study: FinishedStudy, answers: list[Scored], row: dict[Any, Any]) -> pd.DataFrame:
    """The cases that a figure counts, with their label: center, case_id, patient_id, label."""
    table = study.evaluated_cases
    resampling = Resampling(Cases.of(table, study.tasks), study.tasks, study.evaluation, 0)
    cases, center = resampling.cases, row.get("center", POOLED)
    subset = row.get("subset", ALL) if "n_modalities" not in row else ALL
    counted: dict[tuple[str, str], set[int]] = {}
    for answer in answers:
        mask = np.ones(cases.center.size, dtype=bool)
        if row["scenario"] == LEAVE_ONE_CENTER_OUT:  # each centre by the fits that never saw it
            mask &= cases.center == answer.scenario.removeprefix(HELD_OUT)
        if center not in (POOLED, STRATIFIED, SUMMARY):
            mask &= cases.center == center
        if row["task"] == JOINT:
            rows = answer.rows[mask[answer.rows]]
        else:
            mask &= subsets(study.tasks[answer.task].label, cases)[subset]
            rows = resampling.known_rows(answer, mask)
        counted.setdefault((answer.model, answer.stage), set()).update(rows.tolist())
    at = sorted(set.intersection(*counted.values())) if counted else []  # two models are compared on the cases of both
    keys = pd.MultiIndex.from_arrays([cases.center[at], cases.case_id[at]], names=["center", "case_id"])
    found = table.set_index(["center", "case_id"]).loc[keys].reset_index()
    if row["task"] in study.tasks:
        found = found.assign(label=found[study.tasks[row["task"]].label])
    kept = [name for name in ("center", "case_id", "patient_id", "label") if name in found]
    truth = row.get("truth", row.get("class", ALL))
    if truth != ALL:  # a cell of a confusion matrix, or the prediction sets of a class
        task = study.tasks[row["task"]]
        wanted = task.class_names.index(truth)
        found = found[[task.encode(label) == wanted for label in found["label"]]]
    return found[kept].reset_index(drop=True)


def _rows_of(study: FinishedStudy, row: dict[Any, Any], used: pd.DataFrame) -> pd.DataFrame:
    """The prediction rows of some cases: the validation or ensemble rows that were scored, and the folds behind."""
    rows = predictions_of(study, row)
    mine: pd.DataFrame = rows[rows["role"] == row.get("role", "validation")]
    return mine.merge(used[["center", "case_id"]], on=["center", "case_id"])


def _over_subsets(study: FinishedStudy, row: dict[Any, Any], used: pd.DataFrame) -> pd.DataFrame:
    """The prediction rows with the subset of modalities that a row names; with every subset, where it names none."""
    paths = [study.layout.subset_predictions(row["model"], center) for center in study.centers]
    rows = study.tables([path for path in paths if path.is_file()])
    kept = rows["role"] == row["role"]
    for name in ("stage", "scenario", "task", "subset"):
        kept &= (rows[name] == row[name]) if name in row else True
    mine: pd.DataFrame = rows[kept]
    return mine.merge(used[["center", "case_id"]], on=["center", "case_id"])


def _predictions_step(
    study: FinishedStudy, row: dict[Any, Any], used: pd.DataFrame, rows: pd.DataFrame, files: list[Path]
) -> Step:
    scored = rows[(rows["role"] == "validation") | (rows["fold"] == "ensemble")]
    facts = {"rows": f"{len(scored)} scored, of {len(rows)} with those of single folds", "cases": str(len(used))}
    facts["folds"] = ", ".join(dict.fromkeys(rows["fold"].astype(str)))
    if row["task"] in study.tasks and len(used):
        task = study.tasks[row["task"]]
        encoded = [task.encode(label) for label in used["label"]]
        counts = {name: encoded.count(place) for place, name in enumerate(task.class_names)}
        facts["labels"] = ", ".join(f"{name} {count}" for name, count in counts.items())
        if unknown := encoded.count(MISSING):
            facts["labels"] += f", unknown {unknown}"
    keys = ["center", "case_id", "model", "fold", *(["subset"] if "subset" in scored else []), "task"]
    spread = scored.pivot_table(index=keys, columns="class", values="probability", sort=False)
    spread = spread.rename(columns=lambda name: f"p({name})").reset_index()
    if row["task"] in study.tasks:
        spread = spread.merge(used[["center", "case_id", "label"]], on=["center", "case_id"])
    spread.columns.name = None
    return Step("Predictions", tuple(files), facts, spread)


def _segmented(study: FinishedStudy, row: dict[Any, Any]) -> Step:
    paths = [study.layout.segmentation_scores(row["model"], center) for center in study.centers]
    paths = [path for path in paths if path.is_file()]
    table = study.tables(paths)
    kept = (table["stage"] == row["stage"]) & (table["role"] == row["role"]) & (table["region"] == row["region"])
    if row["scenario"] == LEAVE_ONE_CENTER_OUT:
        kept &= table["scenario"] == HELD_OUT + table["center"]
    else:
        kept &= table["scenario"] == row["scenario"]
    if row["center"] != POOLED:
        kept &= table["center"] == row["center"]
    rows = table.loc[kept, ["center", "case_id", "fold", "volume_ml", "dice", "hd95_mm", "note"]]
    return Step("Segmentations", tuple(paths), {"cases": str(len(rows))}, rows.reset_index(drop=True))


def _folds(study: FinishedStudy, row: dict[Any, Any], used: pd.DataFrame) -> list[str]:
    """The folds that segmented; of an ensemble all that test the centre in its scenario."""
    folds = [fold for fold in dict.fromkeys(used["fold"].astype(str)) if fold != "ensemble"]
    if "ensemble" in set(used["fold"]):
        splits = study.splits[(study.splits["scenario"] == row["scenario"]) & (study.splits["part"] == "validation")]
        folds += list(dict.fromkeys(splits["fold"]))
    return folds


def cases_step(study: FinishedStudy, used: pd.DataFrame) -> Step:
    """The cases, as their centres' tables have them."""
    keys = used[["center", "case_id"]].drop_duplicates()
    table = keys.merge(study.evaluated_cases, on=["center", "case_id"], sort=False)
    columns = [*("center", "case_id", "patient_id", "role"), *dict.fromkeys(t.label for t in study.tasks.values())]
    columns += ["age", "sex", *(["hidden"] if table["hidden"].any() else [])]
    files = [study.layout.case_table(center) for center in dict.fromkeys(keys["center"])]
    return Step("Cases", tuple(files), {"n": str(len(table))}, table[columns])


def files_step(study: FinishedStudy, used: pd.DataFrame) -> Step:
    """Digest of every image file of the cases, as the audit read them."""
    keys = used[["center", "case_id"]].drop_duplicates()
    rows = keys.merge(study.files, on=["center", "case_id"])
    if rows.empty:
        files = [study.layout.radiomics(center) for center in dict.fromkeys(keys["center"])]
        return Step("Feature tables", tuple(file for file in files if file.is_file()), {"images": "none"})
    spread = rows.assign(digest=rows["digest"].str[:12]).pivot_table(
        index=["center", "case_id"], columns="image", values="digest", aggfunc="first"
    )
    spread = spread.reindex(columns=list(dict.fromkeys(rows["image"]))).reset_index()
    spread.columns.name = None
    files = [study.layout.image_files(center) for center in dict.fromkeys(keys["center"])]
    return Step("Image files, by the first 12 digits of their digests", tuple(files), {"files": str(len(rows))}, spread)
