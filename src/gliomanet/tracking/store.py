"""A store of runs: a SQLite file or a server, opened so that one that is gone is said within seconds, not minutes."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gliomanet.config.tracking import DATABASE, without_password
from gliomanet.errors import Problem, StudyStopError
from gliomanet.tracking.figures import accepted_name

if TYPE_CHECKING:
    from mlflow.entities import Metric, Run
    from mlflow.tracking import MlflowClient

PROXIED = "mlflow-artifacts:/"
"""Places of artifacts that the server knows, not the run: a moved study keeps them."""

ENTITIES_A_BATCH, PARAMS_A_BATCH = 1000, 100  # MLflow's own limits

TEXT_SUFFIXES = frozenset({".tsv", ".csv", ".json", ".txt", ".yaml", ".yml", ".md"})

TIMEOUT = 20
"""Seconds that a server has for an answer."""

ATTEMPTS, PAUSE = 3, 2.0
"""Attempts of whatever may be repeated, and seconds between them."""

T = TypeVar("T")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Store:
    """A store of runs, and the experiment in it.

    Attributes:
        uri: its address.
        client: MLflow's client of it.
        experiment_id: of the experiment, made where it was absent.
    """

    uri: str
    client: MlflowClient
    experiment_id: str

    @property
    def is_remote(self) -> bool:
        return not self.uri.startswith(DATABASE)

    def runs(self, search: str = "") -> Iterator[Run]:
        """Every run of the experiment that a filter lets through, the earliest first."""
        token = None
        while True:
            page = self.client.search_runs(
                [self.experiment_id], search, max_results=1000, order_by=["attributes.start_time"], page_token=token
            )
            yield from page
            token = page.token
            if not token:
                return

    def log(self, run_id: str, params: Mapping[str, str], metrics: Sequence[Metric]) -> None:
        """Log parameters and metrics; what is there already is not doubled."""
        from mlflow.entities import Param

        for some in _batches([Param(key, value) for key, value in params.items()], PARAMS_A_BATCH):
            self.client.log_batch(run_id, params=some, synchronous=True)
        for batch in _batches(metrics, ENTITIES_A_BATCH):
            self.client.log_batch(run_id, metrics=batch, synchronous=True)

    def keep(self, run: Run, file: Path, folder: str = "") -> None:
        """Keep a file with a run. To a server only text goes: pictures of patients stay where they are."""
        if self.is_remote and file.suffix not in TEXT_SUFFIXES:
            return
        if self.is_remote or not run.info.artifact_uri.startswith(PROXIED):
            self.client.log_artifact(run.info.run_id, str(file), folder or None)
            return
        # A server that serves the artifacts would take it from a client; without one it is put where it will look.
        from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

        place = artifacts_of(self.uri) / run.info.artifact_uri.removeprefix(PROXIED).lstrip("/")
        repository = LocalArtifactRepository(place.resolve().as_uri())
        repository.log_artifact(str(file), folder or None)  # type: ignore[no-untyped-call]


def artifacts_of(uri: str) -> Path:
    """The folder `mlartifacts` beside a SQLite file, where its runs' files lie."""
    return database_of(uri).parent / "mlartifacts"


def database_of(uri: str) -> Path:
    """The file of a SQLite store."""
    return Path(uri.removeprefix(DATABASE))


def open_store(uri: str, experiment: str) -> Store:
    """Open a store and find or make the experiment.

    Raises:
        StudyStopError: the file is no database, or the experiment was deleted.
    """
    _set_environment()
    from mlflow.tracking import MlflowClient  # slow to import, and only this function needs it

    if uri.startswith(DATABASE):
        _check_database(database_of(uri))
    client = MlflowClient(tracking_uri=uri)
    found = client.get_experiment_by_name(experiment)
    if found is None:
        place = PROXIED if uri.startswith(DATABASE) else None
        return Store(uri, client, str(client.create_experiment(experiment, artifact_location=place)))
    if found.lifecycle_stage != "active":
        action = f"restore it (mlflow experiments restore --experiment-id {found.experiment_id}) or name another"
        problem = Problem(f"experiment {experiment!r} was deleted", action, key="tracking_experiment")
        raise StudyStopError(problem.at(rule="experiment_deleted"))
    return Store(uri, client, str(found.experiment_id))


def _check_database(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(file)) as database:
            database.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        action = "move it away and run the same command again: the runs are brought in anew from the results"
        problem = Problem(f"is no database that can be read ({error})", action, file=str(file))
        raise StudyStopError(problem.at(rule="no_database")) from None


@contextmanager
def alone_in(uri: str) -> Iterator[None]:
    """Wait until no other process writes to a SQLite store: two at once fail on its tables, or wait for minutes."""
    if not uri.startswith(DATABASE):
        yield
        return
    file = database_of(uri)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def persistently(act: Callable[[], Answer], uri: str, *, attempts: int = ATTEMPTS, pause: float = PAUSE) -> Answer:
    """Do what may be done twice, again after a failure of the server.

    Raises:
        StudyStopError: the server failed each time.
    """
    from mlflow.exceptions import MlflowException

    for attempt in range(1, attempts + 1):
        try:
            return act()
        except MlflowException as error:
            if not is_outage(error):
                raise
            reason = str(error).split("\n", 1)[0].rpartition(": ")[2].rstrip("\"')")
            reason, shown = without_password(uri, reason), without_password(uri)
            print(f"{shown}, attempt {attempt} of {attempts}: {reason}", flush=True)
        if attempt < attempts:
            time.sleep(pause)
    action = (
        "start the server, then run the same command again: all results stay, only the runs are brought in, and what "
        "has arrived already is not doubled"
    )
    problem = Problem(f"the MLflow server {shown} does not answer ({reason})", action, key="tracking_uri")
    raise StudyStopError(problem.at(rule="no_tracking_server"))


def is_outage(error: Exception) -> bool:
    """True of errors that another attempt may not meet: nobody there, no answer in time, a server's own failure."""
    code = getattr(error, "error_code", "")
    return code in ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "DEADLINE_EXCEEDED")


def _set_environment() -> None:
    # An inherited run id would override the parents; telemetry would be a network call nobody asked for.
    os.environ.pop("MLFLOW_RUN_ID", None)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # MLflow's own repetitions may make a run twice (its answer was lost, not the run), and wait for minutes.
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(TIMEOUT))


def flatten(values: Mapping[str, object], prefix: str = "") -> dict[str, str]:
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


MAX_VALUE = 500
"""Characters kept of a parameter's value: longer ones (statistics of hundreds of features) stay in `model.json`."""


def _batches(values: Sequence[T], size: int) -> Iterator[list[T]]:
    remaining = iter(values)
    while batch := list(islice(remaining, size)):
        yield batch
