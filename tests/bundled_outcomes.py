"""Made-up outcomes of the tiny study for bundles: what became of patients of two centres, and metrics outside."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gliomanet.evaluation.survival.reference_curves import reference_curves
from gliomanet.layout import Layout
from gliomanet.tables.evaluation import METRICS
from gliomanet.tables.io import write_table
from gliomanet.tables.survival import SURVIVAL_CURVES, SURVIVAL_GROUPS
from tests.evaluation.survival.cohorts import outcomes

LABELS = (("wildtype", "", "4"), ("mutant", "intact", "3"), ("mutant", "codeleted", "2"))
"""Glioblastomas, astrocytomas of grade 3, and oligodendrogliomas of grade 2, of whom few die."""


def write_outcomes(layout: Layout) -> None:
    """Write the tables of survival, and of external metrics."""
    tables = []
    for place, (center, n) in enumerate((("A", 90), ("X", 60))):
        for number, (idh, codel, grade) in enumerate(LABELS):
            made = outcomes(center, n if grade == "4" else 15, 10 * place + number)
            ids = [f"{center}{grade}-{at}" for at in range(len(made))]
            made = made.assign(idh=idh, codel_1p19q=codel, grade=grade, patient_id=ids, case_id=ids)
            tables.append(made.assign(os_event="0") if grade == "2" else made)
    no_volumes = pd.DataFrame({"center": [], "case_id": [], "tumour_volume_ml": []})
    found = reference_curves(pd.concat(tables), no_volumes, 0.95)
    write_table(found.groups, layout.evaluation("survival_groups"), SURVIVAL_GROUPS)
    write_table(found.curves, layout.evaluation("survival_curves"), SURVIVAL_CURVES)
    write_table(_metrics(), layout.evaluation("metrics"), METRICS)


def _metrics() -> pd.DataFrame:
    rows = []
    for model, value in (("stack", 0.31), ("age", 0.42)):
        for task in ("idh", "codel_1p19q", "grade"):
            for metric in ("mcc", "auc"):
                row = dict.fromkeys(METRICS.names(), np.nan) | dict.fromkeys(("note", "subset"), "")
                row |= {"model": model, "stage": "supervised", "scenario": "main", "role": "external", "center": "X"}
                row |= {"task": task, "subset": "all", "metric": metric, "n": 40, "n_positive": 17}
                found = {"value": value, "ci_low": value - 0.2, "ci_high": value + 0.2}
                rows.append(row | (found if metric == "mcc" else {"note": "one class alone"}))
    return pd.DataFrame(rows)[METRICS.names()]
