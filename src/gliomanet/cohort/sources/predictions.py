"""Cases of a hospital that keeps its scans, from the folder of tables that it sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.cohort.site_export import NAME, SiteExport
from gliomanet.cohort.sources.source import Source
from gliomanet.config.sources import PredictionsSource

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.cohort.findings import Finding


class Predictions(Source[PredictionsSource]):
    """One row per case under a random name; there are no images, so no case needs a job of its own."""

    def case_ids(self) -> list[str]:
        return []

    def tables(self) -> dict[str, Path]:
        return {"path": self.folder / NAME}

    def read(self, made: Sequence[Path] = ()) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        from gliomanet.cohort.findings import Finding

        center, export = self.center, SiteExport.open(self.folder)
        cases = export.cases(center.name, center.role, center.vocabulary)
        told = [f"withheld: {sentence}" for sentence in export.description.withheld]
        few = f"fewer than {export.description.smallest_count}"
        told += [
            f"left out there: {few if n is None else n} cases: {why}" for why, n in export.description.left_out.items()
        ]
        file, action = str(self.folder / NAME), "nothing; the hospital suppressed it"
        return cases, tuple(
            Finding("note", "suppressed_at_the_site", center.name, "", file, found, action) for found in told
        )

    @property
    def folder(self) -> Path:
        """The folder that was sent."""
        return self.center.path(self.center.settings.path)
