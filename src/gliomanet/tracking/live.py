"""Curves of running trainings, sent to an MLflow server while they run.

One process reads the files that jobs write at the end of each epoch, and sends what is new. The files are the queue: a
server that is gone for a while misses nothing, and neither fails nor slows a training. What arrives twice is one value
to MLflow; the import of the finished study takes the runs over and completes them.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.config.tracking import without_password
from gliomanet.layout import Layout
from gliomanet.tracking import tags
from gliomanet.tracking.event_log import EVENTS_FILE
from gliomanet.tracking.events import FoldRun, read_fold_run
from gliomanet.tracking.tracked_study import live_key, origin_of

if TYPE_CHECKING:
    from mlflow.entities import Run

    from gliomanet.tracking.store import Store

URI_VARIABLE = "GLIOMANET_TRACKING_URI"
"""Variable that tells this process the server: arguments are seen by everybody, and the address may hold a password."""

INTERVAL = 10.0
"""Seconds between two looks at the files."""


@dataclass
class LiveStudy:
    """The running trainings of a study, and how much of each the server has.

    Attributes:
        results: the study's results folder.
        title: the study's title.
        uri: the server.
        experiment: the experiment's name.
    """

    results: Path
    title: str
    uri: str
    experiment: str
    _store: Store | None = field(default=None, init=False)
    _runs: dict[str, Run] = field(default_factory=dict, init=False)
    _sent: dict[str, int] = field(default_factory=dict, init=False)
    _last: dict[tuple[str, str, str], FoldRun] = field(default_factory=dict, init=False)
    _away: bool = field(default=False, init=False)

    def send(self) -> bool:
        """Send what is new, once; false where the server did not answer, which is said once."""
        from mlflow.exceptions import MlflowException

        from gliomanet.tracking.store import is_outage

        try:
            sent = sum(self._send_fit(fit) for fit in self._fits())
        except MlflowException as error:
            if not is_outage(error):
                raise
            if not self._away:
                told = f"{self.uri} does not answer; nothing is lost, it is tried again: {error}"
                print(without_password(self.uri, told), flush=True)
            self._away = True
            return False
        if self._away:
            print(f"{without_password(self.uri)} answers again: {sent} values sent", flush=True)
        self._away = False
        return True

    def _fits(self) -> list[FoldRun]:
        """The fits that have begun since this was started: from the jobs' own files, then from the finished models."""
        layout = Layout(self.results)
        for path in sorted(self.results.glob(f"checkpoints/*/*/fold*/{EVENTS_FILE}")):
            place = layout.parse(path.parent)
            self._read((place.model, place.stage, place.fold), path.parent)
        for names in list(self._last):
            model = layout.model(*names)
            if model.events.is_file():
                self._read(names, model.folder)
        return list(self._last.values())

    def _read(self, names: tuple[str, str, str], folder: Path) -> None:
        try:
            self._last[names] = read_fold_run(folder)
        except FileNotFoundError:  # the job was done this moment: its files are with the model at the next look
            return

    def _send_fit(self, fit: FoldRun) -> int:
        from gliomanet.tracking.import_study import points_of

        key = live_key(self.title, origin_of(self.results), fit)
        points = points_of(fit)[self._sent.get(key, 0) :]
        run = self._run(key, fit)
        if run is None or not (points or fit.finished):
            return 0
        store = self._opened()
        store.log(run.info.run_id, {}, points)
        self._sent[key] = len(fit.metrics)
        if fit.finished:
            store.client.set_terminated(run.info.run_id, "FINISHED", fit.end)
            del self._runs[key], self._last[fit.model, fit.stage, fit.fold]
        return len(points)

    def _run(self, key: str, fit: FoldRun) -> Run | None:
        """The fit's run, made where the server has none yet; a finished fit's is made by the import of the study."""
        if key not in self._runs:
            store = self._opened()
            there = next(store.runs(f"tags.`{tags.LIVE}` = '{key}'"), None)
            if there is None and fit.finished:
                return None
            self._runs[key] = there or store.client.create_run(
                store.experiment_id,
                start_time=fit.start,
                tags=tags.of_live(self.title, origin_of(self.results), fit, key),
                run_name=f"{self.title}: {fit.job}",
            )
        return self._runs[key]

    def _opened(self) -> Store:
        from gliomanet.tracking.store import open_store

        self._store = self._store or open_store(self.uri, self.experiment)
        return self._store


def follow(study: LiveStudy, process: int, interval: float = INTERVAL) -> None:
    """Send what is new until a process, this one's parent, has ended; then once more."""
    while os.getppid() == process:
        study.send()
        time.sleep(interval)
    study.send()


if __name__ == "__main__":
    results, title, experiment, process = sys.argv[1:]
    follow(LiveStudy(Path(results), title, os.environ[URI_VARIABLE], experiment), int(process))
