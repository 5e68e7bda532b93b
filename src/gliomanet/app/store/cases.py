"""The store: `<store>/cases/<id>/` a case, written so that a server that is killed finds every case whole or none.

A case is filled in `incoming/<id>`, and begins to be with the renaming of that folder to `cases/<id>`. It ends with
the renaming to `deleted/<id>`, which is then removed. What a server finds in `incoming` and `deleted` when it starts
was left by one that was killed, and is removed.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, RLock

from filelock import FileLock, Timeout
from pydantic import ValidationError

from gliomanet.app.store.audit import Audit
from gliomanet.app.store.record import Asked, CaseRecord, State
from gliomanet.app.store.sizes import Sizes
from gliomanet.errors import Problem, ProblemError
from gliomanet.files.atomic import write_json

RECORD = "case.json"

_ID = re.compile(r"[0-9a-f]{32}")


class UnknownCaseError(ProblemError):
    """No such case: told as 404."""

    def __init__(self) -> None:
        super().__init__(Problem("there is no such case", "go to the list of cases", rule="unknown_case"))


class StoreFullError(ProblemError):
    """The store takes no further case."""


class CaseInUseError(ProblemError):
    """A case cannot be deleted, since something is being written to its folder: told as 503."""

    def __init__(self) -> None:
        found = "something is still being written to the case's folder, such as a copy for the viewer"
        super().__init__(Problem(found, "try again in a minute", rule="case_in_use"))


class Store:
    """The cases of one server.

    Args:
        root: the store's folder, made where it is missing; readable by its owner only.
        most_cases: cases that it takes.
        most_bytes: bytes of all cases, beyond which no further case is taken.

    Attributes:
        on_delete: functions that are called with the id of each case that is deleted, before its folder goes.

    Raises:
        ProblemError: another server holds the store, it cannot be written to, or a case's `case.json` cannot be read.
    """

    def __init__(self, root: Path, most_cases: int = 500, most_bytes: int = 200 * 2**30) -> None:
        self.root, self._most_cases, self._most_bytes = root, most_cases, most_bytes
        self._held = _hold(root)
        self._lock = RLock()
        self._returned = Condition(self._lock)
        self._lent, self._leaving = Counter[str](), Counter[str]()
        self._sizes = Sizes(root / "cases")
        self.on_delete: list[Callable[[str], object]] = []
        self.audit = Audit(root / "audit.jsonl")
        for name in ("incoming", "deleted"):
            if (root / name).exists():
                shutil.rmtree(root / name)
        for name in ("incoming", "cases", "deleted", "reviews"):
            (root / name).mkdir(exist_ok=True, mode=0o700)
        self._cases = {one.id: one for one in map(_read, sorted((root / "cases").iterdir()))}

    def close(self) -> None:
        """Let another server have the store."""
        self._held.release()

    # -- reading

    def folder(self, case_id: str) -> Path:
        """Folder of a case.

        Raises:
            UnknownCaseError: there is no such case.
        """
        self.state(case_id)
        return self.root / "cases" / case_id

    @contextmanager
    def lent(self, case_id: str) -> Iterator[Path]:
        """Folder of a case to write to; it is not deleted before it is given back, so that no write makes it anew.

        Raises:
            UnknownCaseError: there is no such case, or it is being deleted.
        """
        with self._lock:
            folder = self.folder(case_id)
            if self._leaving[case_id]:
                raise UnknownCaseError
            self._lent[case_id] += 1
        try:
            yield folder
        finally:
            with self._lock:
                self._lent[case_id] -= 1
                self._lent += Counter()  # keeps those that are lent
                self._returned.notify_all()

    def state(self, case_id: str) -> CaseRecord:
        """A case and where it stands.

        Raises:
            UnknownCaseError: there is no such case.
        """
        if not _ID.fullmatch(case_id):
            raise UnknownCaseError
        with self._lock:
            if (found := self._cases.get(case_id)) is None:
                raise UnknownCaseError
            return found

    def list(self, *states: State) -> list[CaseRecord]:
        """The cases of these states, or all, in the order of their turns."""
        with self._lock:
            found = [one for one in self._cases.values() if not states or one.state in states]
        return sorted(found, key=lambda one: one.turn)

    def bytes_used(self) -> int:
        """Bytes of all cases; those of cases at work as they were when a file of theirs was last added."""
        with self._lock:
            return sum(self._sizes.of(case_id) for case_id in self._cases)

    # -- writing

    def begin(self) -> tuple[str, Path]:
        """A new id and its folder to fill, which is no case yet, see `create`.

        Raises:
            StoreFullError: the store holds as much as it takes.
        """
        with self._lock:
            self._check_room()
        case_id = secrets.token_hex(16)
        folder = self.root / "incoming" / case_id
        folder.mkdir(mode=0o700)
        return case_id, folder

    def discard(self, case_id: str) -> None:
        """Remove what was begun and is no case."""
        shutil.rmtree(self.root / "incoming" / case_id, ignore_errors=True)

    def create(self, case_id: str, asked: Asked) -> CaseRecord:
        """Make a case of what was begun: it waits from now on.

        Raises:
            StoreFullError: others filled the store meanwhile.
        """
        with self._lock:
            self._check_room()
            record = CaseRecord(id=case_id, asked=asked, turn=self._next_turn())
            begun = self.root / "incoming" / case_id
            write_json(begun / RECORD, record.model_dump(mode="json"))
            begun.rename(self.root / "cases" / case_id)
            self._cases[case_id] = record
        self.audit.tell("created", case_id, source=asked.source)
        return record

    def update(self, record: CaseRecord, *, on_disk: bool = True) -> CaseRecord:
        """Keep a case as it stands now.

        Args:
            record: of a case that there is.
            on_disk: False for what may be lost with the server, such as a line of progress.

        Raises:
            UnknownCaseError: it was deleted meanwhile.
        """
        with self._lock:
            before = self.state(record.id)
            self._cases[record.id] = record
            if on_disk:
                write_json(self.folder(record.id) / RECORD, record.model_dump(mode="json"))
        if record.state != before.state:
            rule = {"rule": record.problem.rule} if record.problem and record.state == "failed" else {}
            self.audit.tell(record.state, record.id, **rule)
        return record

    def again(self, record: CaseRecord) -> CaseRecord:
        """Let a case wait anew, behind the others."""
        with self._lock:
            fresh = {"turn": self._next_turn(), "attempts": 0, "lines": (), "problem": None}
            return self.update(record.into("queued", **fresh))

    @contextmanager
    def leaving(self, case_id: str, patience: float = 0.0) -> Iterator[None]:
        """Lend a case's folder to nobody, once it was given back.

        Args:
            case_id: the case.
            patience: seconds to wait for those who have it.

        Raises:
            UnknownCaseError: there is no such case.
            CaseInUseError: somebody still has its folder then.
        """
        with self._lock:
            self.state(case_id)
            self._leaving[case_id] += 1
        try:
            with self._lock:
                if not self._returned.wait_for(lambda: not self._lent[case_id], patience):
                    raise CaseInUseError
            yield
        finally:
            with self._lock:
                self._leaving[case_id] -= 1
                self._leaving += Counter()

    def delete(self, case_id: str) -> None:
        """Remove a case with all that is known of it; nothing may be computing it any more.

        Raises:
            UnknownCaseError: there is no such case.
            CaseInUseError: its folder is lent, see `leaving`.
        """
        with self._lock, self.leaving(case_id):
            folder, tombstone = self.folder(case_id), self.root / "deleted" / case_id
            for told in self.on_delete:
                told(case_id)
            folder.rename(tombstone)
            del self._cases[case_id]
            self._sizes.forget(case_id)
        shutil.rmtree(tombstone)
        self.audit.tell("deleted", case_id)

    def _next_turn(self) -> int:
        return max((one.turn for one in self._cases.values()), default=0) + 1

    def _check_room(self) -> None:
        if len(self._cases) >= self._most_cases or self.bytes_used() >= self._most_bytes:
            found = f"the store is full: it holds {len(self._cases)} cases"
            raise StoreFullError(Problem(found, "delete cases that are not needed any more", rule="store_full"))


def _read(folder: Path) -> CaseRecord:
    try:
        record = CaseRecord.model_validate_json((folder / RECORD).read_bytes())
    except (OSError, ValidationError) as error:
        found = f"cannot be read ({type(error).__name__})"
        action = "it is written whole or not at all, so something else changed it: move the folder away"
        raise ProblemError(Problem(found, action, file=str(folder / RECORD), rule="unreadable_case")) from None
    if record.id != folder.name:
        found, action = f"is of the case {record.id}", "folders of the store are not to be renamed or copied"
        raise ProblemError(Problem(found, action, file=str(folder / RECORD), rule="foreign_case"))
    return record


def _hold(root: Path) -> FileLock:
    lock = FileLock(root / "server.lock", thread_local=False)
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire(timeout=0)
        (root / "cases").mkdir(exist_ok=True, mode=0o700)
    except Timeout:
        found, action = "another server uses this store", "end that one, or name another folder by --store"
        raise ProblemError(Problem(found, action, file=str(root), rule="store_in_use")) from None
    except OSError as error:
        lock.release()
        found, action = f"cannot be written to ({error.strerror})", "name a folder of this account's own by --store"
        raise ProblemError(Problem(found, action, file=str(root), rule="store_not_writable")) from None
    return lock
