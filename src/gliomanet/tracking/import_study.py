"""The one writer that brings a finished study into MLflow.

A run per model × stage, a child run per fold. The identity of a run holds the study's title and configuration, its
cohort, the digest of every fit, and the place of its results, so that two studies, and two copies of one, never meet,
and importing twice adds nothing. A study that
changed gets new runs; those it had before, from the same results folder, stay and are marked as superseded.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.config.tracking import tracking_uri
from gliomanet.models.artifact import MODEL_FILE
from gliomanet.tables.tracking import TRACKED_RUNS
from gliomanet.tracking import tags
from gliomanet.tracking.datasets import log_datasets
from gliomanet.tracking.events import FoldRun, read_fold_run
from gliomanet.tracking.figures import accepted_name, figures_of
from gliomanet.tracking.known_runs import KnownRuns
from gliomanet.tracking.store import Store, alone_in, flatten, open_store, persistently
from gliomanet.tracking.tracked_study import TrackedStudy, digest_of, live_key, origin_of
from gliomanet.tracking.views import links_of, mark_recent, save_views

if TYPE_CHECKING:
    from mlflow.entities import Metric, Run

STATUSES = {"new": "added", "updated": "with new figures", "present": "there already"}

Row = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Imported:
    """Result of an import.

    Attributes:
        runs: a row a run, as `TRACKED_RUNS`.
        links: task → address of the view that sorts the last studies by it.
    """

    runs: pd.DataFrame
    links: dict[str, str]

    def summary(self) -> str:
        """Say how many runs were added."""
        counts = self.runs["status"].value_counts()
        return ", ".join(f"{counts.get(status, 0)} runs {what}" for status, what in STATUSES.items())


def import_study(study: TrackedStudy, *, uri: str, experiment: str) -> Imported:
    """Bring every fit of a study into MLflow, once, with its original times, and mark what it takes the place of.

    On a SQLite file one process at a time does this, and the others wait. Cut off at any moment, the next call
    completes it.

    Args:
        study: the finished study.
        uri: `sqlite:///path` or a server's address.
        experiment: the experiment's name, made where absent.

    Raises:
        ProblemError: the URI is no store.
        StudyStopError: the server does not answer, the file is no database, or the experiment was deleted.
        FileNotFoundError: a file of the study is missing.
    """
    tracking_uri(uri)
    with alone_in(uri):
        return persistently(lambda: _import(study, open_store(uri, experiment)), uri)


def _import(study: TrackedStudy, store: Store) -> Imported:
    folds = [read_fold_run(study.layout.model(*fit).folder) for fit in study.fits]
    groups: dict[tuple[str, str], list[FoldRun]] = defaultdict(list)
    for fold in folds:
        groups[fold.model, fold.stage].append(fold)
    writer = _Writer(store, study, KnownRuns.read(store, study.title))
    rows = [row for members in groups.values() for row in writer.import_model(members)]
    writer.known.supersede(study.title, writer.origin, {row[0] for row in rows})
    mark_recent(store)
    save_views(store, study.settings["tasks"])
    return Imported(pd.DataFrame(rows, columns=TRACKED_RUNS.names()), links_of(store, study.settings["tasks"]))


class _Writer:
    """The import of one study into one store."""

    def __init__(self, store: Store, study: TrackedStudy, known: KnownRuns) -> None:
        self.store, self.study, self.known = store, study, known
        self.origin = origin_of(study.results)

    def import_model(self, folds: list[FoldRun]) -> list[Row]:
        """Import one model × stage; folds first need their parent, and the parent ends last."""
        first, study, store = folds[0], self.study, self.store
        job, end = f"{first.model}/{first.stage}", max(fold.end for fold in folds)
        fits = sorted((fold.fold, fold.digest) for fold in folds)
        digest = digest_of([study.title, self.origin, study.digest, study.cohort_digest, job, fits])
        marks = tags.of_model(study, self.origin, first, digest)
        run, status = self._ensure(job, digest, min(fold.start for fold in folds), marks)
        run_id = run.info.run_id
        settings = study.settings["models"][first.model]
        if status == "new":
            params = {"model": first.model, "stage": first.stage, "folds": len(folds), **settings}
            store.log(run_id, flatten(params), [])
            log_datasets(store, run_id, study)
        rows = [self._import_fold(fold, run_id, digest) for fold in folds]
        if self._log_evaluation(run, folds, figures_of(study.metrics, first.model, first.stage), end):
            status = "updated" if status == "present" else status
        if status == "new":
            finished = all(fold.finished for fold in folds)
            store.client.set_terminated(run_id, "FINISHED" if finished else "KILLED", end)
        return [(run_id, "", job, "parent", status), *rows]

    def _import_fold(self, fold: FoldRun, parent_id: str, parent_digest: str) -> Row:
        digest = digest_of([parent_digest, fold.digest])
        live = self.known.live(live_key(self.study.title, self.origin, fold))
        marks = tags.of_fold(self.study, self.origin, fold, digest, parent_id)
        run, status = self._ensure(fold.job, digest, fold.start, marks, live)
        if status == "new":
            params = {"model": fold.model, "stage": fold.stage, "fold": fold.fold, **fold.params}
            self.store.log(run.info.run_id, flatten(params), points_of(fold))
            self.store.client.set_terminated(run.info.run_id, "FINISHED" if fold.finished else "KILLED", fold.end)
            if tags.LIVE in run.data.tags:  # last, since it tells a completed run from one that was cut off
                self.known.adopt(run)
        return run.info.run_id, parent_id, fold.job, "fold", status

    def _ensure(
        self, job: str, digest: str, start: int, marks: dict[str, str], live: Run | None = None
    ) -> tuple[Run, str]:
        """Find or make the run of this identity; `new` also where an earlier import of it was cut off."""
        run = self.known.of(job, digest) or live
        if run is None:
            name = f"{self.study.title}: {job}"
            run = self.store.client.create_run(self.store.experiment_id, start_time=start, tags=marks, run_name=name)
            self.known.add(job, digest, run)
            return run, "new"
        changed = {key: value for key, value in marks.items() if run.data.tags.get(key) != value}
        for key, value in changed.items():
            self.store.client.set_tag(run.info.run_id, key, value)
        # A run is terminated last of all, so a running one is an import that was cut off. Logging the same values again
        # is harmless: MLflow keeps one row per (name, time, step, value).
        unfinished = run.info.status == "RUNNING" or tags.LIVE in run.data.tags
        return run, "new" if unfinished else "present"

    def _log_evaluation(self, run: Run, folds: list[FoldRun], figures: Mapping[str, float], end: int) -> bool:
        """Log figures and files one step further than the last time, where they changed; false where they did not."""
        run_id, layout = run.info.run_id, self.study.layout
        files = [layout.page(), layout.evaluation("metrics")]
        evaluation = digest_of([sorted(figures.items()), [_digest_file(file) for file in files]])
        if run.data.tags.get(tags.EVALUATION) == evaluation:
            return False
        from mlflow.entities import Metric

        step = int(run.data.tags.get(tags.STEP, "-1")) + 1
        # A metric that is gone ends in NaN, not in its old value.
        gone = {name: float("nan") for name in run.data.metrics if name not in figures}
        self.store.log(run_id, {}, [Metric(name, value, end, step) for name, value in {**figures, **gone}.items()])
        for file in (*files, layout.study()):
            self.store.keep(run, file)
        for fold in folds:
            if (fold.folder / MODEL_FILE).is_file():
                self.store.keep(run, fold.folder / MODEL_FILE, f"fold{fold.fold}")
        self.store.client.set_tag(run_id, tags.STEP, str(step))
        self.store.client.set_tag(run_id, tags.EVALUATION, evaluation)
        return True


def points_of(fold: FoldRun) -> list[Metric]:
    """A fit's curves as MLflow's metrics."""
    from mlflow.entities import Metric

    return [Metric(accepted_name(m.name), m.value, m.time, m.step) for m in fold.metrics]


def _digest_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
