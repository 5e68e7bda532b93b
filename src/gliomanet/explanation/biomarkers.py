"""From a network's deep features to radiomic biomarkers that hold across centres (CMTLNet's last step).

1. Exact SHAP values rank the deep features; the smallest set that carries a set share is kept.
2. Radiomic features that correlate with a kept one, beyond tumour volume, in at least half of the folds are linked.
3. A linked feature becomes a biomarker where its class difference is the same in every centre.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.explanation.association import discovery_rates
from gliomanet.explanation.consistency import Effect, class_effect, judge
from gliomanet.explanation.features import Key, Radiomics, centers_of, modality_of
from gliomanet.explanation.links import FoldLinks, Heads, fold_links, linked_features
from gliomanet.labels.vocabulary import MISSING
from gliomanet.tables.evaluation import BIOMARKERS

if TYPE_CHECKING:
    from gliomanet.config.analysis import Explanation
    from gliomanet.labels.tasks import Task


def biomarkers(
    deep: pd.DataFrame,
    heads: Heads,
    radiomics: pd.DataFrame,
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    tasks: Mapping[str, Task],
    settings: Explanation,
    *,
    scenario: str,
) -> pd.DataFrame:
    """Find the radiomic features that explain a model and hold in every centre of a scenario.

    Args:
        deep: rows of `results/deep_features/`, of one stage: stage, scenario, fold, case_id, task, z0, z1, …; the part
            that `splits` gives a case in the fold says what it is for. Validation cases rank; training cases, where
            there are any, are the background of the SHAP values (else the validation cases are); both correlate.
            External cases are passed over.
        heads: fold → task → (weight (classes, deep features), bias (classes,)).
        radiomics: case_id, region and features; those that carry nothing in the training centres are passed over.
        cases: rows of `results/cohort/`; case_id is unique.
        splits: rows of `results/splits.tsv`.
        tasks: the study's tasks; effects are those of the last class against the others.
        settings: bounds.
        scenario: whose folds and centres are used.

    Returns:
        One row per linked feature and task: those kept and those dropped, with the reason. `rho` is Spearman's, signed
        so that it is the correlation with evidence for the last class: the strongest pair of each fold, averaged over
        the folds; `q` the largest of the folds that pass; `effect_<center>` AUC − ½; `additivity_gap` the most
        by which the SHAP values of a case miss the output of the task's head, to 12 digits (what is below is the
        machine's rounding).

    Raises:
        ValueError: several stages, an unknown scenario, a fold without a head, or a case twice.
    """
    selected = _one_stage(deep, scenario)
    labels = class_indices(cases, tasks)
    centers = centers_of(splits, scenario)
    parts = splits[splits["scenario"].astype(str) == scenario]
    training = parts.loc[parts["part"].isin(["train", "validation"]), "case_id"]
    matrix = Radiomics.of(radiomics).carrying(np.unique(training.to_numpy(dtype=np.str_)))
    rows: list[dict[str, Any]] = []
    for name in tasks:
        folds = fold_links(selected[selected["task"] == name], name, heads, matrix, parts, settings)
        gap = round(max([0.0, *(fold.additivity_gap for fold in folds)]), 12)
        for key, link in _linked(folds, matrix, settings).items():
            effects = center_effects(matrix, key, labels[name], len(tasks[name].class_names) - 1, centers, settings)
            judgement = judge(effects, settings.max_i2)
            row: dict[str, Any] = {"scenario": scenario, "task": name, "region": key[0], "feature": key[1]}
            row |= {"modality": modality_of(key[1]), "additivity_gap": gap, **link}
            row |= {f"effect_{center}": effect.effect for center, effect in effects.items()}
            if judgement.summary:
                fit = judgement.summary
                row |= {"summary": fit.effect, "ci_low": fit.ci_low, "ci_high": fit.ci_high}
                row |= {"tau2": fit.tau2, "i2": fit.i2}
            rows.append(row | {"status": "kept" if judgement.kept else "dropped", "reason": judgement.reason})
    position = {name: index for index, name in enumerate(tasks)}
    rows.sort(
        key=lambda r: (
            position[r["task"]],
            r["status"] != "kept",
            -_strength(r.get("summary", 0.0)),
            r["region"],
            r["feature"],
        )
    )
    return pd.DataFrame(rows, columns=BIOMARKERS.names(center=tuple(centers)))


def _strength(summary: float) -> float:
    """|summary| to the six digits that the table holds, so that equal effects stand by name, not by rounding noise."""
    return abs(float(f"{summary:.6g}"))


def _one_stage(deep: pd.DataFrame, scenario: str) -> pd.DataFrame:
    rows = deep[deep["scenario"].astype(str) == scenario]
    stages = sorted(rows["stage"].astype(str).unique())
    if len(stages) != 1:
        raise ValueError(
            f"deep features of scenario {scenario!r}: found the stages {', '.join(stages) or 'none'}; "
            f"pass the rows of exactly one"
        )
    return rows.assign(fold=rows["fold"].astype(str), case_id=rows["case_id"].astype(str))


def class_indices(cases: pd.DataFrame, tasks: Mapping[str, Task]) -> dict[str, pd.Series]:
    """Task → class index by case."""
    index = pd.Index(cases["case_id"].astype(str))
    if index.has_duplicates:
        raise ValueError(f"cases: case {index[index.duplicated()][0]} stands there twice; case_id must be unique")
    return {
        name: pd.Series([task.encode(v if isinstance(v, str) else None) for v in cases[task.label]], index=index)
        for name, task in tasks.items()
    }


def center_effects(
    matrix: Radiomics,
    key: Key,
    labels: pd.Series,
    positive: int,
    centers: Mapping[str, NDArray[np.str_]],
    settings: Explanation,
) -> dict[str, Effect]:
    column = matrix.column(key)
    found: dict[str, Effect] = {}
    for center, members in centers.items():
        at = matrix.case_id.get_indexer(pd.Index(members))
        truth = labels.reindex(members).fillna(MISSING).to_numpy(dtype=np.int64)
        known = (at >= 0) & (truth != MISSING)
        effect = class_effect(truth[known] == positive, column[at[known]], settings.min_per_class)
        if effect is not None:
            found[center] = effect
    return found


def _linked(folds: list[FoldLinks], matrix: Radiomics, settings: Explanation) -> dict[Key, dict[str, Any]]:
    """Linked features of a task, after one Benjamini–Hochberg correction over all pairs of all its folds."""
    if not folds:
        return {}
    sizes = np.cumsum([fold.correlation.p.size for fold in folds])[:-1]
    flat = discovery_rates(np.concatenate([fold.correlation.p.ravel() for fold in folds]))
    rates = [part.reshape(fold.correlation.p.shape) for part, fold in zip(np.split(flat, sizes), folds, strict=True)]
    return {matrix.keys[column]: link for column, link in linked_features(folds, rates, settings).items()}
