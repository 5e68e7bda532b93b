"""MLflow's tables of all studies, saved in the experiment: the best models of a task over the last studies.

MLflow's pages keep a shared view as a tag of its experiment, `mlflow.sharedViewState.<key>`, and open it by
`?viewStateShareKey=<key>`. Without `workflowType` in the address they begin in a mode for language models.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gliomanet.config.tracking import without_password
from gliomanet.tracking import tags
from gliomanet.tracking.figures import HEADLINE, accepted_name

if TYPE_CHECKING:
    from mlflow.entities import Run

    from gliomanet.tracking.store import Store

LAST = 10
"""Studies that the saved views show."""

KIND = ("mlflow.experimentKind", "custom_model_development")
VIEW = "mlflow.sharedViewState."
LOCAL = "http://127.0.0.1:5000"
"""Address that `mlflow ui` has unless it is told another."""

SHOWN = f"tags.`{tags.RUN}` = 'model' and tags.`{tags.STATE}` = '{tags.RECENT}'"
DESCRIBING = ("gliomanet.kind",)
METRICS = ("mcc", "mcc/ci_low", "mcc/ci_high", "n", "auc", "ece", "brier", "balanced_accuracy")
"""Columns of a view; a limit stands behind its task in the metric's name."""


def mark_recent(store: Store) -> None:
    """Mark the runs of the last studies as `recent`, and those of others as `earlier`; superseded ones stay so."""
    studies: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in store.runs(f"tags.`{tags.RUN}` = 'model' and tags.`{tags.STATE}` != '{tags.SUPERSEDED}'"):
        marks = run.data.tags
        studies[marks[tags.STUDY], marks[tags.ORIGIN]].append(run)
    newest = sorted(studies, key=lambda study: max(run.info.end_time or 0 for run in studies[study]), reverse=True)
    for place, study in enumerate(newest):
        state = tags.RECENT if place < LAST else tags.EARLIER
        for run in studies[study]:
            if run.data.tags[tags.STATE] != state:
                store.client.set_tag(run.info.run_id, tags.STATE, state)


def save_views(store: Store, tasks: Iterable[str]) -> None:
    """Save a view for each task in the experiment, which opens as one of trained models."""
    wanted = dict([KIND]) | {VIEW + view_key(task): json.dumps(view_of(task)) for task in tasks}
    there = store.client.get_experiment(store.experiment_id).tags
    for key, value in wanted.items():
        if there.get(key) != value:
            store.client.set_experiment_tag(store.experiment_id, key, value)


def view_key(task: str) -> str:
    """Name of a task's view in addresses."""
    return f"best-{task}"


def view_of(task: str) -> dict[str, Any]:
    """A table of the last studies' models, the best of a task on external cases first, as MLflow's pages keep it."""
    names = [_column("metrics", _metric(name, task)) for name in METRICS]
    shown = [*(_column("tags", name) for name in DESCRIBING), *names]
    pinned = {_column("attributes", "Run Name"): 300, "runDateAndNestInfo": 130}
    return {
        "searchFilter": SHOWN,
        "orderByKey": names[0],
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "selectedColumns": shown,
        "columnOrder": [*pinned, *shown],
        "columnWidths": pinned | {name: 8 * len(name.split("`")[1]) + 16 for name in shown},
        "runsHiddenMode": "FIRST_20_RUNS",
    }


def links_of(store: Store, tasks: Iterable[str]) -> dict[str, str]:
    """Task → address of its view; of a SQLite file where `mlflow ui` shows it."""
    base = without_password(store.uri) if store.is_remote else LOCAL
    page = f"{base.rstrip('/')}/#/experiments/{store.experiment_id}/runs"
    return {task: f"{page}?workflowType=machine_learning&viewStateShareKey={view_key(task)}" for task in tasks}


def _metric(name: str, task: str) -> str:
    metric, _, limit = name.partition("/")
    return accepted_name("/".join(filter(None, (HEADLINE, metric, task, limit))))


def _column(kind: str, name: str) -> str:
    return f"{kind}.`{name}`"
