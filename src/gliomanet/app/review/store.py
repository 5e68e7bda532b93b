"""Reading sessions on disk: a folder each, with a file a look, so that a reader can stop and go on at any case."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Lock

from gliomanet.app.review.scores import Look, Scores
from gliomanet.app.review.session import Session
from gliomanet.errors import Problem, ProblemError
from gliomanet.files.atomic import write_once
from gliomanet.patient.result import NAME as RESULT

_ID = re.compile(r"[0-9a-f]{32}")
SESSION = "session.json"


class UnknownReviewError(LookupError):
    """No such reading session, or no such case in it."""


@dataclass(frozen=True)
class Reviews:
    """All reading sessions of a store, beside its cases.

    Attributes:
        store: the store's folder, of `cases/` and `reviews/`.
    """

    store: Path
    _changing: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    def add(self, session: Session) -> None:
        """Keep a new session.

        Raises:
            ProblemError: one of its cases is not there, or has no result.
        """
        if missing := [one for one in session.order if self.result(one) is None]:
            found = f"{len(missing)} of the {len(session.order)} chosen cases have no result, or are not there"
            raise ProblemError(Problem(found, "choose cases that are done", rule="case_without_result"))
        write_once(self._folder(session.id) / SESSION, session.model_dump_json(indent=1).encode())

    def get(self, review: str) -> Session:
        """A session.

        Raises:
            UnknownReviewError: there is none of that id.
        """
        path = self._folder(review) / SESSION
        if not path.is_file():
            raise UnknownReviewError(review)
        return Session.model_validate_json(path.read_text(encoding="utf-8"))

    def all(self) -> tuple[Session, ...]:
        """Every session, the newest first."""
        folder = self.store / "reviews"
        names = [path.parent.name for path in folder.glob(f"*/{SESSION}") if _ID.fullmatch(path.parent.name)]
        return tuple(sorted(map(self.get, names), key=lambda one: (one.made_at, one.id), reverse=True))

    def delete(self, review: str) -> None:
        """Delete a session with its scores; its cases stay.

        Raises:
            UnknownReviewError: there is none of that id.
        """
        over = self.store / "deleted" / review
        over.parent.mkdir(exist_ok=True, mode=0o700)
        with self._changing:
            self.get(review)
            self._folder(review).rename(over)  # whole or not at all, as with cases
        shutil.rmtree(over)

    def scores(self, session: Session, number: int, look: Look) -> Scores | None:
        """The scores of a case, numbered from 1, at a look; `None`: it is not scored yet."""
        path = self._file(session, number, look)
        return Scores.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None

    def save(self, session: Session, number: int, scores: Scores) -> bool:
        """Save the scores of a case, whole or not at all; scores that are there already stay, and it says False.

        Raises:
            UnknownReviewError: the session was deleted meanwhile.
        """
        path, content = self._file(session, number, scores.look), scores.model_dump_json(indent=1).encode()
        with self._changing:  # so that no score makes the folder of a deleted session anew
            self.get(session.id)
            write_once(path, content)
            return path.read_bytes() == content

    def next_look(self, session: Session, number: int) -> Look | None:
        """The look that a case waits for; `None`: it has all of its scores."""
        looks: tuple[Look, ...] = ("first", "second") if session.second_look else ("first",)
        return next((look for look in looks if self.scores(session, number, look) is None), None)

    def next_case(self, session: Session) -> int | None:
        """The number of the first case that waits for scores and is still there; `None`: none does."""
        for number, case in enumerate(session.order, start=1):
            if self.next_look(session, number) is not None and self.result(case) is not None:
                return number
        return None

    def result(self, case: str) -> Path | None:
        """The `result.json` of a case that is done; `None`: the case was deleted, or has no result."""
        if not _ID.fullmatch(case):
            return None
        folder = self.store / "cases" / case
        path = folder / "result" / RESULT
        return path if path.is_file() and _state(folder) == "done" else None

    def done_cases(self) -> tuple[tuple[str, str], ...]:
        """Id and label of every case that can be read, sorted by label."""
        folders = (path.parent for path in (self.store / "cases").glob("*/case.json"))
        found = [(one.name, _label(one)) for one in folders if self.result(one.name) is not None]
        return tuple(sorted(found, key=lambda one: (one[1], one[0])))

    def sessions_with(self, case: str) -> int:
        """Sessions that hold a case, whose scores stay when it is deleted: to be said before that."""
        return sum(case in one.order for one in self.all())

    def _folder(self, review: str) -> Path:
        if not _ID.fullmatch(review):
            raise UnknownReviewError(review)
        return self.store / "reviews" / review

    def _file(self, session: Session, number: int, look: Look) -> Path:
        if not 1 <= number <= len(session.order):
            raise UnknownReviewError(f"{session.id}, case {number}")
        return self._folder(session.id) / f"{number:04d}-{look}.json"


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()


def _state(folder: Path) -> str:
    return str(_case(folder).get("state", ""))


def _label(folder: Path) -> str:
    asked = _case(folder).get("asked", {})
    known = asked if isinstance(asked, dict) else {}
    return str(known.get("label") or known.get("case_id") or folder.name[:8])


def _case(folder: Path) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    except FileNotFoundError:  # deleted at this moment
        return {}
    return found
