"""Public collections and folders as they were downloaded, read into a centre's case table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from gliomanet.cohort.importers import bids, brats, egd, lgg_1p19q, rembrandt, tcga, ucsf_pdgm, upenn_gbm, utsw
from gliomanet.cohort.importers.exam import Collection


class Reader(Protocol):
    """A collection's folder, its table of labels, its mapping table and a study's further labels → its exams."""

    def __call__(
        self, folder: Path, clinical: Path | None, mapping: Path | None, labels: Sequence[str] = ()
    ) -> Collection: ...


FORMATS: Mapping[str, Reader] = {
    "ucsf-pdgm": ucsf_pdgm.LAYOUT.read,
    "utsw": utsw.LAYOUT.read,
    "upenn-gbm": upenn_gbm.LAYOUT.read,
    "egd": egd.read,
    "brats": brats.read,
    "tcga": tcga.LAYOUT.read,
    "lgg-1p19q": lgg_1p19q.read,
    "rembrandt": rembrandt.LAYOUT.read,
    "bids": bids.read,
}
"""Kind of a source → its reader. A new format is a file here, a line above and its name in `CollectionSource`."""
