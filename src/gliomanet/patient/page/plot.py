"""A figure of a patient's page: inside the page without any inline style, in the PDF as a picture of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from gliomanet.patient.page.view import Medium
from gliomanet.reporting.embed import data_address
from gliomanet.reporting.svg import inline_svg


@dataclass(frozen=True)
class Plot:
    """A drawn figure.

    Attributes:
        name: prefix of its identifiers, of no other figure.
        svg: as matplotlib wrote it.
        label: text for readers who cannot see it.
    """

    name: str
    svg: str
    label: str

    def on(self, medium: Medium) -> Markup:
        """The element that shows it."""
        if medium is Medium.PRINT:
            address = data_address("image/svg+xml", self.svg.encode())
            return Markup('<img class="plot" src="{}" alt="{}">').format(address, self.label)
        return Markup(_without_style(inline_svg(self.svg, self.name, self.label)))


def bar(share: float, label: str) -> Markup:
    """A bar from 0 to 1, as a picture with a text of its own; no style, so that the strictest policy shows it."""
    width = round(100 * min(max(share, 0.0), 1.0), 1)
    return Markup(
        f'<svg class="share" role="img" aria-label="{escape(label)}" viewBox="0 0 100 8" width="110" height="9" '
        f'preserveAspectRatio="none"><title>{escape(label)}</title><rect width="100" height="8" fill="#d5dae0"/>'
        f'<rect width="{width}" height="8" fill="#0072b2"/></svg>'
    )


def _without_style(svg: str) -> str:
    """Styles as attributes of their elements: a page's policy may forbid inline styles, but no attributes."""
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = svg.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    return re.sub(r'\sstyle="([^"]*)"', lambda found: _attributes(found.group(1)), svg)


def _attributes(style: str) -> str:
    pairs = (one.partition(":") for one in style.split(";") if one.strip())
    return "".join(f' {name.strip()}="{value.strip()}"' for name, _, value in pairs)
