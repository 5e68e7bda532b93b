"""Common ground of the figures: colours, and SVG text that is the same for the same input."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from warnings import catch_warnings, filterwarnings

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, MUTED, LINE, SHADE = "#1b2430", "#5b6675", "#d5dae0", "#f1f3f5"

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a6a53", "#8c8c8c")
"""Okabe and Ito's colours, told apart with any colour vision; then a brown and a grey."""

THEMED = {
    PALETTE[0]: "var(--blue)",
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    SHADE: "var(--shade)",
}
"""Colours of the files → the page's own variables, so that figures follow its light or dark theme."""

SETTINGS = {
    "svg.fonttype": "none",  # text stays text: small files that can be searched and read aloud
    "svg.hashsalt": "gliomanet",
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.usetex": False,
    "text.parse_math": False,
}


def new_figure(width: float, height: float) -> Figure:
    """Make a figure of a size in inches, without pyplot's global state."""
    figure = Figure(figsize=(width, height))
    figure.patch.set_alpha(0)
    return figure


@contextmanager
def letters_of_any_language() -> Iterator[None]:
    """The figures' settings, for text that matplotlib's own letters may lack: the reader's letters set it."""
    with rc_context(SETTINGS), catch_warnings():  # type: ignore[arg-type]
        filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
        yield


def bare(axes: Axes) -> Axes:
    """Take everything off the axes but what is drawn on it."""
    axes.set_axis_off()
    axes.patch.set_alpha(0)
    return axes


def to_svg(figure: Figure) -> str:
    """Write the figure as SVG text: no date, identifiers from a fixed salt."""
    buffer = io.StringIO()
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return buffer.getvalue()


def inline_svg(svg: str, prefix: str, label: str) -> str:
    """Turn an SVG file's text into an element of the page.

    Its identifiers get a prefix of their own (two figures share names), its neutral colours become the page's, and
    `label` becomes its text for readers who cannot see it.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)
    for color, variable in THEMED.items():
        body = body.replace(color, variable)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    # Namespaces are addresses that nothing loads, but they are not needed inside HTML, so none is left.
    body = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", body).replace("xlink:href", "href")
    return body.replace("<svg ", f'<svg role="img" aria-label="{_attribute(label)}" ', 1)


def colors_of(names: list[str]) -> Mapping[str, str]:
    """Give each name a colour, in order; they repeat after the palette's end."""
    return {name: PALETTE[index % len(PALETTE)] for index, name in enumerate(names)}


def styles_of(names: list[str]) -> Mapping[str, dict[str, Any]]:
    """Give each name a colour and a dash, in order, as keywords of a line: two lines differ in grey, too."""
    colors = colors_of(names)
    return {name: {"color": colors[name], "linestyle": DASHES[i % len(DASHES)]} for i, name in enumerate(names)}


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
"""Dashes of lines, taken again after the last."""

ROW, HEADER = 0.19, 0.30  # inches

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")

CIRCLE = ("o", "circle")

ROUND_MARKERS = (("D", "diamond"), ("s", "square"), ("^", "triangle"), ("P", "plus"))
"""The marks of rounds of pseudo-labels and how they are called, taken again after the last; other stages: a circle."""


def message_figure(text: str) -> str:
    """Make a figure that holds a sentence only, as SVG text."""
    with rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = new_figure(5, 0.6)
        bare(figure.add_axes((0, 0, 1, 1))).text(0.02, 0.5, text, va="center", color=MUTED)
        return to_svg(figure)
