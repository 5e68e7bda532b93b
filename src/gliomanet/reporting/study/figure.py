"""A figure as the page shows it: drawn, and to be had as SVG and as the table that it was drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from gliomanet.reporting.embed import data_address
from gliomanet.reporting.svg import inline_svg


@dataclass(frozen=True)
class Figure:
    """A figure of the page.

    Attributes:
        name: of its files, `<name>.svg` and `<name>.tsv`, and the prefix of its identifiers: no other figure has it.
        svg: the picture's file.
        label: text for readers who cannot see it.
        data: rows that it was drawn from.
    """

    name: str
    svg: str
    label: str
    data: pd.DataFrame

    @property
    def element(self) -> Markup:
        """The picture inside the page."""
        return Markup(inline_svg(self.svg, self.name, self.label))

    @property
    def table(self) -> str:
        """The data as a table of tab-separated values."""
        return self.data.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n")

    @property
    def downloads(self) -> list[tuple[str, str, str]]:
        """(words, file name, address) of what a reader can keep; the page holds it all."""
        return [
            ("SVG", f"{self.name}.svg", data_address("image/svg+xml", self.svg.encode())),
            ("data", f"{self.name}.tsv", data_address("text/tab-separated-values", self.table.encode())),
        ]


def drawn(svg: str, name: str, label: str, data: pd.DataFrame) -> Figure | None:
    """A figure, or None where there was nothing to draw (`svg` is "")."""
    return Figure(name, svg, label, data) if svg else None
