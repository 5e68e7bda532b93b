"""Everything of one case: its files, what was done with them, the folds it is in, and what models say of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gliomanet.files.digests import file_digest
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.fits import code_step
from gliomanet.provenance.trace.step import NOT_RECORDED, Step, cell
from gliomanet.reporting.study.missing_cases import cases_in_no_fold
from gliomanet.tables.cohort import FILES
from gliomanet.tables.prediction import ENSEMBLE

_ANSWERED = ["model", "stage", "scenario", "role", "fold", "task"]
_LOGS = ("preprocess_case", "extract_radiomics", "convert_case")
"""Rules that leave a log per case."""


def case_steps(study: FinishedStudy, center: str, case: str) -> list[Step]:
    """The steps from a case's row to what each model says of it."""
    row = _rows(study.evaluated_cases, center, case).iloc[0].to_dict()
    steps = [_row_step(study, row), _files_step(study, row), *_findings(study, center, case)]
    steps += [*_preprocessing(study, center, case), _splits_step(study, center, case)]
    steps += [*_predictions(study, row), *_pseudo_labels(study, center, case)]
    return [*steps, code_step(study, study.models), _logs(study, center, case)]


def _rows(table: pd.DataFrame, center: str, case: str) -> pd.DataFrame:
    kept: pd.DataFrame = table[(table["center"] == center) & (table["case_id"] == case)]
    return kept.reset_index(drop=True)


def _row_step(study: FinishedStudy, row: Mapping[Any, Any]) -> Step:
    names = [name for name in row if name not in {column.name for column in FILES}]
    names = [name for name in names if name != "hidden" or row[name]]
    facts = {str(name): cell(row[name]) for name in names if cell(row[name])}
    return Step("Row of the case table", (study.layout.case_table(row["center"]),), facts)


def _files_step(study: FinishedStudy, row: Mapping[Any, Any]) -> Step:
    """The case's files, with the digest that was read for the audit and the one of now."""
    known = {one["image"]: one for one in _rows(study.files, row["center"], row["case_id"]).to_dict("records")}
    rows, differs = [], False
    for column in FILES:
        if not (name := str(row[column.name] or "")):
            continue
        recorded = known.get(column.name, {})
        state = _state(study.root / name, recorded.get("digest", ""))
        differs |= state == "CHANGED since"
        facts = {key: recorded.get(key, "") for key in ("voxels", "voxel_mm", "orientation")}
        digest = recorded.get("digest", NOT_RECORDED)
        rows.append({"image": column.name, "digest": digest, "now": state, **facts, "file": name})
    if not rows:
        return Step("Feature table", (study.layout.radiomics(row["center"]),), {"images": "none"})
    where = (study.layout.image_files(row["center"]),) if known else ()
    return Step("Source files", where, {}, pd.DataFrame(rows), differs)


def _state(path: Path, recorded: str) -> str:
    if not path.is_file():
        return "is gone"
    if not recorded:
        return file_digest(path)
    return "the same" if file_digest(path) == recorded else "CHANGED since"


def _findings(study: FinishedStudy, center: str, case: str) -> list[Step]:
    path = study.layout.audit()
    if not path.is_file():
        return []
    rows = _rows(study.table(path), center, case)
    found = rows[["severity", "rule", "found"]] if len(rows) else None
    return [Step("Findings of the audit", (path,), {} if len(rows) else {"findings": "none"}, found)]


def _preprocessing(study: FinishedStudy, center: str, case: str) -> list[Step]:
    folder, qc = study.layout.case(center, case), study.layout.qc(center)
    steps = []
    record = folder / "preprocess.json"
    if record.is_file():
        values = json.loads(record.read_text(encoding="utf-8"))
        facts = {name: _told(values.get(name)) for name in ("status", "reason", "reference", "modalities", "steps")}
        facts["versions"] = ", ".join(f"{name} {version}" for name, version in values.get("versions", {}).items())
        steps.append(Step("Preprocessing", (record,), {name: told for name, told in facts.items() if told}))
    if qc.is_file() and len(rows := _rows(study.table(qc), center, case)):
        facts = {str(name): cell(value) for name, value in rows.iloc[0].items() if cell(value)}
        steps.append(Step("Image quality and decision", (qc,), facts))
    return steps


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_told(one)}" for key, one in value.items())
    return ", ".join(map(_told, value)) if isinstance(value, list) else cell(value)


def _splits_step(study: FinishedStudy, center: str, case: str) -> Step:
    path = study.layout.splits()
    rows = _rows(study.splits, center, case)
    if len(rows):
        return Step("Folds", (path,), {}, rows[["scenario", "fold", "part"]])
    why = _rows(cases_in_no_fold(study.cases, study.splits, study.qc), center, case)
    reasons = [f"{status}: {reason}" for status, reason in zip(why["status"], why["reason"], strict=True)]
    told = "; ".join(reasons) or NOT_RECORDED
    return Step("Folds", (path,), {"in no fold": told})


def _predictions(study: FinishedStudy, row: Mapping[Any, Any]) -> list[Step]:
    """The scored answers of every model, a row per task and stage."""
    rows, paths = [], []
    for model in study.models:
        path = study.layout.predictions(model)
        mine = _rows(study.table(path), row["center"], row["case_id"])
        scored = mine[(mine["role"] == "validation") | (mine["fold"] == ENSEMBLE)]
        paths += [path] if len(scored) else []
        for key, classes in scored.groupby(_ANSWERED, sort=False):
            rows.append(_answer(study, row, dict(zip(_ANSWERED, key, strict=True)), classes))
    if not rows:
        return [Step("Predictions", facts={"predicted": "by no model: it validates and tests none"})]
    return [Step("Predictions", tuple(paths), {}, pd.DataFrame(rows))]


def _answer(
    study: FinishedStudy, row: Mapping[Any, Any], names: dict[str, Any], classes: pd.DataFrame
) -> dict[str, Any]:
    task = study.tasks[names["task"]]
    probability = dict(zip(classes["class"], classes["probability"], strict=True))
    answer, label = max(probability, key=probability.__getitem__), str(row[task.label] or "")
    known = task.encode(label)
    verdict = "" if known < 0 else "right" if task.class_names[known] == answer else "WRONG"
    told = " ".join(f"{name} {share:.3f}" for name, share in probability.items())
    return names | {"probabilities": told, "answer": answer, "label": label, "verdict": verdict}


def _pseudo_labels(study: FinishedStudy, center: str, case: str) -> list[Step]:
    found = []
    for path in sorted((study.layout.results / "pseudo_labels").glob("*/*/fold*.tsv")):
        place = study.layout.parse(path)
        if place.kind == "pseudo_labels" and place.model in study.models:
            rows = _rows(study.table(path), center, case)
            names = {"model": place.model, "stage": place.stage, "fold": place.fold}
            found.append(rows[["task", "label", "probability", "accepted", "reason"]].assign(**names))
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    where = study.layout.results / "pseudo_labels"
    return [Step("Pseudo-labels it was offered", (where,), {}, table)] if len(table) else []


def _logs(study: FinishedStudy, center: str, case: str) -> Step:
    paths: Iterable[Path] = (study.layout.log(rule, center, case) for rule in _LOGS)
    rows = [{"log": str(path), "bytes": path.stat().st_size} for path in paths if path.is_file()]
    return Step("Logs", facts={} if rows else {"logs": "none of this case alone"}, table=pd.DataFrame(rows))
