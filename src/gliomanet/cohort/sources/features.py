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
        path, clinical = self._paths
        return {"path": path} | ({"clinical": clinical} if clinical else {})

    def read(self, made: Sequence[Path] = ()) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        return self.read_with_features()[0], ()

    def read_with_features(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The cases and their features, as `read_feature_center` and `read_hospital_features` give them.

        Raises:
            CohortError: every problem of the two tables at once.
        """
        from gliomanet.cohort.importers.feature_tables import read_feature_center
        from gliomanet.cohort.importers.hospital_features import HospitalTable, read_hospital_features

        center, settings = self.center, self.center.settings
        path, clinical = self._paths
        if settings.format is not None and clinical is not None:
            return read_feature_center(center.name, center.role, path, clinical, settings.format, center.vocabulary)
        told = HospitalTable(
            settings.columns, settings.clinical_columns, settings.features, settings.pattern, settings.ignored
        )
        return read_hospital_features(center.name, center.role, path, clinical, told, center.vocabulary)

    def file_order(self) -> tuple[str, ...]:
        settings = self.center.settings
        column = "PatientID" if settings.format else settings.columns.get("case_id", "case_id")
        return tuple(dict.fromkeys(column_in_file_order(self._paths[0], column)))

    @property
    def _paths(self) -> tuple[Path, Path | None]:
        """Table of features, table of labels."""
        settings = self.center.settings
        return self.center.path(settings.path), self.center.optional_path(settings.clinical)
