"""A phantom centre: one job simulates its images and its table; further labels are drawn when the table is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.cohort.sources.source import Source
from gliomanet.config.sources import PhantomSource
from gliomanet.labels.vocabulary import further_labels
from gliomanet.phantom.ids import case_ids

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.cohort.findings import Finding


class Phantom(Source[PhantomSource]):
    """Simulated patients."""

    def case_ids(self) -> list[str]:
        return case_ids(self.center.name, self.center.settings)

    def tables(self) -> dict[str, Path]:
        return {}

    def read(self, made: Sequence[Path] = ()) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        """The simulated table, with the study's further labels.

        Raises:
            ValueError: the centre has not been simulated yet, or further labels come without a seed.
        """
        from gliomanet.cohort.table import read_case_table
        from gliomanet.phantom.further_labels import with_further_labels

        center = self.center
        if len(made) != 1:
            raise ValueError(f"centre {center.name!r} is simulated by a job; give the folder that it left")
        cases = read_case_table(made[0] / "cases.tsv", center.name, center.role, vocabulary=center.vocabulary)
        if further := {label: center.vocabulary[label] for label in further_labels(center.vocabulary)}:
            if center.label_seed is None:
                raise ValueError(f"centre {center.name!r}: further labels of phantoms are drawn by lot; give a seed")
            cases = with_further_labels(cases, further, center.name, center.settings, center.label_seed)
        return cases, ()
