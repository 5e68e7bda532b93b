"""Comparisons between models, and between the stages of one model: which pairs, where, and in which family."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from gliomanet.evaluation.analyses.paired_parts import PartMaker, compared, stratified
from gliomanet.evaluation.analyses.summaries import difference_summary
from gliomanet.evaluation.predictions import Scored
from gliomanet.evaluation.resampling import Resampling, at_last_stages, blocks, held_out_together
from gliomanet.evaluation.rows import LEAVE_ONE_CENTER_OUT, STRATIFIED, SUMMARY, Row
from gliomanet.evaluation.statistics.paired import holm
from gliomanet.evaluation.subgroups import ALL, subsets
from gliomanet.tables.columns import HELD_OUT
from gliomanet.tables.evaluation import COMPARISONS

EXPLORATORY = "exploratory"
Pair = tuple[Scored, Scored]


def compare_models(study: Resampling, scored: list[Scored]) -> pd.DataFrame:
    """Every pair of models at their last stages, and every model's stages.

    Each pair is compared in every centre, and over all centres together as a weighted mean of what was found in each:
    a case is never held against one of another centre, so that a model cannot win by knowing which centre has more
    positives. Against the reference (without one: in every pair of models) the comparison is made within the groups of
    patients, too, and summarised over centres with random effects.

    Holm's correction is for a family that is declared beforehand, see `_family`; all other rows are exploratory, and
    corrected among themselves.
    """
    last = {id(member) for member in at_last_stages(scored)}
    reference = study.settings.reference
    reference = reference if any(member.model == reference for member in scored) else None
    together = held_out_together(study, scored)
    last |= {id(member) for member in at_last_stages(together)}
    rows: list[Row] = []
    for members in blocks([*scored, *together]):
        maker = PartMaker(study)
        for pair in combinations(members, 2):
            of_models = all(id(member) in last for member in pair) and pair[0].model != pair[1].model
            if not (of_models or pair[0].model == pair[1].model):
                continue
            first, second = pair[::-1] if pair[0].model == reference else pair
            declared = of_models and reference in (None, second.model)
            family = _family(first, reference, bool(together)) if declared else EXPLORATORY
            rows += _pair_rows(study, maker, (first, second), family, declared=declared)
    return with_holm(pd.DataFrame(rows, columns=COMPARISONS.names()))


def with_holm(table: pd.DataFrame) -> pd.DataFrame:
    """Comparisons with p adjusted within each family."""
    adjusted = [holm(rows["p"].astype(float)) for _, rows in table.groupby("family")]
    return table.assign(p_holm=pd.concat(adjusted) if adjusted else pd.Series(dtype=float)).astype({"p_holm": float})


def _family(member: Scored, reference: str | None, has_together: bool) -> str:
    """Family of a declared pair's stratified row on all cases: external centres count, each in one scenario only."""
    if member.role != "external" or (has_together and member.scenario.startswith(HELD_OUT)):
        return EXPLORATORY
    return "pairs" if reference is None else "reference"


def _pair_rows(study: Resampling, maker: PartMaker, pair: Pair, family: str, *, declared: bool) -> Iterator[Row]:
    (a, b), confidence = pair, study.settings.confidence
    names = {"scenario": a.scenario, "stage_a": a.stage, "stage_b": b.stage, "model_a": a.model, "model_b": b.model}
    names |= {"role": a.role, "task": a.task, "family": EXPLORATORY}
    for subset, mask in subsets(study.tasks[a.task].label, study.cases).items():
        if subset != ALL and not declared:
            continue
        parts = [
            part
            for center, inside in study.single_centers([a, b])
            if (part := maker.of(a, b, center, subset, inside & mask))
        ]
        if not parts:
            continue
        here = names | {"subset": subset}
        of_centers = [
            here | {"center": part.center} | cells
            for part in parts
            for cells in compared(part, study.settings.confidence)
        ]
        if a.scenario != LEAVE_ONE_CENTER_OUT:  # else they stand in the scenarios that hold them out
            yield from of_centers
        for cells in stratified(parts, confidence):
            yield here | {"center": STRATIFIED, "family": family if subset == ALL else EXPLORATORY} | cells
        if declared and len(parts) > 1:
            yield from _summaries(here, of_centers, confidence)


def _summaries(names: Row, rows: list[Row], confidence: float) -> Iterator[Row]:
    for metric in dict.fromkeys(row["metric"] for row in rows):
        group = [row for row in rows if row["metric"] == metric]
        yield names | {"center": SUMMARY, "metric": metric} | difference_summary(group, confidence)
