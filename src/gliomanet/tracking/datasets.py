"""The cohort as MLflow's datasets: a centre each, with its digest and its part in the study."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gliomanet.tracking.tracked_study import TrackedStudy

if TYPE_CHECKING:
    from gliomanet.tracking.store import Store

CONTEXTS = {"train": "training and validation", "external": "external", "unlabelled": "pseudo-labels"}
"""Role of a centre → context of its dataset. With leave-one-centre-out each training centre tests, too, in its turn."""


def log_datasets(store: Store, run_id: str, study: TrackedStudy) -> None:
    """Log every centre's cases as an input: name, digest, number of cases and of known labels; no row of them."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    labels = [task["label"] for task in study.settings["tasks"].values()]
    inputs = []
    for center, cases in study.centers.items():
        known = {label: int((cases[label] != "").sum()) for label in labels if label in cases}
        profile = json.dumps({"cases": len(cases), "patients": cases["patient_id"].nunique(), "labelled": known})
        kind = study.settings["centers"][center]["source"]["kind"]
        source = json.dumps({"center": center, "table": f"cohort/{center}.tsv"})
        schema = json.dumps({"columns": list(cases.columns)})
        dataset = Dataset(center, study.center_digests[center], kind, source, schema, profile)
        context = CONTEXTS[study.settings["centers"][center]["role"]]
        inputs.append(DatasetInput(dataset, [InputTag("mlflow.data.context", context)]))
    store.client.log_inputs(run_id, inputs)
