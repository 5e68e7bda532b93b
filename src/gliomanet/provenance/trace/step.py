"""One step back from a number: what was read, from where, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class Step:
    """A step of a trace.

    Attributes:
        title: what it is about.
        files: where it was read from.
        facts: name → value.
        table: rows of it, if any.
        differs: True where the step shows that the results are not what they were made from.
    """

    title: str
    files: tuple[Path, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    table: pd.DataFrame | None = None
    differs: bool = False

    def values(self) -> dict[str, Any]:
        """The step as plain values, a missing cell as None."""
        rows = (
            [] if self.table is None else self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        )
        return {
            "step": self.title,
            "files": [str(file) for file in self.files],
            "facts": self.facts,
            "rows": rows,
            "differs": self.differs,
        }


@dataclass(frozen=True)
class Trace:
    """The steps from a number or a case back to its ground, and what a reader must know of the results."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        return {"notes": list(self.notes), "steps": [step.values() for step in self.steps]}


def cell(value: Any) -> str:
    """A cell as tables write it: six digits, nothing for what is missing."""
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.6g}"
    return "" if value is None else str(value)
