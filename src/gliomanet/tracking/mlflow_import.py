"""The one writer that brings finished jobs into MLflow.

A parent run per model × stage, a child run per fold. A run's identity is the pair (job, digest), kept as tags, so
importing twice adds nothing and an import that was interrupted is completed by the next one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from gliomanet.evaluation.metrics.registry import METRICS
from gliomanet.models.artifact import MODEL_FILE
from gliomanet.tables.tracking import TRACKED_RUNS
from gliomanet.tracking.events import FoldRun, read_fold_run

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient
import re

JOB, DIGEST, EVALUATION, STEP = "gliomanet.job", "gliomanet.digest", "gliomanet.evaluation", "gliomanet.evaluation_step"

TRACKED = frozenset(metric.name for metric in METRICS.values() if metric.tracked)
"""Metrics of the evaluation that are logged, see `evaluation.metrics.registry`."""

PARENT = "mlflow.parentRunId"


TEXT_SUFFIXES = frozenset({".tsv", ".csv", ".json", ".txt", ".yaml", ".yml", ".md"})


METRICS_A_BATCH, PARAMS_A_BATCH = 1000, 100  # MLflow's own limits


T = TypeVar("T")


Index = dict[tuple[str, str], "Run"]


def import_runs(
    model_dirs: Sequence[Path],
    metrics: pd.DataFrame | None,
    artifacts: Sequence[Path],
    *,
    uri: str,
    artifact_root: Path,
    experiment: str,
    study_params: Mapping[str, Any],
) -> pd.DataFrame:
    """Bring every fold's events into MLflow, once each, with their original times.

    A fold whose digest changed becomes a new run, and its model × stage a new parent; unchanged folds move to the new
    parent. Where only the evaluation or the artifacts changed, the parent's metrics get a further step and the files
    are replaced. Only one process may run this at a time.

    Args:
        model_dirs: folders `…/<model>/<stage>/fold<fold>`, each with `events.jsonl` and perhaps `model.json`.
        metrics: rows of `evaluation/metrics.tsv`; those in `TRACKED` are logged on the parent of their model × stage.
            `None`: none.
        artifacts: files for every parent. To a server (`http…`) only text files go: pictures of patients stay here.
        uri: `sqlite:///path` or a server's address. The file store is refused.
        artifact_root: folder of a local store's artifacts.
        experiment: the experiment's name, made where absent.
        study_params: the study's configuration; logged flat on the parents with the prefix `study.`.

    Returns:
        one row a run: run_id, parent_id (empty for parents), name, kind {parent, fold}, status {new, present, updated}.

    Raises:
        ValueError: the URI is a file store, the experiment was deleted, or two folders are the same job.

    """
    _check_uri(uri)
    # An inherited run id would override the parents; telemetry would be a network call nobody asked for.
    os.environ.pop("MLFLOW_RUN_ID", None)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow.tracking import MlflowClient  # slow to import, and only this function needs it

    folds = _by_parent([read_fold_run(Path(folder)) for folder in model_dirs])
    if uri.startswith("sqlite:///"):
        Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    client = MlflowClient(tracking_uri=uri)
    remote = uri.startswith("http")
    experiment_id = _experiment_id(client, experiment, None if remote else artifact_root)
    known = _known_runs(client, experiment_id)
    sendable = [Path(path) for path in artifacts if not remote or Path(path).suffix in TEXT_SUFFIXES]
    rows: list[tuple[str, str, str, str, str]] = []
    for (model, stage), members in folds.items():
        scores = _scores(metrics, model, stage)
        rows += _import_parent(client, experiment_id, known, members, scores, sendable, study_params)
    return pd.DataFrame(rows, columns=TRACKED_RUNS.names())


def _import_parent(
    client: MlflowClient,
    experiment_id: str,
    known: Index,
    members: Sequence[FoldRun],
    scores: Mapping[str, float],
    artifacts: Sequence[Path],
    study_params: Mapping[str, Any],
) -> list[tuple[str, str, str, str, str]]:
    first = members[0]
    job, end = f"{first.model}/{first.stage}", max(m.end for m in members)
    digest = _digest(sorted((m.fold, m.digest) for m in members))
    tags = {JOB: job, DIGEST: digest, "gliomanet.model": first.model, "gliomanet.stage": first.stage}
    parent, status = _ensure_run(client, experiment_id, known, job, digest, min(m.start for m in members), tags)
    parent_id = parent.info.run_id
    if status == "new":
        shared = {"model": first.model, "stage": first.stage, "folds": str(len(members))}
        _log_params(client, parent_id, {**shared, **flatten(study_params, "study.")})
    rows = [_import_fold(client, experiment_id, known, fold, parent_id) for fold in members]
    evaluation = _digest([sorted(scores.items()), [(path.name, _digest_file(path)) for path in artifacts]])
    if parent.data.tags.get(EVALUATION) != evaluation:
        _log_evaluation(client, parent, scores, end)
        for path in artifacts:
            client.log_artifact(parent_id, str(path))
        for fold in members:
            if (fold.folder / MODEL_FILE).is_file():
                client.log_artifact(parent_id, str(fold.folder / MODEL_FILE), f"fold{fold.fold}")
        client.set_tag(parent_id, EVALUATION, evaluation)
        status = "updated" if status == "present" else status
    if status == "new":
        finished = all(m.finished for m in members)
        client.set_terminated(parent_id, "FINISHED" if finished else "KILLED", end)
    return [(parent_id, "", job, "parent", status), *rows]


def _import_fold(
    client: MlflowClient, experiment_id: str, known: Index, fold: FoldRun, parent_id: str
) -> tuple[str, str, str, str, str]:
    tags = {JOB: fold.job, DIGEST: fold.digest, PARENT: parent_id, "gliomanet.fold": fold.fold}
    run, status = _ensure_run(client, experiment_id, known, fold.job, fold.digest, fold.start, tags)
    run_id = run.info.run_id
    if status == "new":
        from mlflow.entities import Metric

        _log_params(
            client, run_id, flatten({"model": fold.model, "stage": fold.stage, "fold": fold.fold, **fold.params})
        )
        points = [Metric(accepted_name(m.name), m.value, m.time, m.step) for m in fold.metrics]
        for batch in _batches(points, METRICS_A_BATCH):
            client.log_batch(run_id, metrics=batch, synchronous=True)
        client.set_terminated(run_id, "FINISHED" if fold.finished else "KILLED", fold.end)
    elif run.data.tags.get(PARENT) != parent_id:
        client.set_tag(run_id, PARENT, parent_id)
    return run_id, parent_id, fold.job, "fold", status


def _ensure_run(
    client: MlflowClient, experiment_id: str, known: Index, job: str, digest: str, start: int, tags: dict[str, str]
) -> tuple[Run, str]:
    """Find or make the run of this identity; `new` also where an earlier import of it was cut off."""
    run = known.get((job, digest))
    if run is None:
        run = client.create_run(experiment_id, start_time=start, tags=tags, run_name=job)
        known[job, digest] = run
        return run, "new"
    # Parents and folds are terminated last of all, so a running one is an import that was cut off. Logging the same
    # values again is harmless: MLflow keeps one row per (name, time, step, value).
    return run, "new" if run.info.status == "RUNNING" else "present"


def _log_evaluation(client: MlflowClient, parent: Run, scores: Mapping[str, float], end: int) -> None:
    """Log the metrics one step further than the last time; a metric that is gone ends in NaN, not in its old value."""
    from mlflow.entities import Metric

    step = int(parent.data.tags.get(STEP, "-1")) + 1
    gone = {name: float("nan") for name in parent.data.metrics if name not in scores}
    points = [Metric(name, value, end, step) for name, value in {**scores, **gone}.items()]
    for batch in _batches(points, METRICS_A_BATCH):
        client.log_batch(parent.info.run_id, metrics=batch, synchronous=True)
    client.set_tag(parent.info.run_id, STEP, str(step))


def _scores(metrics: pd.DataFrame | None, model: str, stage: str) -> dict[str, float]:
    """Map `<metric>/<role>/<center>/<task>[/<subset>][/<scenario>]` to each value that one model × stage has."""
    if metrics is None or metrics.empty:
        return {}
    rows = metrics[(metrics["model"] == model) & (metrics["stage"] == stage) & metrics["metric"].isin(TRACKED)]
    scores = {}
    for row in rows.to_dict("records"):
        value = pd.to_numeric(row["value"], errors="coerce")
        if pd.isna(value):
            continue
        parts = [row["metric"], row["role"], row["center"], row["task"]]
        subset, scenario = row.get("subset"), row.get("scenario")
        parts += [subset] if isinstance(subset, str) and subset not in ("", "all") else []
        parts += [scenario] if isinstance(scenario, str) and scenario not in ("", "main") else []
        scores[accepted_name("/".join(map(str, parts)))] = float(value)
    return scores


def _by_parent(runs: Sequence[FoldRun]) -> dict[tuple[str, str], list[FoldRun]]:
    groups: dict[tuple[str, str], list[FoldRun]] = defaultdict(list)
    seen: dict[str, Path] = {}
    for run in sorted(runs, key=lambda r: (r.model, r.stage, r.fold)):
        if run.job in seen:
            raise ValueError(f"{run.folder} and {seen[run.job]} both say they are {run.job}; give each job one folder")
        seen[run.job] = run.folder
        groups[run.model, run.stage].append(run)
    return dict(groups)


def _check_uri(uri: str) -> None:
    if "://" not in uri or uri.startswith("file:"):
        raise ValueError(
            f"tracking URI {uri!r} is a file store, which MLflow no longer writes; "
            "allowed: sqlite:///<path> or http(s)://<server>"
        )


def _experiment_id(client: MlflowClient, name: str, artifact_root: Path | None) -> str:
    found = client.get_experiment_by_name(name)
    if found is None:
        location = None if artifact_root is None else artifact_root.resolve().as_uri()
        return str(client.create_experiment(name, artifact_location=location))
    if found.lifecycle_stage != "active":
        raise ValueError(
            f"MLflow experiment {name!r} was deleted; restore it (`mlflow experiments restore`) or rename it"
        )
    return str(found.experiment_id)


def _known_runs(client: MlflowClient, experiment_id: str) -> Index:
    known: Index = {}
    token = None
    while True:
        page = client.search_runs([experiment_id], max_results=1000, page_token=token)
        for run in page:
            tags = run.data.tags
            if JOB in tags and DIGEST in tags:
                known[tags[JOB], tags[DIGEST]] = run
        token = page.token
        if not token:
            return known


def _log_params(client: MlflowClient, run_id: str, values: Mapping[str, str]) -> None:
    from mlflow.entities import Param

    for batch in _batches([Param(key, value) for key, value in values.items()], PARAMS_A_BATCH):
        client.log_batch(run_id, params=batch, synchronous=True)


def _batches(values: Sequence[T], size: int) -> Iterator[list[T]]:
    remaining = iter(values)
    while batch := list(islice(remaining, size)):
        yield batch


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _digest_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


MAX_VALUE = 500
"""Characters kept of a parameter's value: longer ones (statistics of hundreds of features) stay in `model.json`."""


_FORBIDDEN = re.compile(r"[^/\w.\- ]")


def accepted_name(name: str) -> str:
    """Replace every character that MLflow refuses in a name by `_`."""
    return _FORBIDDEN.sub("_", name)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Dotted keys → text of a nested mapping, in its order; values over `MAX_VALUE` characters are cut and end in `…`.

    >>> flatten({"split": {"folds": 5}, "modalities": ["t1c", "t2"]}, "study.")
    {'study.split.folds': '5', 'study.modalities': '["t1c", "t2"]'}
    """
    flat: dict[str, str] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{name}."))
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        flat[accepted_name(name)[:250]] = text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
    return flat
