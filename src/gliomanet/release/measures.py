"""Groups of a study's cases as a bundle tells them: features by class and centre, and ranges of image quality."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from gliomanet.audit.fingerprint import read_fingerprints
from gliomanet.bundle.references import References
from gliomanet.imaging.quality.center_table import METRICS
from gliomanet.radiomics.ratios import with_ratios
from gliomanet.radiomics.table import wide_features
from gliomanet.release.chosen import Chosen
from gliomanet.tables.io import read_table


def references_of(chosen: Chosen) -> References:
    """Distributions of all radiomic features and ratios among the scenario's cases, by class and centre.

    Training and external centres alike; unlabelled patients and those left out by quality control count nowhere.
    """
    finished, scenario = chosen.finished, chosen.scenario
    splits = finished.splits
    own = splits[splits["scenario"] == scenario.name] if "scenario" in splits else splits
    used = own[own["part"].isin(["train", "validation", "external"])]
    used = used.drop_duplicates(["center", "patient_id"])[["case_id", "center"]]  # a patient counts once
    wide = measured_features(chosen, (*scenario.train, *scenario.external))
    tables = [
        pd.concat([table, pd.Series(center, index=table.index, name="center")], axis=1)
        for center, table in wide.items()
    ]
    if not tables:
        return References.measure(pd.DataFrame({"center": []}), {}, {})
    features = used.merge(pd.concat(tables, ignore_index=True), on=["case_id", "center"], how="inner")
    cases = used.merge(finished.cases, on=["case_id", "center"], how="left")
    labels = features[["case_id", "center"]].merge(cases, on=["case_id", "center"], how="left")
    classes = {}
    for name, task in chosen.study.tasks.items():
        class_of = {value: label for label, values in task.classes.items() for value in values}
        classes[name] = labels[task.label].map(lambda value, known=class_of: known.get(str(value), ""))
    numbers = features.drop(columns=["case_id"])
    return References.measure(numbers, classes, _kept_biomarkers(chosen))


def measured_features(chosen: Chosen, centers: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Centre → radiomic features and ratios of its cases, a row a case; of the centres that have any."""
    found = {}
    for center in centers:
        path = chosen.finished.layout.radiomics(center)
        measured = read_table(path) if path.is_file() else pd.DataFrame()
        if len(measured):
            ratios = [column for column in measured if "_logratio_" in str(column)]
            found[center] = wide_features(with_ratios(measured.drop(columns=ratios)))
    return found


def look_of(chosen: Chosen) -> dict[str, Any]:
    """Ranges among the training cases: of image quality, and of how much of a brain the atlas explains.

    Quantiles alone would let one odd case in twenty pass as foreign, so that the whole range is told, and beside it the
    middle nine tenths.
    """
    layout = chosen.finished.layout
    found: dict[str, Any] = {"quality": {}, "explained_by_atlas": {}}
    paths = [layout.qc(center) for center in chosen.scenario.train if layout.qc(center).is_file()]
    if paths:
        table = pd.concat([read_table(path) for path in paths], ignore_index=True)
        ok = table[(table["status"] == "ok") & (table["decision"] != "exclude")]
        found["quality"] = {name: _range(ok[name].to_numpy(float)) for name in METRICS if ok[name].notna().any()}
    explained: dict[str, list[float]] = {}
    for center in chosen.scenario.train:
        if layout.fingerprints(center).is_file():
            for of_case in read_fingerprints(layout.fingerprints(center)).values():
                for modality, one in of_case.items():
                    explained.setdefault(modality, []).append(one.explained)
    found["explained_by_atlas"] = {name: _range(np.array(values)) for name, values in explained.items()}
    return found


def _range(values: np.ndarray[Any, Any]) -> dict[str, float]:
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, [0.05, 0.95])
    return {
        "n": int(known.size),
        "low": float(known.min()),
        "low_5": float(low),
        "high_95": float(high),
        "high": float(known.max()),
    }


def _kept_biomarkers(chosen: Chosen) -> dict[str, tuple[str, ...]]:
    """Task → features that the study kept, of the model that answers and its members."""
    kept: dict[str, list[str]] = {}
    regions = chosen.study.radiomics.regions
    for model in chosen.models:
        path = chosen.finished.layout.biomarkers(model)
        if not path.is_file():
            continue
        table = read_table(path)
        own = table[(table["scenario"] == chosen.scenario.name) & (table["status"] == "kept")]
        for task, feature, region in own[["task", "feature", "region"]].itertuples(index=False):
            kept.setdefault(str(task), []).append(f"{region}_{feature}" if len(regions) > 1 else str(feature))
    return {task: tuple(dict.fromkeys(names)) for task, names in kept.items()}
