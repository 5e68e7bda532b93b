"""Training cases that are made up, whose metrics and deep features vary around equal means."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gliomanet.patient.trust.metrics import METRICS
from gliomanet.patient.trust.reference import TrustReference

CASES = 300


def looks(rng: np.random.Generator, count: int, prefix: str) -> pd.DataFrame:
    values = {name: rng.normal(10, 1, count) for name in METRICS}
    return pd.DataFrame({"center": "A", "case_id": [f"{prefix}{n:04d}" for n in range(count)], **values})


def deep_rows(rng: np.random.Generator, cases, fold: str) -> pd.DataFrame:
    features = {f"z{k}": rng.normal(size=len(cases)) for k in range(4)}
    return pd.DataFrame({"case_id": list(cases), "task": "idh", "fold": fold, "center": "A", **features})


def fitted() -> TrustReference:
    """The reference of training cases, each held out of one of two folds."""
    rng = np.random.default_rng(3)
    table = looks(rng, CASES, "secret-")
    ids = table["case_id"].to_numpy()
    parts = []
    for fold in "01":
        part = np.where(np.arange(CASES) % 2 == int(fold), "validation", "train")
        parts.append(pd.DataFrame({"center": "A", "case_id": ids, "patient_id": ids, "fold": fold, "part": part}))
    deep = pd.concat([deep_rows(rng, ids, fold) for fold in "01"], ignore_index=True)
    return TrustReference.fit(table, pd.concat(parts, ignore_index=True), {"net": deep})
