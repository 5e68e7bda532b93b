"""A patient's biomarkers and ratios beside the study's patients of each class: a row a feature, each with its axis."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from gliomanet.patient.page.words import Words
from gliomanet.patient.result import Feature, Reference
from gliomanet.reporting.format import number
from gliomanet.reporting.svg import INK, LINE, MUTED, PALETTE, letters_of_any_language, new_figure, to_svg

POOLED = "pooled"
_WIDTH, _LEFT, _RIGHT, _TITLE, _CLASS, _AXIS = 6.2, 1.15, 0.15, 0.24, 0.19, 0.34  # inches
PATIENT = PALETTE[1]


def features_plot(features: Sequence[Feature], task: str, classes: Sequence[str], say: Words) -> str:
    """Box, whiskers and median of every class, and the patient's value as a line through all of them.

    Args:
        features: those to be drawn, top to bottom.
        task: whose classes are drawn.
        classes: in their order.
        say: sentences.

    Returns:
        SVG text, empty where no group is large enough to be told.
    """
    rows = [(one, _told(one, task, classes)) for one in features]
    rows = [(one, told) for one, told in rows if told]
    if not rows:
        return ""
    heights = [_TITLE + _CLASS * len(told) + _AXIS for _, told in rows]
    height = sum(heights)
    with letters_of_any_language():
        figure, top = new_figure(_WIDTH, height), height
        for (one, told), tall in zip(rows, heights, strict=True):
            bottom, box = top - tall + _AXIS, _CLASS * len(told)
            axes = figure.add_axes((_LEFT / _WIDTH, bottom / height, (_WIDTH - _LEFT - _RIGHT) / _WIDTH, box / height))
            _draw(axes, one, told, say)
            top -= tall
        return to_svg(figure)


def _told(one: Feature, task: str, classes: Sequence[str]) -> list[Reference]:
    of_task = {r.label: r for r in one.references if r.task == task and r.center == POOLED and r.quantiles is not None}
    return [of_task[name] for name in classes if name in of_task]


def _draw(axes: Axes, one: Feature, told: Sequence[Reference], say: Words) -> None:
    axes.patch.set_alpha(0)
    for place, group in enumerate(told):
        low, first, median, third, high = group.quantiles or (0.0,) * 5
        axes.plot([low, high], [place, place], color=MUTED, lw=1)
        axes.barh(place, third - first, left=first, height=0.56, color=LINE, edgecolor=MUTED, lw=0.6)
        axes.plot([median, median], [place - 0.34, place + 0.34], color=INK, lw=1.6)
    axes.axvline(one.value, color=PATIENT, lw=1.8, dashes=(4, 1.2))
    ends = [value for group in told for value in (group.quantiles or ())] + [one.value]
    room = 0.06 * (max(ends) - min(ends) or 1.0)
    axes.set(xlim=(min(ends) - room, max(ends) + room), ylim=(len(told) - 0.5, -0.5))
    axes.set_yticks(
        range(len(told)), [f"{say.named('class', group.label)} (n {group.n})" for group in told], fontsize=7, color=INK
    )
    axes.locator_params(axis="x", nbins=5)
    axes.tick_params(axis="x", labelsize=6.5, length=2)
    axes.tick_params(axis="y", length=0)
    axes.set_title(say.feature(one.feature), fontsize=7.5, loc="left", color=INK, pad=3)
    axes.set_title(
        say("support.this_patient", value=number(one.value, 3)),
        fontsize=7.5,
        loc="right",
        color=INK,
        weight="bold",
        pad=3,
    )
    axes.spines[["top", "right", "left"]].set_visible(False)
