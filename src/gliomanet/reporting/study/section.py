"""A section of the page: its place in the contents, and what its template shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from gliomanet.reporting.svg import inline_svg


@dataclass(frozen=True)
class Section:
    """A section with something to say.

    Attributes:
        name: of its module and of its template, `templates/sections/<name>.html.j2`.
        title: heading, and entry in the contents.
        content: the template's variables; it sees no others.
    """

    name: str
    title: str
    content: Mapping[str, Any]

    @property
    def anchor(self) -> str:
        """Address inside the page."""
        return self.name.replace("_", "-")


def drawn(svg: str, prefix: str, label: str) -> Markup | None:
    """Make a figure an element of the page.

    Args:
        svg: the figure's file; "" where there is nothing to draw.
        prefix: of its identifiers, unlike that of any other figure of the page.
        label: text for readers who cannot see it.
    """
    return Markup(inline_svg(svg, prefix, label)) if svg else None
