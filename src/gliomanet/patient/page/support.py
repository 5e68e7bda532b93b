"""Support of an answer: the worth of its modalities, and biomarkers and ratios beside the study's patients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gliomanet.patient.page.features_plot import POOLED, features_plot
from gliomanet.patient.page.plot import Plot
from gliomanet.patient.page.view import View
from gliomanet.patient.page.words import Words
from gliomanet.patient.result import Feature, ResultValues, TaskAnswer
from gliomanet.reporting.format import MINUS, number
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.table import Cell, Column, Table, numeric

DRAWN = 6
"""Features of a task that are drawn; the table holds all."""

_MEAN_RATIO = "_logratio_Mean"


def section(values: ResultValues, say: Words, view: View) -> Section | None:
    """The section; absent where neither modalities nor features tell anything."""
    worth = [_worth(one, say) for one in values.tasks if one.worth_of_modalities]
    features = [_of_task(values.features, one, say, view) for one in values.tasks] if values.features else []
    features = [one for one in features if one is not None]
    if not worth and not features:
        return None
    every = _table(values, say) if values.features else None
    content = {"worth": worth, "features": features, "table": every, "n": len(values.features)}
    return Section("support", say("support.title"), content)


def _worth(one: TaskAnswer, say: Words) -> Table:
    worth = one.worth_of_modalities or {}
    rows = [(Cell(say.named("modality", name)), numeric(points(worth[name]))) for name in worth]
    columns = (Column(say("support.modality")), Column(say("support.change"), True))
    caption = say("support.worth_caption", task=say.task(one.task), called=say.named("class", one.called))
    return Table(f"worth-{one.task}", caption, columns, tuple(rows))


def points(change: float) -> str:
    """`+12.3`, `−4.0`: percentage points."""
    text = f"{abs(100 * change):.1f}"
    return f"{MINUS if change < 0 and text != '0.0' else '+'}{text}"


def chosen(features: Sequence[Feature], task: str) -> tuple[list[Feature], bool]:
    """The features that are drawn for a task: its biomarkers, or without any the mean ratios; and which these are."""
    kept = [one for one in features if task in one.biomarker_of]
    return (kept[:DRAWN], True) if kept else ([one for one in features if one.feature.endswith(_MEAN_RATIO)], False)


def _of_task(features: Sequence[Feature], one: TaskAnswer, say: Words, view: View) -> dict[str, Any] | None:
    shown, kept = chosen(features, one.task)
    svg = features_plot(shown, one.task, [answer.name for answer in one.classes], say)
    if not svg:
        return None
    label = say("support.features_label", task=say.task(one.task))
    which = say("support.kept") if kept else say("support.means")
    said = say("support.features_shown", shown=len(shown), all=len(features), which=which)
    return {
        "title": say.task(one.task),
        "figure": Plot(f"features-{one.task}", svg, label).on(view.medium),
        "shown": said,
    }


def _table(values: ResultValues, say: Words) -> Table:
    """Every feature with the pooled groups of every task."""
    groups = [(one.task, answer.name) for one in values.tasks for answer in one.classes]
    rows = []
    for feature in values.features:
        of = {(r.task, r.label): r for r in feature.references if r.center == POOLED}
        cells = [Cell(say.feature(feature.feature)), numeric(number(feature.value, 3))]
        for group in groups:
            quantiles = of[group].quantiles if group in of else None
            if quantiles is None:
                cells.append(Cell())
                continue
            low, _, median, _, high = quantiles
            cells.append(numeric(number(median, 3), say("range", low=number(low, 3), high=number(high, 3))))
        rows.append(tuple(cells))
    titles = [f"{say.task(task)}: {say.named('class', name)}" for task, name in groups]
    columns = (Column(say("support.feature")), Column(say("support.here"), True), *(Column(t, True) for t in titles))
    return Table("features", say("support.features_caption"), columns, tuple(rows))
