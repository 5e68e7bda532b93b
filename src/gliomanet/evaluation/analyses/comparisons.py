"""Comparisons between models, and between the stages of one model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from gliomanet.evaluation.predictions import Scored, final_stage
from gliomanet.evaluation.resampling import LatestWeights, Resampling, block_of, blocks
from gliomanet.evaluation.rows import POOLED, Row
from gliomanet.evaluation.statistics.bootstrap import Floats
from gliomanet.evaluation.statistics.paired import delong, holm, paired_bootstrap, resampled_mcc
from gliomanet.evaluation.subgroups import ALL
from gliomanet.tables.evaluation import COMPARISONS
from gliomanet.tables.notes import not_estimable


def compare_models(study: Resampling, scored: list[Scored]) -> pd.DataFrame:
    """Every pair of models at their last stages, and every model's stages, on the pooled cases of each role."""
    stages: dict[str, set[str]] = {}
    for member in scored:
        stages.setdefault(member.model, set()).add(member.stage)
    rows: list[Row] = []
    for members in blocks(scored):
        latest = LatestWeights(study)
        everywhere = np.ones(study.cases.center.size, dtype=bool)
        kept: dict[tuple[str, str, bytes], Floats] = {}
        for a, b in combinations(members, 2):
            last = a.stage == final_stage(stages[a.model]) and b.stage == final_stage(stages[b.model])
            if not (a.model == b.model or last):
                continue
            rows += _compare(study, a, b, latest, kept, everywhere)
    table = pd.DataFrame(rows, columns=[name for name in COMPARISONS.names() if name != "p_holm"])
    table["p_holm"] = holm(table["p"].astype(float))
    return table[COMPARISONS.names()]


def _compare(
    study: Resampling,
    a: Scored,
    b: Scored,
    latest: LatestWeights,
    kept: dict[tuple[str, str, bytes], Floats],
    everywhere: np.ndarray,
) -> Iterator[Row]:
    common = np.intersect1d(a.rows[study.known(a, everywhere)], b.rows[study.known(b, everywhere)])
    if not common.size:
        return
    truth = study.cases.truth[a.task][common]
    names = {"scenario": a.scenario, "stage_a": a.stage, "stage_b": b.stage, "model_a": a.model, "model_b": b.model}
    names |= {"role": a.role, "center": POOLED, "task": a.task}
    resampled, ranked = [], []
    for member in (a, b):
        probability = member.probability[np.searchsorted(member.rows, common)]
        key = (member.model, member.stage, common.tobytes())
        if key not in kept:
            weights = latest.of(common, truth, block_of(member), POOLED, ALL)
            kept[key] = resampled_mcc(truth, probability, weights)
        resampled.append(kept[key])
        ranked.append(probability[:, -1])
    too_few = study.too_few(common, truth, study.tasks[a.task].class_names)
    mcc = paired_bootstrap(resampled[0], resampled[1], study.settings.confidence, too_few=bool(too_few))
    outcomes = {"mcc": mcc}
    if len(study.tasks[a.task].class_names) == 2:
        outcomes["auc"] = delong(truth == 1, ranked[0], ranked[1], study.settings.confidence)
    for metric, outcome in outcomes.items():
        cells = dict(zip(("difference", "ci_low", "ci_high", "p"), outcome, strict=True))
        yield names | {"metric": metric, "note": _reason(outcome, too_few)} | cells


def _reason(outcome: tuple[float, float, float, float], too_few: str) -> str:
    """The note of a difference or an interval that is empty."""
    difference, low, _, _ = outcome
    if not np.isnan(low):
        return ""
    reason = too_few or "a class is missing, or has no case in any resample"
    return not_estimable(reason) if np.isnan(difference) else f"no interval: {reason}"
