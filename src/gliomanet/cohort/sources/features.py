"""A table of radiomic features, with the labels of its collection's clinical table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.cohort.read_rows import column_in_file_order
from gliomanet.cohort.sources.source import Source
from gliomanet.config.sources import FeatureSource

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.cohort.findings import Finding


class Features(Source[FeatureSource]):
    """One row per patient; there are no images, so no case needs a job of its own."""

    def case_ids(self) -> list[str]:
        return []

    def tables(self) -> dict[str, Path]:
        settings = self.center.settings
        return {"path": self.center.path(settings.path), "clinical": self.center.path(settings.clinical)}

    def read(self, made: Sequence[Path] = ()) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        return self.read_with_features()[0], ()

    def read_with_features(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The cases and their features, as `read_feature_center` gives them.

        Raises:
            CohortError: every problem of the two tables at once.
        """
        from gliomanet.cohort.importers.feature_tables import read_feature_center

        center, tables = self.center, self.tables()
        return read_feature_center(
            center.name, center.role, tables["path"], tables["clinical"], center.settings.format, center.vocabulary
        )

    def file_order(self) -> tuple[str, ...]:
        return column_in_file_order(self.tables()["path"], "PatientID")
