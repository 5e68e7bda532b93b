"""Metrics of the answering model in external centres, beside the study's reference, as a bundle holds them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gliomanet.bundle.external import ExternalMetric
from gliomanet.release.chosen import Chosen
from gliomanet.tables.io import read_table

SHOWN = ("mcc", "mcc_at_threshold", "auc")


def external_metrics(chosen: Chosen) -> tuple[ExternalMetric, ...] | None:
    """Metrics of the whole centres; `None` where the study has no table of metrics, none where it tested nowhere."""
    path = chosen.finished.layout.evaluation("metrics")
    if not path.is_file():
        return None
    table = read_table(path)
    reference, stage = chosen.study.evaluation.reference, chosen.models[chosen.model].stage
    own = (table["model"] == chosen.model) & (table["stage"] == stage)
    beside = table["model"] == reference if reference else own
    rows = table[(table["scenario"] == chosen.scenario.name) & (table["role"] == "external") & (own | beside)]
    rows = rows[(rows["subset"] == "all") & rows["metric"].isin(SHOWN) & (rows["center"] != "summary")]
    rows = rows.sort_values(["center", "task", "metric", "model"], kind="stable")
    return tuple(
        ExternalMetric(
            **{name: str(row[name]) for name in ("center", "task", "metric", "model")},
            reference=row["model"] == reference,
            value=_number(row["value"]),
            low=_number(row["ci_low"]),
            high=_number(row["ci_high"]),
            n=int(row["n"]),
            n_positive=None if pd.isna(row["n_positive"]) else int(row["n_positive"]),
            note=str(row["note"]),
        )
        for row in rows.to_dict("records")
    )


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
