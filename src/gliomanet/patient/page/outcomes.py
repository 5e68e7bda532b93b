"""The fate of the study's patients, and the model's metrics in centres that it had not seen."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from gliomanet.bundle.external import ExternalMetric
from gliomanet.bundle.survival import SurvivalGroup
from gliomanet.evaluation.survival.reference_curves import FEWEST_DEATHS
from gliomanet.patient.page.plot import Plot
from gliomanet.patient.page.view import View
from gliomanet.patient.page.words import Words
from gliomanet.patient.result import ResultValues
from gliomanet.patient.survival import ALL, ReferenceSurvival
from gliomanet.reporting.format import DASH, interval, number
from gliomanet.reporting.study.figures.survival import survival_plot
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.table import Cell, Column, Table, numeric

POOLED = "pooled"


def survival(values: ResultValues, say: Words, view: View) -> Section | None:
    """Reference curves of the types that are open; absent where the bundle has none."""
    found = values.survival
    if found is None:
        return None
    level = f"{found.confidence:.0%}".replace("%", " %")
    band = drawn_band(found)
    svg = _plot(found, band, say)
    label = say("survival.label")
    told = found.age_band
    caveats = [say("survival.resection"), say("survival.calendar")]
    content = {
        "simulated": say("survival.simulated", centers=say.listing(found.simulated)) if found.simulated else "",
        "contradictory": found.contradictory,
        "figure": Plot("survival", svg, label).on(view.medium) if svg else "",
        "drawn": say("survival.drawn_all", level=level)
        if band == ALL
        else say("survival.drawn_band", band=band, level=level),
        "age": say("survival.age", band=told) if told else say("survival.age_unknown"),
        "caveats": caveats,
        "table": _survival_table(found.groups, say, level),
        "lacking": say("survival.lacking", types=say("semicolon").join(say.named("type", one) for one in found.lacking))
        if found.lacking and found.groups
        else "",
        "nothing": not found.groups,
    }
    return Section("survival", say("survival.title"), content)


def drawn_band(found: ReferenceSurvival) -> str:
    """The age band whose curves are drawn: the patient's where every group has a part of it, else any."""
    whole = {(one.center, one.group) for one in found.groups if one.age_band == ALL}
    of_band = {(one.center, one.group) for one in found.groups if one.age_band == found.age_band}
    return found.age_band if found.age_band and whole == of_band else ALL


def _plot(found: ReferenceSurvival, band: str, say: Words) -> str:
    drawn = [one for one in found.groups if one.age_band == band and one.center != POOLED and one.curve]
    if not drawn:
        return ""
    groups = pd.DataFrame([one.model_dump(include={"center", "group", "n", "deaths", "note"}) for one in drawn])
    points = [{"center": one.center, "group": one.group, **point.model_dump()} for one in drawn for point in one.curve]
    curves = pd.DataFrame(points).rename(columns={"low": "ci_low", "high": "ci_high"})
    for table in (curves, groups):
        table["group"] = [say.named("type_short", str(name)) for name in table["group"]]
    return survival_plot(curves, groups, wording=say.sentences["survival"]["figure"])


def _survival_table(groups: tuple[SurvivalGroup, ...], say: Words, level: str) -> Table:
    years = sorted({at.years for one in groups for at in one.at_years})
    rows = []
    for one in groups:
        cells = [Cell(say.named("type", one.group)), Cell(say.named("center", one.center))]
        cells.append(Cell(say("survival.any_age") if one.age_band == ALL else one.age_band))
        cells += [numeric(f"{one.n:,}"), numeric(f"{one.deaths:,}"), _median(one, say)]
        at = {found.years: found for found in one.at_years}
        for year in years:
            known = at.get(year)
            cells.append(Cell() if known is None else numeric(number(known.survival), interval(known.low, known.high)))
        cells.append(numeric("" if one.followup_months is None else f"{one.followup_months:.1f}"))
        rows.append(tuple(cells))
    titles = [say("survival.n"), say("survival.deaths"), say("survival.median")]
    titles += [say("survival.alive", years=year) for year in years]
    titles.append(say("survival.followup"))
    columns = [Column(say("survival.group")), Column(say("survival.center")), Column(say("survival.band"), choose=True)]
    columns += [Column(title, True) for title in titles]
    return Table("survival", say("survival.caption", level=level), tuple(columns), tuple(rows))


def _median(one: SurvivalGroup, say: Words) -> Cell:
    """The median with its interval, or the reason why there is none."""
    if one.median_months is None:
        return Cell(say("survival.few" if one.deaths < FEWEST_DEATHS else "survival.not_reached"), kind="muted")
    low = "" if one.median_low is None else f"{one.median_low:.1f}"
    high = say("survival.not_reached") if one.median_high is None else f"{one.median_high:.1f}"
    return numeric(f"{one.median_months:.1f}", f"{low}{DASH}{high}")


def external(values: ResultValues, say: Words, view: View) -> Section | None:
    """Metrics of the model in external centres beside the study's reference, such as age alone."""
    rows, model = _ordered(values), values.bundle.model
    reference = next((one.model for one in rows if one.reference), "")
    explain = say("external.explain", reference=reference) if reference else say("external.explain_alone")
    pooled = [one for one in rows if one.center == POOLED]
    of_centers = [one for one in rows if one.center != POOLED]
    content = {
        "explain": explain if rows else say("external.none"),
        "table": _external_table("external", pooled or of_centers, model, reference, say) if rows else None,
        "centers": _external_table("external-centers", of_centers, model, reference, say) if pooled else None,
    }
    return Section("external", say("external.title"), content)


def _ordered(values: ResultValues) -> list[ExternalMetric]:
    """Centre by centre, and of each the tasks in the order of their answers."""
    tasks = {one.task: at for at, one in enumerate(values.tasks)}
    centers = list(dict.fromkeys(one.center for one in values.external))
    return sorted(values.external, key=lambda one: (centers.index(one.center), tasks.get(one.task, len(tasks))))


def _external_table(name: str, rows: Sequence[ExternalMetric], model: str, reference: str, say: Words) -> Table:
    keyed = {(one.center, one.task, one.metric, one.reference): one for one in rows}
    cells = []
    for center, task, metric in dict.fromkeys((one.center, one.task, one.metric) for one in rows):
        own, beside = keyed.get((center, task, metric, False)), keyed.get((center, task, metric, True))
        told = own or beside
        n = "" if told is None else f"{told.n:,}"
        if told is not None and told.n_positive is not None:
            n = say("external.positive", n=n, positive=f"{told.n_positive:,}")
        names = (Cell(say.named("center", center)), Cell(say.task(task)), Cell(say.name("external.metrics", metric)))
        values = [_value(own, say)] + ([_value(beside, say)] if reference else [])
        cells.append((*names, *values, numeric(n)))
    titles = [model, *([reference] if reference else [])]
    columns = [Column(say(f"external.{name}")) for name in ("center", "task", "metric")]
    columns += [Column(title, True) for title in titles] + [Column(say("external.n"), True)]
    return Table(name, say("external.caption"), tuple(columns), tuple(cells))


def _value(one: ExternalMetric | None, say: Words) -> Cell:
    if one is None:
        return Cell(say("external.missing"), kind="muted")
    if one.value is None:
        return Cell(say.english(one.note), kind="muted")
    return numeric(number(one.value), "" if one.low is None else interval(one.low, one.high))
