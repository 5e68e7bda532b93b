"""Figures of the quality pages as SVG text: strips of one metric over all cases, histograms of all on one axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup, escape

Array = np.ndarray[Any, Any]
_WIDTH, _STRIP, _HISTOGRAM = 340, 104, 150
_LEFT, _RIGHT = 12, 12

MOST_DRAWN = 200
"""Cases that a figure draws one by one; of more it draws those that are marked, and the others together."""


@dataclass(frozen=True)
class Dot:
    """One case on a strip: its value, its page, and whether it is named as an outlier."""

    name: str
    value: float
    page: str
    outlier: bool
    said: str


@dataclass(frozen=True)
class Curve:
    """One case's histogram: bin centres and relative frequencies (its peak is 1)."""

    name: str
    x: Array
    y: Array
    marked: bool = False


@dataclass(frozen=True)
class Band:
    """Curves of many cases together.

    Attributes:
        number: of the curves.
        limits: the axis they share.
        x: places on it.
        quarter, median, three_quarters: quartiles of their heights there.
    """

    number: int
    limits: tuple[float, float]
    x: Array
    quarter: Array
    median: Array
    three_quarters: Array


def curve_of(name: str, histogram: Mapping[str, Any], *, marked: bool = False) -> Curve:
    """A `histograms.json` entry (`low`, `high`, `share`) as a curve."""
    share = np.array(histogram["share"], dtype=float)
    step = (histogram["high"] - histogram["low"]) / max(len(share), 1)
    x = histogram["low"] + step * (np.arange(len(share)) + 0.5)
    return Curve(name, x, share / max(float(share.max(initial=0.0)), 1e-9), marked)


def strip(
    title: str, dots: Sequence[Dot], *, least: float, most: float, center: float, usual: tuple[float, float]
) -> Markup:
    """A dot a case along one axis, the median, the range inside the robust limits, and the bound if it is near.

    Args:
        title: read aloud to those who cannot see it.
        dots: the cases that have the figure.
        least: fixed lower bound, or -inf.
        most: fixed upper bound, or inf.
        center: the median.
        usual: the values between which no robust z is beyond its limit; NaN where there are too few cases.
    """
    values = np.array([dot.value for dot in dots])
    low, high = float(values.min()), float(values.max())
    reach = max(high - low, 0.02 * abs(high), 1e-3)
    # A bound far away would squeeze the cases into a point.
    low = min(low, least) if np.isfinite(least) and low - least < reach else low
    high = max(high, most) if np.isfinite(most) and most - high < reach else high
    low, high = low - 0.06 * (high - low or reach), high + 0.06 * (high - low or reach)

    def place(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    middle, base = 52.0, 78.0
    parts = []
    if np.isfinite(usual).all():
        a, b = (min(max(place(value), _LEFT), _WIDTH - _RIGHT) for value in usual)
        parts.append(f'<rect class="usual" x="{a:.1f}" y="{middle - 22:.0f}" width="{b - a:.1f}" height="44"/>')
    x = place(center)
    parts.append(f'<line class="median" x1="{x:.1f}" x2="{x:.1f}" y1="{middle - 22:.0f}" y2="{middle + 22:.0f}"/>')
    for bound in (least, most):
        if low < bound < high:
            x = place(bound)
            parts.append(f'<line class="bound" x1="{x:.1f}" x2="{x:.1f}" y1="{middle - 24:.0f}" y2="{base:.0f}"/>')
    parts += _dots([(place(dot.value), dot) for dot in sorted(dots, key=lambda dot: dot.value)], middle)
    parts += _ticks(low, high, place, base, _WIDTH)
    return _svg(_STRIP, title, parts)


def band_of(curves: Sequence[Curve], limits: tuple[float, float]) -> Band:
    """Median and middle half of curves on one axis."""
    x = np.linspace(*limits, 80)
    heights = np.stack([np.interp(x, c.x, c.y, left=0, right=0) for c in curves])
    return Band(len(curves), limits, x, *np.percentile(heights, [25, 50, 75], axis=0))


def histograms(title: str, curves: Sequence[Curve], band: Band) -> Markup:
    """Curves of all cases on one axis, with their median; of many, only marked ones over the middle half of all."""
    line, parts = _axis(band), []
    if len(curves) > MOST_DRAWN:
        parts.append(_middle_half(band, line))
        curves = [curve for curve in curves if curve.marked][:MOST_DRAWN]
    parts += [_curve(c, line) for c in sorted(curves, key=lambda c: (c.marked, c.name))]
    return _histogram(title, band, line, parts)


def histogram_of_case(title: str, own: Curve, band: Band) -> Markup:
    """One case's curve over the median and the middle half of all."""
    line = _axis(band)
    parts = [_middle_half(band, line)] if band.number > 1 else []
    drawn = f'<polyline class="own" points="{line(own.x, own.y)}"><title>{escape(own.name)}</title></polyline>'
    return _histogram(title, band, line, parts, drawn)


Line = Callable[[Array, Array], str]
"""Points of a polyline, from places on the axis and heights between 0 and 1."""


def _axis(band: Band) -> Line:
    low, high = band.limits
    base = _HISTOGRAM - 26.0

    def line(x: Array, y: Array) -> str:
        inside = (x >= low) & (x <= high)
        places = _LEFT + (x[inside] - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)
        return " ".join(f"{a:.0f},{b:.0f}" for a, b in zip(places, base - y[inside] * (base - 8.0), strict=True))

    return line


def _middle_half(band: Band, line: Line) -> str:
    there, back = line(band.x, band.three_quarters), reversed(line(band.x, band.quarter).split(" "))
    return f'<polygon class="band" points="{there} {" ".join(back)}"/>'


def _histogram(title: str, band: Band, line: Line, parts: Sequence[str], last: str = "") -> Markup:
    low, high = band.limits
    median = [f'<polyline class="middle" points="{line(band.x, band.median)}"/>'] if band.number > 1 else []

    def place(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    ticks = _ticks(low, high, place, _HISTOGRAM - 26.0, _WIDTH)
    return _svg(_HISTOGRAM, title, [*parts, *median, *([last] if last else []), *ticks])


def shared_limits(curves: Sequence[Curve]) -> tuple[float, float]:
    """One axis for all: from the lowest bin to the highest that still holds 1 % of its case's peak."""
    if not curves:
        return 0.0, 1.0
    ends = [(float(c.x[c.y > 0.01][0]), float(c.x[c.y > 0.01][-1])) for c in curves if (c.y > 0.01).any()]
    low, high = min((a for a, _ in ends), default=0.0), max((b for _, b in ends), default=1.0)
    return low, high if high > low else low + 1.0


def _curve(curve: Curve, line: Line) -> str:
    kind = "case marked" if curve.marked else "case"
    return f'<polyline class="{kind}" points="{line(curve.x, curve.y)}"><title>{escape(curve.name)}</title></polyline>'


def _dots(placed: Sequence[tuple[float, Dot]], middle: float) -> list[str]:
    """Circles, moved up and down where they would cover each other, and the outliers' names above them."""
    parts: list[str] = []
    crowd: list[str] = []
    taken: list[tuple[float, int]] = []
    names: list[tuple[float, str]] = []
    for x, dot in placed:
        offset = next(
            (
                o
                for o in (0, -7, 7, -14, 14, -20, 20)
                if all(abs(x - a) > 6.5 or abs(o - b) > 5 for a, b in taken[-12:])
            ),
            0,
        )
        taken.append((x, offset))
        if len(placed) > MOST_DRAWN and not dot.outlier:
            crowd.append(f"M{x:.0f} {middle + offset:.0f}h0")
            continue
        circle = (
            f'<a href="{escape(dot.page)}"><circle class="{"dot outlier" if dot.outlier else "dot"}" cx="{x:.1f}" '
            f'cy="{middle + offset:.0f}" r="3.4"><title>{escape(dot.said)}</title></circle></a>'
        )
        parts.append(circle)
        if dot.outlier:
            names.append((x, dot.name))
    if crowd:  # each once: many cases share a place
        parts.insert(0, f'<path class="crowd" d="{"".join(dict.fromkeys(crowd))}"/>')
    ends = [-9.0, -9.0]
    for x, name in names[:6]:
        wide = 7.0 * len(name)
        start = min(max(x - wide / 2, 2.0), _WIDTH - wide - 2)
        row = next((i for i, end in enumerate(ends) if start >= end + 6), None)
        if row is None:
            continue  # its dot is coloured and the table names it
        ends[row] = start + wide
        parts.append(f'<text class="name" x="{start:.0f}" y="{24 - 13 * row}">{escape(name)}</text>')
    return parts


def _ticks(low: float, high: float, place: Any, base: float, width: float) -> list[str]:
    rough = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
    parts = [f'<line class="axis" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{base:.0f}" y2="{base:.0f}"/>']
    digits = next(d for d in range(12) if abs(step * 10**d - round(step * 10**d)) < 1e-6)
    for k in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1):
        value = k * step
        text = f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")
        parts.append(f'<text class="tick" x="{place(value):.1f}" y="{base + 15:.0f}">{text}</text>')
        parts.append(
            f'<line class="axis" x1="{place(value):.1f}" x2="{place(value):.1f}" y1="{base:.0f}" y2="{base + 4:.0f}"/>'
        )
    return parts


def _svg(height: float, title: str, parts: Sequence[str]) -> Markup:
    head = f'<svg class="plot" viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
    return Markup(head + "".join(parts) + "</svg>")
