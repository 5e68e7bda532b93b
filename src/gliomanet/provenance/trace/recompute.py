"""A stored row computed again, now, from the predictions and labels that lie on disk."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gliomanet.evaluation.analyses.modality_subsets import evaluate_subsets
from gliomanet.evaluation.analyses.performance import evaluate
from gliomanet.evaluation.analyses.segmentation import evaluate_segmentations
from gliomanet.evaluation.analyses.uncertainty import evaluate_uncertainty
from gliomanet.evaluation.rows import JOINT, LEAVE_ONE_CENTER_OUT
from gliomanet.models.ensemble import EnsembleDescription
from gliomanet.prediction.prediction_sets import quantiles
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.find import Found
from gliomanet.provenance.trace.step import Step, cell
from gliomanet.tables.columns import HELD_OUT

OF_WHOLE_TABLE = ("p_holm", "family")
"""Cells that depend on all rows of their table."""


def recomputed_step(study: FinishedStudy, found: Found) -> Step:
    """Compute a row again as the study's own jobs do, and hold it against the stored one, digit by digit."""
    table = _recomputed(study, found)
    same_key = pd.Series(True, index=table.index)
    for column in found.key:
        same_key &= table[column].map(cell) == cell(found.row[column])
    rows = table[same_key].to_dict("records")
    title = "Computed again now, from predictions and labels"
    if not rows:
        return Step(title, facts={"result": "DIFFERS: there is no such row any more"}, differs=True)
    again = {str(name): value for name, value in rows[0].items()}
    compared = [name for name in again if name not in {*found.key, *OF_WHOLE_TABLE, "note"}]
    cells = {name: (cell(found.row[name]), cell(again[name])) for name in compared}
    differing = {name: pair for name, pair in cells.items() if pair[0] != pair[1]}
    facts = {name: pair[1] for name, pair in cells.items() if pair[1]}
    told = "; ".join(f"{name} is stored as {one or 'empty'}" for name, (one, _) in differing.items())
    said = f"DIFFERS from the stored row: {told}" if differing else "equal to the stored row"
    return Step(title, facts={"result": said, **facts}, differs=bool(differing))


def _recomputed(study: FinishedStudy, found: Found) -> pd.DataFrame:
    seed, layout = study.record.evaluation_seed, study.layout
    if found.table == "segmentation":
        model = found.row["model"]
        paths = [layout.segmentation_scores(model, center) for center in study.centers]
        scores = study.tables([path for path in paths if path.is_file()])
        return evaluate_segmentations(scores, study.cases, study.evaluation, seed=seed)
    if found.table.startswith("modality_"):
        return _over_subsets(study, found.row["model"], seed)[found.table]
    if found.table in ("prediction_sets", "risk_coverage"):
        described = EnsembleDescription.read(layout.ensemble(found.row["model"]))
        common = (predictions_of(study, found.row), study.evaluated_cases, study.tasks, study.evaluation)
        tables = evaluate_uncertainty(*common, quantiles(described))
        return tables.prediction_sets if found.table == "prediction_sets" else tables.risk_coverage
    done = evaluate(predictions_of(study, found.row), study.evaluated_cases, study.tasks, study.evaluation, seed=seed)
    table: pd.DataFrame = getattr(done, found.table)
    return table


def _over_subsets(study: FinishedStudy, model: str, seed: int) -> dict[str, pd.DataFrame]:
    layout = study.layout
    paths = [layout.subset_predictions(model, center) for center in study.centers]
    weights = layout.fusion_weights(model)
    done = evaluate_subsets(
        study.tables([path for path in paths if path.is_file()]),
        study.evaluated_cases,
        study.tasks,
        study.evaluation,
        seed,
        fusion=study.table(weights) if weights.is_file() else None,
        modalities={model: study.record.study["models"][model]["modalities"]},
    )
    return {"modality_subsets": done.subsets, "modality_significance": done.significance}


def predictions_of(study: FinishedStudy, row: dict[Any, Any]) -> pd.DataFrame:
    """The prediction rows that a row of the evaluation's tables can depend on."""
    every = study.table(study.layout.predictions(row["model"])) if "model" in row else study.predictions
    kept = pd.Series(False, index=every.index)
    for side in ("", "_a", "_b"):
        if f"model{side}" in row:
            kept |= (every["model"] == row[f"model{side}"]) & (every["stage"] == row[f"stage{side}"])
    if row["scenario"] == LEAVE_ONE_CENTER_OUT:
        kept &= every["scenario"].str.startswith(HELD_OUT)
    else:
        kept &= every["scenario"] == row["scenario"]
    if row["task"] != JOINT and "independent" not in row:  # joint decoding decides all tasks together
        kept &= every["task"] == row["task"]
    return every[kept]
