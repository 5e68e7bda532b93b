"""One image of a BIDS folder, by its place and the parts of its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Image:
    """One image.

    Attributes:
        path: below the folder that was named, `/` between its parts.
        root: the folder of its dataset; "" for the one that was named.
        subject, session: labels; session "" where there is none.
        column: column of the case table that it fills.
        suffix: last part of its name, such as `T1w`.
        entities: the other parts: `run` → `1`.
    """

    path: str
    root: str
    subject: str
    session: str
    column: str
    suffix: str
    entities: Mapping[str, str]

    @property
    def case_id(self) -> str:
        """`sub-01`, or `sub-01_ses-02`."""
        return f"sub-{self.subject}" + (f"_ses-{self.session}" if self.session else "")

    @property
    def name(self) -> str:
        """Its file's name."""
        return self.path.rpartition("/")[2]


def parts_of(stem: str) -> tuple[dict[str, str], str]:
    """Entities and suffix of a file's name without its ending.

    >>> parts_of("sub-01_run-2_T1w")
    ({'sub': '01', 'run': '2'}, 'T1w')
    """
    *pairs, suffix = stem.split("_")
    return dict(pair.split("-", 1) for pair in pairs if "-" in pair), suffix
