"""A finished study: found from what a person has in hand, its tables read once and held against its record."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from gliomanet.cohort.label_fraction import with_hidden_labels
from gliomanet.config.analysis import Evaluation
from gliomanet.config.load import load_study, read_study_file
from gliomanet.errors import CohortError, Problem
from gliomanet.labels.tasks import Task
from gliomanet.layout import Layout
from gliomanet.models.artifact import ModelDescription
from gliomanet.provenance.keys import differing_keys
from gliomanet.study_record import StudyRecord, digest_of_file, recorded_study
from gliomanet.tables.io import read_table
from gliomanet.tables.schemas import schema_of

RECORD = Layout("").study().name


class FinishedStudy:
    """Results of a finished study.

    Args:
        results: its results folder.

    Attributes:
        notes: what a reader must know of the results: tables that are newer than their record, a file that says
            otherwise. Reading a table may add one.

    Raises:
        CohortError: no finished study lies there, or its record cannot be read.
    """

    def __init__(self, results: Path) -> None:
        self.layout = Layout(results)
        self.record = StudyRecord.read(self.layout.study())
        self.notes: list[str] = []
        self._tables: dict[Path, pd.DataFrame] = {}
        try:
            _ = self.tasks, self.evaluation
        except (KeyError, ValueError) as error:  # pydantic's errors are ValueErrors
            raise _refused(
                self.layout.study(),
                f"holds tasks or an evaluation of another version of gliomanet ({str(error).splitlines()[0]})",
                "start the study's run again with this version",
                "record_of_another_form",
            ) from None

    @classmethod
    def find(cls, path: Path) -> FinishedStudy:
        """The study of a results folder, of a study's YAML file, or of a file among its results.

        Raises:
            CohortError: no finished study lies there.
            StudyError: the file is no study.
        """
        if path.is_dir():
            return cls(path)
        if not path.exists():
            raise _refused(path, "does not exist", "give a results folder, or a study's YAML file", "no_such_results")
        if path.suffix.lower() not in (".yaml", ".yml"):
            return cls(next((one for one in path.absolute().parents if (one / RECORD).is_file()), path.parent))
        wanted = load_study(read_study_file(path))
        # A study's paths start at the folder that it was run in: above its file, or this one.
        starts = [*path.absolute().parents, Path.cwd()]
        folders = [start / wanted.results for start in starts]
        study = cls(next((one for one in folders if (one / RECORD).is_file()), starts[-1] / wanted.results))
        asked = recorded_study(wanted.model_dump(mode="json", exclude={"compute", "data_root"}))
        if differing := differing_keys(study.record.study, asked):
            keys = ", ".join(list(differing)[:3]) + (", …" if len(differing) > 3 else "")
            study.notes.append(
                f"{path} says otherwise than what {study.layout.results} was made with, in {len(differing)} keys "
                f"({keys}); told is what it was made with"
            )
        return study

    # -- tables

    def table(self, path: Path) -> pd.DataFrame:
        """A table of the results, read once.

        Raises:
            CohortError: it is missing, cannot be read, or has other columns than this version writes.
        """
        if path not in self._tables:
            below = path.relative_to(self.layout.results).as_posix()
            if not path.is_file():
                raise _refused(
                    path,
                    "is missing, though the study was finished",
                    "start the study's run again: it makes the table anew",
                    "table_missing",
                )
            if self.is_newer(path):
                self.notes.append(_newer(path))
            table = read_table(path)
            try:
                schema_of(below).check(table)
            except ValueError as error:
                raise _refused(
                    path, str(error), "start the study's run again with this version", "table_of_another_form"
                ) from None
            self._tables[path] = table
        return self._tables[path]

    def was_made(self, path: Path) -> bool:
        """True of a file that the report was made of."""
        return path.relative_to(self.layout.results).as_posix() in self.record.files

    def is_newer(self, path: Path) -> bool:
        """True where a file that is there is another than the one that the report was made of."""
        recorded = self.record.files.get(path.relative_to(self.layout.results).as_posix())
        return recorded is not None and digest_of_file(path) != recorded

    def tables(self, paths: list[Path]) -> pd.DataFrame:
        """Tables of the same kind, one below the other."""
        found = [self.table(path) for path in paths]
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame()

    @property
    def cases(self) -> pd.DataFrame:
        return self.table(self.layout.cases())

    @property
    def splits(self) -> pd.DataFrame:
        return self.table(self.layout.splits())

    @cached_property
    def qc(self) -> pd.DataFrame | None:
        """All centres' quality tables; None in a study of feature tables."""
        paths = [self.layout.qc(center) for center in self.centers]
        found = [path for path in paths if path.is_file()]
        return self.tables(found) if found else None

    @cached_property
    def files(self) -> pd.DataFrame:
        """Digests and headers of all image files that were read; empty in a study of feature tables."""
        paths = [self.layout.image_files(center) for center in self.centers]
        found = self.tables([path for path in paths if path.is_file()])
        return found if len(found) else pd.DataFrame(columns=schema_of("audit/x.files.tsv").names())

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """All models' predictions."""
        return self.tables([self.layout.predictions(model) for model in self.models])

    # -- the configuration's parts

    @property
    def centers(self) -> list[str]:
        return list(self.record.study["centers"])

    @property
    def models(self) -> list[str]:
        return list(self.record.study["models"])

    @cached_property
    def tasks(self) -> dict[str, Task]:
        return {name: Task.model_validate(task) for name, task in self.record.study["tasks"].items()}

    @cached_property
    def evaluation(self) -> Evaluation:
        """Settings that the metrics depend on; another version's further keys do not count."""
        settings: dict[str, Any] = self.record.study["evaluation"]
        known = ("resamples", "confidence", "reference")
        return Evaluation.model_validate({key: settings[key] for key in known if key in settings})

    @cached_property
    def evaluated_cases(self) -> pd.DataFrame:
        """The cases as the evaluation saw them: hidden labels put back, and marked."""
        hidden = [self.layout.hidden_labels(center) for center in self.record.hidden_centers]
        return with_hidden_labels(self.cases, self.tables(hidden))

    @property
    def root(self) -> Path:
        """The folder that the study was run in: where its relative paths start."""
        given = Path(self.record.study["results"])
        results = self.layout.results.absolute()
        inside = not given.is_absolute() and results.parts[-len(given.parts) :] == given.parts
        return Path(*results.parts[: -len(given.parts)]) if inside else Path.cwd()

    # -- trained models

    @cached_property
    def fits(self) -> dict[Path, ModelDescription]:
        """Folder → description of every fit of the study's models, in their order.

        One that is not what the report was made of, and one that is gone, is noted.

        Raises:
            ModelError: a description cannot be read.
        """
        folds = dict.fromkeys((*self.splits["fold"], "all"))
        found: dict[Path, ModelDescription] = {}
        for model in self.models:
            for path in sorted((self.layout.results / "models" / model).glob("*/fold*/model.json")):
                if path.parent.name.removeprefix("fold") in folds:
                    found[path.parent] = ModelDescription.read(path)
                    if self.is_newer(path):
                        self.notes.append(_newer(path))
        missing = [self.layout.model(*fit).description for fit in self.record.fits]
        self.notes += [f"{path} is gone, though the report was made of it" for path in missing if not path.is_file()]
        return found


def _newer(path: Path) -> str:
    return f"{path} is newer than the report: finish the study's run, and ask again"


def _refused(path: Path, found: str, action: str, rule: str) -> CohortError:
    return CohortError([Problem(found, action, file=str(path), rule=rule)], where="a study's results")
