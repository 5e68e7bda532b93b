"""One change from a study to another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from gliomanet.tables.differences import CHANGES


@dataclass(frozen=True)
class Change:
    """A row of the table `CHANGES`, whose columns these are."""

    section: Literal["configuration", "cohort", "models"]
    what: str
    center: str = ""
    case_id: str = ""
    model: str = ""
    key: str = ""
    a: str = ""
    b: str = ""


def changes_table(changes: Iterable[Change]) -> pd.DataFrame:
    return pd.DataFrame([asdict(change) for change in changes], columns=CHANGES.names())
