"""The answer: the types that it leaves open, and each question by itself."""

from __future__ import annotations

from typing import Any

from gliomanet.patient.page.plot import bar
from gliomanet.patient.page.view import View
from gliomanet.patient.page.words import Words
from gliomanet.patient.result import ResultValues, TaskAnswer
from gliomanet.reporting.format import number
from gliomanet.reporting.study.section import Section


def percent(share: float) -> str:
    """`67 %`; `< 1 %` and `> 99 %` near the ends, since nothing is certain."""
    if share < 0.01:
        return "< 1 %"
    return "> 99 %" if share > 0.99 else f"{share:.0%}".replace("%", " %")


def diagnosis(values: ResultValues, say: Words, view: View) -> Section | None:
    """The integrated type in words, with the types that no prediction set rules out."""
    types, open_ones = values.compatible_with, [one for one in values.compatible_with if one.open]
    unlike = [say.task(one.task) for one in values.tasks if not one.prediction_set]
    lead = say("diagnosis.several")
    if not types:
        lead = say("diagnosis.unasked")
    elif not open_ones:
        lead = say("diagnosis.none")
    elif len(open_ones) == 1:
        lead = say("diagnosis.one", type=say.named("type", open_ones[0].name))
    level = max((one.set_level for one in values.tasks), default=0.0)
    miss, sets = 1 - level, len(values.tasks)
    together = percent(min(sets * miss, 1.0))
    explain = say("diagnosis.explain", miss=percent(miss), sets=sets, together=together) if types else ""
    content = {
        "lead": lead,
        "open": [say.named("type", one.name) for one in open_ones] if len(open_ones) > 1 else [],
        "unlike": say("diagnosis.unlike", tasks=say.listing(unlike)) if unlike else "",
        "explain": explain,
        "rows": [
            {
                "name": say.named("type", one.name),
                "probability": percent(one.probability),
                "bar": _bar(one.probability),
                "open": one.open,
            }
            for one in types
        ],
    }
    return Section("diagnosis", say("diagnosis.title"), content)


def tasks(values: ResultValues, say: Words, view: View) -> Section | None:
    """Every task with its probabilities and its set."""
    if not values.tasks:
        return None
    content = {"tasks": [_task(one, say) for one in values.tasks]}
    return Section("tasks", say("tasks.title"), content)


def _task(one: TaskAnswer, say: Words) -> dict[str, Any]:
    members = [say.named("class", name) for name in one.prediction_set]
    lead = say("tasks.none") if not members else say("tasks.several", names=say.listing(members))
    rows = [
        {
            "name": say.named("class", answer.name),
            "probability": percent(answer.probability),
            "bar": _bar(answer.probability),
            "in_set": answer.in_set,
            "p": number(answer.set_p),
            "raw": percent(answer.raw_probability),
            "joint": "" if answer.joint_probability is None else percent(answer.joint_probability),
            "spread": "" if answer.fold_std is None else number(answer.fold_std),
        }
        for answer in one.classes
    ]
    return {
        "name": say.task(one.task),
        "lead": say("tasks.one", name=members[0]) if len(members) == 1 else lead,
        "abstains": one.abstains,
        "uncertainty": say("tasks.uncertainty", share=percent(one.uncertainty_share)),
        "caption": say("tasks.caption", task=say.task(one.task), level=percent(one.set_level)),
        "rows": rows,
        "has": {key: any(row[key] for row in rows) for key in ("joint", "spread")}
        | {"raw": any(row["raw"] != row["probability"] for row in rows)},
    }


def _bar(share: float) -> Any:
    return bar(share, percent(share))
