"""The questions that the study asks of a centre's source, and the values that a source is given to answer them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from gliomanet.config.sources import SourceSettings, data_path
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.cohort.findings import Finding

Settings = TypeVar("Settings", bound=SourceSettings)


@dataclass(frozen=True)
class CenterRequest(Generic[Settings]):
    """One centre as its source sees it: nothing of the other centres, so that they decide nothing.

    Attributes:
        name: the centre's key in the study.
        role: `train`, `external` or `unlabelled`; put into every row.
        settings: the keys of its source.
        data_root: stands for `{data_root}` in the paths of `settings`.
        scans: the scans that enter the study.
        derive_1p19q: unknown 1p/19q is intact where IDH is wildtype (WHO 2021).
        vocabulary: label columns and their values, the study's further ones too.
        label_seed: seed of a phantom's further labels, which are drawn by lot.
        mask_codes: convention of its tumour masks' codes, as a cell of that column; "" where the rows say it.
    """

    name: str
    role: str
    settings: Settings
    data_root: str = ""
    scans: Sequence[str] = ("baseline",)
    derive_1p19q: bool = False
    vocabulary: Vocabulary = field(default_factory=lambda: VOCABULARY)
    label_seed: int | None = None
    mask_codes: str = ""

    def path(self, given: str) -> Path:
        """A path of the settings, with `{data_root}` filled in."""
        return data_path(given, self.data_root)

    def optional_path(self, given: str | None) -> Path | None:
        """The same for a key that may be left out."""
        return self.path(given) if given else None


@dataclass(frozen=True)
class Source(ABC, Generic[Settings]):
    """One kind of source, for one centre.

    Case ids and tables are asked for each time the workflow is parsed, so both do without pandas.
    """

    center: CenterRequest[Settings]

    @abstractmethod
    def case_ids(self) -> list[str]:
        """The sorted ids of the cases with images whose scan the study uses; none of a table of features.

        Raises:
            CohortError: the source cannot be read.
        """

    @abstractmethod
    def tables(self) -> dict[str, Path]:
        """Key of the settings → the table that the case table is read from; images are found in it or beside it."""

    @abstractmethod
    def read(self, made: Sequence[Path] = ()) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        """The case table with every scan, in the columns of `gliomanet.cohort.table`, and what was found on the way.

        Args:
            made: folders that jobs left: the centre's, where its table is made by a job, else one per case, named for
                it. Without them, images that are made by jobs are not in the table.

        Raises:
            CohortError: every problem of the source at once.
        """

    def file_order(self) -> tuple[str, ...]:
        """Case ids in the order of the source's own table; empty where it has none."""
        return ()
