"""Notes on one image file, and the error that ends its case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from gliomanet.errors import CaseError, Problem

HANDLED = "handled when it is read; nothing to do"


class Note(NamedTuple):
    """Something that reading found or changed.

    Attributes:
        rule: the audit's rule for it.
        text: what was found and done, one sentence that begins with the image's name.
        severity: `warning` where a person should look, `note` where nothing is left to do.
        action: what to do.
    """

    rule: str
    text: str
    severity: Literal["warning", "note"] = "note"
    action: str = HANDLED


@dataclass(frozen=True)
class Defect:
    """Makes the error of one image file."""

    path: Path
    case_id: str
    name: str

    def __call__(self, found: str, action: str, rule: str) -> CaseError:
        return CaseError(Problem(found, action, image=self.name, file=str(self.path), case=self.case_id, rule=rule))
