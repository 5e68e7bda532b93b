"""A finished study as MLflow is told of it."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from gliomanet.layout import Layout
from gliomanet.study_record import StudyRecord
from gliomanet.tables.cohort import FILES
from gliomanet.tables.io import read_table
from gliomanet.tracking.events import FoldRun

ELSEWHERE = ("results", "data_root", "tracking_uri", "tracking_experiment", "compute")
"""Keys that say where a study lies and how it computes, and nothing of what it is."""


@dataclass(frozen=True)
class TrackedStudy:
    """A finished study.

    Attributes:
        results: its results folder.
        settings: its configuration as plain values.
        fits: model, stage and fold of each of its fits.
        code: model → digest of the code that trained it.
        commit: Git commit of the code that wrote its report; "" where it is not known.
        version: of gliomanet.
    """

    results: Path
    settings: Mapping[str, Any]
    fits: tuple[tuple[str, str, str], ...]
    code: Mapping[str, str]
    commit: str
    version: str

    @classmethod
    def read(cls, results: Path) -> TrackedStudy:
        """The study that a results folder is of.

        Raises:
            CohortError: it holds no record of a finished study, or one of another form.
        """
        record = StudyRecord.read(Layout(results).study())
        fits = tuple((model, stage, fold) for model, stage, fold in record.fits)
        return cls(results, record.study, fits, record.code["train"], record.commit, record.gliomanet)

    @property
    def layout(self) -> Layout:
        return Layout(self.results)

    @property
    def title(self) -> str:
        return str(self.settings["title"])

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Rows of `evaluation/metrics.tsv`."""
        return read_table(self.layout.evaluation("metrics"))

    @cached_property
    def digest(self) -> str:
        """Digest of the configuration, without where its files lie: what came from the sources is in the cohort's."""
        values = {key: value for key, value in self.settings.items() if key not in ELSEWHERE}
        centers = {
            name: {key: value for key, value in center.items() if key not in ("source", "reference_table")}
            for name, center in values["centers"].items()
        }
        return digest_of({**values, "centers": centers})

    @cached_property
    def centers(self) -> dict[str, pd.DataFrame]:
        """Centre → its cases, without the paths of their files."""
        cases = read_table(self.layout.cases())
        cases = cases.drop(columns=[column.name for column in FILES], errors="ignore").sort_values("case_id")
        found = {str(center): rows for center, rows in cases.groupby("center")}
        return {center: found.get(center, cases.iloc[:0]) for center in self.settings["centers"]}

    @cached_property
    def center_digests(self) -> dict[str, str]:
        """Centre → digest of its cases, labels and covariates."""
        return {center: digest_of(rows.to_csv(index=False)) for center, rows in self.centers.items()}

    @cached_property
    def cohort_digest(self) -> str:
        return digest_of(self.center_digests)


def origin_of(results: Path) -> str:
    """Digest of a results folder's place and its user: what is tracked from it again takes the place of what was."""
    return digest_of([_user(), str(results.resolve())])


def _user() -> str:
    """Name of the user, or its number where the system knows no name for it, as in a container run with `--user`."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def live_key(title: str, origin: str, fit: FoldRun) -> str:
    """Name of a fit's run before its study is finished; one that had to start anew is another run."""
    return digest_of([title, origin, fit.job, fit.digest, fit.start])


def digest_of(value: Any) -> str:
    """SHA-256 (16 hex digits) of plain values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
