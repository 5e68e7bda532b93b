"""Facts of what limits a report: the outline, sides, sets, and how the model did where it had not been trained."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.bundle.external import ExternalMetric
from gliomanet.case_report.fact import Fact
from gliomanet.case_report.gather.case import is_child
from gliomanet.case_report.gather.estimates import named_tasks
from gliomanet.case_report.gather.numbers import decimal, finite, whole
from gliomanet.case_report.gather.types import open_groups
from gliomanet.patient.result import ResultValues

AUC = "auc"


def facts(values: ResultValues) -> Iterator[Fact]:
    """The facts of the comparison with earlier examinations, and of the limits."""
    yield Fact(id="comparison.none", section="comparison", kind="statement", required=True, polarity="no")
    outlined = values.segmentation is not None and any(one.volume_ml > 0 for one in values.segmentation.volumes)
    names = ["outline", "mirror"] if outlined else []
    names += ["sets", "adults"]
    if open_groups(values) and not is_child(values):
        names.append("figures")
    for name in names:
        yield Fact(id=f"limits.{name}", section="limits", kind="statement", required=True)
    if not values.external:
        yield Fact(id="limits.not_tested", section="limits", kind="statement", required=True, polarity="no")
    for name, task in named_tasks(values):
        of_task = [one for one in values.external if one.task == task.task]
        yield from _external(name, task.label, of_task, tested=bool(values.external))


def _external(name: str, label: str, metrics: list[ExternalMetric], *, tested: bool) -> Iterator[Fact]:
    """The AUC in the external centres together, or in the only one, beside the study's reference."""
    of_auc = [one for one in metrics if one.metric == AUC]
    centers = {one.center for one in of_auc}
    counted = "pooled" if "pooled" in centers else next(iter(centers)) if len(centers) == 1 else ""
    here = [one for one in of_auc if one.center == counted]
    model = next((one for one in here if not one.reference), None)
    other = next((one for one in here if one.reference and finite(one.value)), None)
    if model is None:
        if tested:
            terms = {"task": (label,)}
            yield Fact(id=f"external.{name}", section="limits", kind="number", terms=terms, polarity="no")
        return
    if model.value is None or not finite(model.value):
        yield Fact(
            id=f"external.{name}",
            section="limits",
            kind="number",
            terms={"task": (label,)},
            polarity="no",
            values=(whole("n", model.n, "cases"),),
        )
        return
    numbers = [decimal("auc", model.value, "", 2)]
    for end, number in (("low", model.low), ("high", model.high)):
        if number is not None and finite(number):
            numbers.append(decimal(end, number, "", 2))
    numbers.append(whole("n", model.n, "cases"))
    if other is not None and other.value is not None:
        numbers.append(decimal("reference", other.value, "", 2))
    yield Fact(
        id=f"external.{name}",
        section="limits",
        kind="number",
        required=True,
        terms={"task": (label,)},
        polarity="yes",
        values=tuple(numbers),
    )
