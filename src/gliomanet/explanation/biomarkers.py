"""From a model's SHAP values to radiomic biomarkers that hold across centres (CMTLNet's last step).

1. The smallest set of deep features (or inputs) that carries a set share of the mean |SHAP| is given.
2. Radiomic features that correlate with one of it within centres, beyond tumour volume, in at least half of the folds
   are linked.
3. A linked feature becomes a biomarker where its class difference is the same in every centre, and beyond chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.explanation.association import discovery_rates
from gliomanet.explanation.consistency import Effect, agrees_outside, class_effect, judge, summarise
from gliomanet.explanation.explained import fold_shap
from gliomanet.explanation.features import Key, Radiomics, centers_of, modality_of
from gliomanet.explanation.links import FoldLinks, fold_links, link_rows, linked_features
from gliomanet.labels.vocabulary import MISSING
from gliomanet.tables.explanation import BIOMARKERS, LINKS, SEARCH

if TYPE_CHECKING:
    from gliomanet.config.analysis import Explanation
    from gliomanet.labels.tasks import Task


@dataclass(frozen=True)
class Found:
    """Results of a search: rows of `BIOMARKERS`, `LINKS` and `SEARCH`."""

    biomarkers: pd.DataFrame
    links: pd.DataFrame
    search: pd.DataFrame


def biomarkers(
    shap: pd.DataFrame,
    explained: pd.DataFrame,
    radiomics: pd.DataFrame,
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    tasks: Mapping[str, Task],
    settings: Explanation,
    *,
    scenario: str,
    sent: Mapping[str, pd.DataFrame] | None = None,
) -> Found:
    """Find the radiomic features that explain a model and hold in every centre of a scenario.

    Args:
        shap: rows of `SHAP_VALUES`, of one model: its validation cases link; no training or external case does.
        explained: rows of `EXPLAINED`, of the same model.
        radiomics: case_id, region and features; those that carry nothing in the training centres are passed over.
        cases: rows of `results/cohort/`; case_id is unique.
        splits: rows of `results/splits.tsv`.
        tasks: the study's tasks; effects are those of the last class against the others.
        settings: bounds.
        scenario: whose folds and centres are used.
        sent: centre that keeps its scans → rows of `SITE_EFFECTS`, which stand in for its features.

    Returns:
        Biomarkers: one row per linked feature and task, with the verdict and its reason. `rho` is Spearman's with
        evidence for the last class: the strongest pair of each fold, averaged over the folds; `q` the largest of the
        folds that pass; `effect_<center>` AUC − ½. Links: all pairs of the linked features. Search: counts by task.

    Raises:
        ValueError: an unknown scenario, SHAP values that are not whole, or a case twice.
    """
    labels = class_indices(cases, tasks)
    centers = centers_of(splits, scenario)
    parts = splits[splits["scenario"].astype(str) == scenario]
    training = parts.loc[parts["part"].isin(["train", "validation"]), "case_id"]
    external = set(parts.loc[parts["part"] == "external", "center"].astype(str))
    of_case = dict(zip(parts["case_id"].astype(str), parts["center"].astype(str), strict=True))
    matrix = Radiomics.of(radiomics).carrying(np.unique(training.to_numpy(dtype=np.str_)))
    rows, links, search = [], [], []
    for name, task in tasks.items():
        unit, folds = fold_shap(shap, scenario, name)
        linked = fold_links(folds, unit, matrix, of_case)
        of_task = explained[(explained["scenario"].astype(str) == scenario) & (explained["task"] == name)]
        gap = float(of_task.loc[of_task["unit"] == unit, "additivity_gap"].max()) if folds else np.nan
        chosen = linked_features(linked, settings)
        positive = len(task.class_names) - 1
        there = {center: sent_effects(table, name, settings) for center, table in (sent or {}).items()}
        there = {center: found for center, found in there.items() if center in centers}
        own = _judged(chosen, matrix, labels[name], positive, centers, external, settings, there)
        named = {"scenario": scenario, "task": name}
        rows += [named | row | {"additivity_gap": gap} for row in own]
        links.append(link_rows(linked, list(chosen), matrix.keys).assign(**named))
        status = [row["status"] for row in own]
        counts = {"folds": len(folds), "cases": sum(len(f.case_ids) for f in folds)}
        counts |= {"leading": sum(len(f.names) for f in folds), "features": _tested(linked)}
        counts |= {"pairs": sum(int(np.isfinite(f.correlation.p).sum()) for f in linked), "linked": len(own)}
        counts |= {each.replace(" ", "_"): status.count(each) for each in ("kept", "dropped", "not decidable")}
        search.append(named | {"unit": unit if folds else "", **counts, "additivity_gap": gap})
    return Found(
        pd.DataFrame(rows, columns=BIOMARKERS.names(center=tuple(centers))),
        pd.concat(links, ignore_index=True)[LINKS.names()],
        pd.DataFrame(search, columns=SEARCH.names()),
    )


def _tested(folds: list[FoldLinks]) -> int:
    """Radiomic features of which a pair was estimable in some fold."""
    if not folds:
        return 0
    return int(np.any([np.isfinite(fold.correlation.p).any(0) for fold in folds], axis=0).sum())


def _judged(
    chosen: Mapping[int, Mapping[str, Any]],
    matrix: Radiomics,
    labels: pd.Series,
    positive: int,
    centers: Mapping[str, NDArray[np.str_]],
    external: set[str],
    settings: Explanation,
    sent: Mapping[str, Mapping[Key, Effect]],
) -> list[dict[str, Any]]:
    """The linked features of a task with their verdicts: kept ones first, then by the size of the summary."""
    keys = [matrix.keys[column] for column in chosen]
    effects = []
    for key in keys:
        found = center_effects(matrix, key, labels, positive, centers, settings)
        found |= {center: of_key[key] for center, of_key in sent.items() if key in of_key}
        effects.append({center: found[center] for center in centers if center in found})  # sums are in one order
    summaries = [summarise(of_centers) for of_centers in effects]
    p = np.array([np.nan if summary is None else summary.p for summary in summaries])
    rows = []
    for key, link, of_centers, summary, q in zip(
        keys, chosen.values(), effects, summaries, discovery_rates(p), strict=True
    ):
        verdict = judge(of_centers, summary, float(q), link["rho"], settings)
        row: dict[str, Any] = {"region": key[0], "feature": key[1], "modality": modality_of(key[1]), **link}
        row |= {f"effect_{center}": effect.effect for center, effect in of_centers.items()}
        if summary:
            ends = ("ci_low", "ci_high", "pi_low", "pi_high")
            # No effect is beyond ±½, whatever a t distribution of few degrees of freedom says.
            row |= {end: float(np.clip(getattr(summary, end), -0.5, 0.5)) for end in ends}
            row |= {"summary": summary.effect, "p_effect": summary.p, "q_effect": q}
            row |= {"tau2": summary.tau2, "i2": summary.i2}
        row |= {"agrees_outside": agrees_outside(of_centers, external, link["rho"])}
        rows.append(row | {"status": verdict.status, "reason": verdict.reason})
    rows.sort(key=lambda r: (r["status"] != "kept", -_strength(r.get("summary", 0.0)), r["region"], r["feature"]))
    return rows


def _strength(summary: float) -> float:
    """|summary| to the six digits that the table holds, so that equal effects stand by name, not by rounding noise."""
    return abs(float(f"{summary:.6g}"))


def sent_effects(table: pd.DataFrame, task: str, settings: Explanation) -> dict[Key, Effect]:
    """(region, feature) → its effect at a hospital that keeps its scans, where each class has enough cases."""
    found = {}
    for row in table[table["task"] == task].to_dict("records"):
        effect = Effect(float(row["effect"]), float(row["variance"]), int(row["n"]), int(row["n_positive"]))
        if min(effect.n_positive, effect.n - effect.n_positive) >= settings.min_per_class:
            found[str(row["region"]), str(row["feature"])] = effect
    return found


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
    """Centre → class difference of a feature, of the centres with enough cases of each class."""
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
