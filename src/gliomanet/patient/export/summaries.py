"""Summaries over a hospital's cases: effects of radiomic features, image quality. No row of them is of one case."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gliomanet.explanation.biomarkers import class_indices
from gliomanet.explanation.consistency import class_effect
from gliomanet.explanation.features import Radiomics, with_log_shape
from gliomanet.labels.tasks import Task
from gliomanet.labels.vocabulary import MISSING
from gliomanet.tables.site import SITE_EFFECTS, SITE_QUALITY


def effects(radiomics: pd.DataFrame, cases: pd.DataFrame, tasks: Mapping[str, Task], smallest: int) -> pd.DataFrame:
    """Rows of `SITE_EFFECTS`: the class differences that a study compares over its centres.

    Args:
        radiomics: rows of `RADIOMICS`.
        cases: case_id and labels.
        tasks: whose classes are compared, the last against the others.
        smallest: cases that each side needs.
    """
    if radiomics.empty:
        return pd.DataFrame(columns=SITE_EFFECTS.names())
    matrix, labels = Radiomics.of(with_log_shape(radiomics.copy())), class_indices(cases, tasks)
    rows = []
    for name, task in tasks.items():
        truth = labels[name].reindex(matrix.case_id).fillna(MISSING).to_numpy(dtype=np.int64)
        known = truth != MISSING
        positive = truth[known] == len(task.class_names) - 1
        for key in matrix.keys:
            region, feature = key
            found = class_effect(positive, matrix.column(key)[known], smallest)
            if found is not None:
                keys = {"task": name, "region": region, "feature": feature}
                counts = {"n": found.n, "n_positive": found.n_positive}
                rows.append(keys | {"effect": found.effect, "variance": found.variance} | counts)
    return pd.DataFrame(rows, columns=SITE_EFFECTS.names())


def image_quality(quality: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Rows of `SITE_QUALITY`: quartiles of each metric that enough cases have.

    Args:
        quality: case_id, metric, value, outside.
        smallest: cases that a metric needs, and a count of those outside.
    """
    rows = []
    for metric, own in quality.groupby("metric", sort=False):
        if len(own) < smallest:
            continue
        lower, median, upper = np.quantile(own["value"].to_numpy(dtype=np.float64), [0.25, 0.5, 0.75])
        outside = int(own["outside"].sum())
        told = {"metric": metric, "n": len(own), "lower": lower, "median": median, "upper": upper}
        rows.append(told | {"outside": outside if outside >= smallest else None})
    return pd.DataFrame(rows, columns=SITE_QUALITY.names()).astype({"outside": "Int64"})
