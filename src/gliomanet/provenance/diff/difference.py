"""Everything in which two finished studies differ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gliomanet.errors import CohortError, Problem
from gliomanet.provenance.diff.change import Change, changes_table
from gliomanet.provenance.diff.cohort import cohort_changes
from gliomanet.provenance.diff.configuration import configuration_changes
from gliomanet.provenance.diff.metrics import metric_changes
from gliomanet.provenance.diff.models import model_changes
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.tables.differences import CHANGES, METRIC_CHANGES
from gliomanet.tables.io import write_table


@dataclass(frozen=True)
class Difference:
    """Two studies, A and B, and what changed from A to B.

    Attributes:
        a, b: the studies.
        changes: of configuration, cohort and models.
        metrics: the table `METRIC_CHANGES`.
    """

    a: FinishedStudy
    b: FinishedStudy
    changes: tuple[Change, ...]
    metrics: pd.DataFrame

    @classmethod
    def find(cls, a: Path, b: Path) -> Difference:
        """Compare the studies that two paths lead to, see `FinishedStudy.find` and `of`.

        Raises:
            CohortError: also where different paths lead to one results folder.
        """
        one, other = FinishedStudy.find(a), FinishedStudy.find(b)
        if a.resolve() != b.resolve() and one.layout.results.resolve() == other.layout.results.resolve():
            problem = Problem(
                f"{a} and {b} lead to the same results",
                "give two results folders, or studies whose `results` differ",
                file=str(one.layout.results),
                rule="one_study_twice",
            )
            raise CohortError([problem], where="studies to compare")
        return cls.of(one, other)

    @classmethod
    def of(cls, a: FinishedStudy, b: FinishedStudy) -> Difference:
        """Compare two studies.

        Raises:
            CohortError: a table is missing, cannot be read or is of another form.
            ModelError: a model's description cannot be read.
        """
        changes = (*configuration_changes(a, b), *cohort_changes(a, b), *model_changes(a, b))
        return cls(a, b, changes, metric_changes(a, b))

    @property
    def notes(self) -> list[str]:
        """Remarks that a reader must know of the two studies' results."""
        return list(dict.fromkeys((*self.a.notes, *self.b.notes)))

    @property
    def moved(self) -> pd.DataFrame:
        """The metrics that are not the same in both."""
        table = self.metrics
        values = (table["value_a"] == table["value_b"]) | (table["value_a"].isna() & table["value_b"].isna())
        counts = (table["n_a"] == table["n_b"]) | (table["n_a"].isna() & table["n_b"].isna())
        only = table["pairing"].str.startswith("only in")
        return table[~(values & counts) | only]

    @property
    def is_empty(self) -> bool:
        """True where nothing differs."""
        return not self.changes and self.moved.empty

    def write(self, folder: Path) -> list[Path]:
        """Write both tables below a folder; their files.

        Raises:
            CohortError: the folder cannot be made, or nothing can be written there.
        """
        files = [folder / Path(schema.paths[0]).name for schema in (CHANGES, METRIC_CHANGES)]
        try:
            write_table(changes_table(self.changes), files[0], CHANGES)
            write_table(self.metrics, files[1], METRIC_CHANGES)
        except OSError as error:
            found = f"cannot be written ({error.strerror or error})"
            problem = Problem(found, "give --out a folder that can be written", file=str(folder), rule="no_place")
            raise CohortError([problem], where="tables of the differences") from None
        return files

    def values(self) -> dict[str, Any]:
        """Everything as plain values, a missing number as None."""
        metrics = self.metrics.astype(object).where(self.metrics.notna(), None)
        return {
            "a": str(self.a.layout.results),
            "b": str(self.b.layout.results),
            "notes": self.notes,
            "changes": changes_table(self.changes).to_dict("records"),
            "metrics": metrics.to_dict("records"),
        }
