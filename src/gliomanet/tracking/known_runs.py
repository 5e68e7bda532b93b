"""Runs of an experiment that are there already, by what they are of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gliomanet.tracking import tags

if TYPE_CHECKING:
    from mlflow.entities import Run

    from gliomanet.tracking.store import Store


@dataclass
class KnownRuns:
    """Runs of studies of one title by identity, and those of fits of unfinished ones by their own key."""

    store: Store
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    lives: dict[str, Run] = field(default_factory=dict)

    @classmethod
    def read(cls, store: Store, title: str) -> KnownRuns:
        """Read the runs of all studies of a title.

        One that is there twice, because a server's answer was lost and not the run, is deleted but for the first.
        """
        known = cls(store)
        for run in store.runs(tagged(tags.STUDY, title)):
            marks = run.data.tags
            if marks.get(tags.STUDY) != title:
                continue
            if tags.JOB in marks and tags.DIGEST in marks:
                identity = marks[tags.JOB], marks[tags.DIGEST]
                if known.runs.setdefault(identity, run) is not run:
                    store.client.delete_run(run.info.run_id)
            elif tags.LIVE in marks and known.lives.setdefault(marks[tags.LIVE], run) is not run:
                store.client.delete_run(run.info.run_id)
        return known

    def of(self, job: str, digest: str) -> Run | None:
        return self.runs.get((job, digest))

    def live(self, key: str) -> Run | None:
        return self.lives.get(key)

    def add(self, job: str, digest: str, run: Run) -> None:
        self.runs[job, digest] = run

    def adopt(self, run: Run) -> None:
        """Take a run from those whose study is not finished."""
        self.store.client.delete_tag(run.info.run_id, tags.LIVE)
        self.lives.pop(run.data.tags[tags.LIVE], None)

    def supersede(self, title: str, origin: str, current: Collection[str]) -> None:
        """Mark the runs of models that a study had before and has no more, and end fits that were given up."""
        for run in self.runs.values():
            marks = run.data.tags
            mine = (marks.get(tags.STUDY), marks.get(tags.ORIGIN)) == (title, origin)
            was_current = marks.get(tags.RUN) == "model" and marks.get(tags.STATE) != tags.SUPERSEDED
            if mine and was_current and run.info.run_id not in current:
                self.store.client.set_tag(run.info.run_id, tags.STATE, tags.SUPERSEDED)
        for run in self.lives.values():
            if run.data.tags.get(tags.ORIGIN) == origin and run.info.status == "RUNNING":
                self.store.client.set_terminated(run.info.run_id, "KILLED")


def tagged(key: str, value: str) -> str:
    r"""MLflow's filter for a tag's value; one with both marks of quotation lets everything through.

    >>> tagged("gliomanet.study", "Ann's study")
    'tags.`gliomanet.study` = "Ann\'s study"'
    """
    mark = next((mark for mark in "'\"" if mark not in value), None)
    return f"tags.`{key}` = {mark}{value}{mark}" if mark else ""
