"""A section of the page: its place in the contents, and what its template shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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
