"""A public collection or a BIDS folder, as it was downloaded, through the importer of its format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.cohort.sources.source import Source
from gliomanet.config.sources import CollectionSource

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.cohort.findings import Finding


class Collection(Source[CollectionSource]):
    """Every format of `gliomanet.cohort.importers`."""

    def case_ids(self) -> list[str]:
        from gliomanet.cohort.importers import FORMATS

        exams = FORMATS[self.center.settings.kind](*self._paths).exams
        return sorted(exam.case_id for exam in exams if (exam.scan or "baseline") in self.center.scans)

    def tables(self) -> dict[str, Path]:
        _, clinical, mapping = self._paths
        return {name: path for name, path in (("clinical", clinical), ("mapping", mapping)) if path}

    def read(self, made: Sequence[Path] = ()) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        from gliomanet.cohort.importers.case_table import import_center

        center = self.center
        return import_center(
            center.settings.kind, center.name, center.role, *self._paths, center.derive_1p19q, center.vocabulary
        )

    @property
    def _paths(self) -> tuple[Path, Path | None, Path | None]:
        """Folder, table of labels, mapping table."""
        path, settings = self.center.optional_path, self.center.settings
        return self.center.path(settings.folder), path(settings.clinical), path(settings.mapping)
