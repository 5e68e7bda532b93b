"""The place in which a reader sees a result, and how its pictures get there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gliomanet.reporting.embed import data_address


class Medium(StrEnum):
    """The place in which a reader sees a result."""

    SCREEN = "screen"
    PRINT = "print"
    APP = "app"


@dataclass(frozen=True)
class View:
    """A reader's view of a result.

    Attributes:
        medium: the page by itself, what the PDF is set from, or the app.
        folder: of the result.
        address_of: file of the result → address of it for the reader; `None`: pictures travel within the page.
    """

    medium: Medium
    folder: Path
    address_of: Callable[[str], str] | None = None

    def picture(self, file: str) -> str:
        """The address of a PNG of the result.

        Raises:
            OSError: it is not there.
        """
        if self.address_of is not None:
            return self.address_of(file)
        return data_address("image/png", (self.folder / file).read_bytes())
