"""The queue: cases wait in the store, and threads take them one by one to their worker processes."""

from __future__ import annotations

import logging
import time
from functools import partial
from threading import Condition, Event, Thread

from gliomanet.app.intake.names import is_there
from gliomanet.app.lines import Said
from gliomanet.app.queue.job import Job
from gliomanet.app.queue.worker import Outcome, Worker
from gliomanet.app.settings import AppSettings
from gliomanet.app.store.cases import Store
from gliomanet.app.store.expiry import delete_expired
from gliomanet.app.store.record import MOST_LINES, Asked, CaseRecord, Told
from gliomanet.errors import Problem, ProblemError

LOG = logging.getLogger("gliomanet.app")

PATIENCE = 30.0
"""Seconds that a deletion waits in all: for the case's folder to be given back, and for its process to end."""

EXPIRY_SECONDS = 60.0
"""Between two looks for cases that have expired."""


class QueueFullError(ProblemError):
    """No further case may wait now: told as 429."""

    def __init__(self, waiting: int) -> None:
        found, action = f"{waiting} cases are waiting, as many as may", "try again in a few minutes"
        super().__init__(Problem(found, action, rule="queue_full"))


class NotNowError(ProblemError):
    """A case does not stand where that could be done: told as 409."""


class Queue:
    """The cases that wait and those at work.

    Args:
        settings: of the server.
        store: where the cases are.
    """

    def __init__(self, settings: AppSettings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._changed = Condition()
        self._ending = Event()
        self._stops: dict[str, Event] = {}
        limits = settings.limits
        self.workers = [
            Worker(
                settings.work,
                store.root / f"worker-{number}.lock",
                limits.seconds,
                limits.memory_bytes,
                limits.cases_per_process,
            )
            for number in range(settings.workers)
        ]
        self._threads = [Thread(target=self._work, args=(one,), daemon=True) for one in self.workers]
        self._threads.append(Thread(target=self._expire, daemon=True))

    def start(self) -> None:
        """Begin; what a server that ended left at work waits again, or has failed where it did so too often."""
        for record in self._store.list("running"):
            self._queue_again(record, _server_ended())
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """End the processes; their cases wait for the next server."""
        self._ending.set()
        with self._changed:
            for stop in self._stops.values():
                stop.set()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def check_room(self) -> None:
        """See that one more case may wait.

        Raises:
            QueueFullError: as many wait as may.
        """
        if (waiting := len(self._store.list("queued"))) >= self._settings.limits.waiting:
            raise QueueFullError(waiting)

    def place(self, record: CaseRecord) -> int:
        """Cases that are computed before this one; 0: it is the next."""
        return sum(one.turn < record.turn for one in self._store.list("queued"))

    def add(self, case_id: str, asked: Asked) -> CaseRecord:
        """Make a case of what was begun in the store: it waits from now on.

        Raises:
            QueueFullError: as many wait as may; others came while it was sent.
            StoreFullError: others filled the store meanwhile.
        """
        with self._changed:
            self.check_room()
            record = self._store.create(case_id, asked)
            self._changed.notify_all()
            return record

    def cancel(self, case_id: str) -> CaseRecord:
        """Take a case out of the queue, or end its process.

        Raises:
            NotNowError: it is over.
        """
        with self._changed:
            record = self._store.state(case_id)
            if record.state == "queued":
                return self._store.update(record.into("cancelled"))
            if record.state != "running":
                found = f"the case is {record.state}, and there is nothing to cancel"
                raise NotNowError(Problem(found, "look at its state", rule="not_cancellable"))
            self._stops[case_id].set()
            self._changed.wait_for(lambda: case_id not in self._stops, timeout=10)
            return self._store.state(case_id)

    def retry(self, case_id: str) -> CaseRecord:
        """Let a case that failed or was cancelled wait again.

        Raises:
            NotNowError: it waits, is at work, or is done.
            QueueFullError: as many wait as may.
        """
        with self._changed:
            record = self._store.state(case_id)
            if record.state not in ("failed", "cancelled"):
                found = f"the case is {record.state}; only one that failed or was cancelled is tried again"
                raise NotNowError(Problem(found, "look at its state", rule="not_retriable"))
            if not self.can_compute(record):
                found = "the files of this case were not taken, and are not kept"
                raise NotNowError(Problem(found, "send the right ones as a new case", rule="upload_gone"))
            self.check_room()
            record = self._store.again(record)
            self._changed.notify_all()
            return record

    def can_compute(self, record: CaseRecord) -> bool:
        """True where a case's images are there still: those of an upload that was refused are not kept."""
        return record.asked.source == "study" or is_there(self._store.folder(record.id) / "input")

    def delete(self, case_id: str) -> None:
        """Delete a case whatever it is at; its process is ended first.

        Raises:
            UnknownCaseError: there is no such case.
            CaseInUseError: its folder is not given back in time.
            NotNowError: its process does not end in time.
        """
        until = time.monotonic() + PATIENCE
        with self._store.leaving(case_id, PATIENCE), self._changed:  # the queue goes on while the folder is waited for
            while (stop := self._stops.get(case_id)) is not None:  # once more where somebody let it be tried again
                stop.set()
                if not self._changed.wait(until - time.monotonic()):
                    raise NotNowError(Problem("the case's process does not end", "try again", rule="process_stays"))
            self._store.delete(case_id)

    # -- threads

    def _work(self, worker: Worker) -> None:
        while (record := self._next()) is not None:
            tell = partial(self._line, record.id)
            outcome = worker.run(self._job(record), tell, self._stops[record.id])
            with self._changed:
                self._end_of(record.id, outcome)
                del self._stops[record.id]
                self._changed.notify_all()
        worker.end()

    def _next(self) -> CaseRecord | None:
        """The next case, marked as running; `None`: the server ends."""
        with self._changed:
            while not self._ending.is_set():
                if waiting := self._store.list("queued"):
                    record = waiting[0]
                    self._stops[record.id] = Event()
                    return self._keep(record.into("running", attempts=record.attempts + 1, lines=()))
                self._changed.wait()
        return None

    def _job(self, record: CaseRecord) -> Job:
        how = self._settings
        return Job(
            folder=self._store.folder(record.id),
            bundle=how.bundle,
            study=how.study,
            asked=record.asked,
            threads=how.threads,
        )

    def _line(self, case_id: str, line: Said) -> None:
        record = self._store.state(case_id)
        lines = (*record.lines, line)[-MOST_LINES:]
        self._store.update(record.model_copy(update={"lines": lines}), on_disk=False)

    def _keep(self, record: CaseRecord) -> CaseRecord:
        """Keep a state that nobody asked for by a request; the queue goes on where the disk does not take it.

        The next server finds the state before it, and computes the case again.
        """
        try:
            return self._store.update(record)
        except OSError as error:
            LOG.error("the state %s of case %s is not on the disk (%s)", record.state, record.id, error)
            return self._store.state(record.id)

    def _end_of(self, case_id: str, outcome: Outcome) -> None:
        record = self._store.state(case_id)
        if outcome.kind == "stopped":
            # The server's own end takes nothing from a case; a person's does.
            back = record.into("queued", attempts=record.attempts - 1, lines=())
            self._keep(back if self._ending.is_set() else record.into("cancelled"))
        elif outcome.kind == "ended":
            self._queue_again(record, outcome.problem)
        else:
            self._keep(record.into(outcome.kind, problem=outcome.problem))

    def _queue_again(self, record: CaseRecord, problem: Told | None) -> None:
        """Let a case wait that was broken off, in its old turn; one that was so too often has failed."""
        if record.attempts >= self._settings.limits.attempts:
            self._keep(record.into("failed", problem=problem))
        else:
            self._keep(record.into("queued", lines=()))

    def _expire(self) -> None:
        while self._settings.expire_days is not None:
            try:
                with self._changed:  # so that none of them is tried again at this moment
                    delete_expired(self._store, self._settings.expire_days)
            except OSError as error:
                LOG.error("cases that have expired are not deleted (%s); tried again in a minute", error.strerror)
            if self._ending.wait(EXPIRY_SECONDS):
                return


def _server_ended() -> Told:
    found = "the server ended each time while it computed this case"
    action = "look at the server's own output for the reason, and try again"
    return Told.of(Problem(found, action, rule="server_ended"))
