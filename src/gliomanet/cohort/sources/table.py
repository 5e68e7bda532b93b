"""A hospital's own table of image files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.cohort.read_rows import column_in_file_order, read_case_rows
from gliomanet.cohort.sources.source import Source
from gliomanet.config.sources import TableSource

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.cohort.findings import Finding


class Table(Source[TableSource]):
    """One row per case, in the columns of a case table."""

    def case_ids(self) -> list[str]:
        rows = read_case_rows(self._path)
        return sorted(row["case_id"] for row in rows if (row.get("scan") or "baseline") in self.center.scans)

    def tables(self) -> dict[str, Path]:
        return {"path": self._path}

    def read(self, made: Sequence[Path] = ()) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        from gliomanet.cohort.table import read_case_table

        center = self.center
        files_root = center.optional_path(center.settings.files_root)
        return read_case_table(self._path, center.name, center.role, files_root, center.vocabulary), ()

    def file_order(self) -> tuple[str, ...]:
        return column_in_file_order(self._path, "case_id")

    @property
    def _path(self) -> Path:
        return self.center.path(self.center.settings.path)
