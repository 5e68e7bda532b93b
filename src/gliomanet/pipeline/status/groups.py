"""Groups of jobs that would run, a sentence each: by rule, model, centre and cause."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gliomanet.pipeline.status.causes import NEW, Cause
from gliomanet.pipeline.status.costs import Cost, Costs
from gliomanet.pipeline.status.jobs import Job, Rerun
from gliomanet.pipeline.status.wording import joined

Caused = tuple[Job, Rerun, tuple[Cause, ...]]
"""A job that would run, the engine's findings on it, and its own causes."""

Key = tuple[str, str, str, str]
"""Rule, model, centre where it has cases, and causes: jobs that share these are told in one sentence."""

NAMED = 6
"""More centres, folds or models than so many are counted."""

ALIKE = 3
"""More groups of one rule, model and centre than so many are told in one, without what differs between them."""

UNITS = {"case": "cases", "center": "centres", "fold": "folds", "model": "models", "stage": "stages"}


@dataclass(frozen=True)
class Group:
    """Jobs that are told in one sentence.

    Attributes:
        jobs: at least one.
        doing: what they do, such as `Preprocessing 12 cases of EAST`.
        causes: why, in words; empty where they only follow from others.
        cost: of all of them.
    """

    jobs: tuple[Job, ...]
    doing: str
    causes: tuple[str, ...]
    cost: Cost

    @property
    def follows(self) -> bool:
        return not self.causes


def groups_of(
    caused: Sequence[Caused], messages: Mapping[str, str], costs: Costs, done: Iterable[Job] = ()
) -> list[Group]:
    """Groups of the jobs that would run: those with causes of their own, then those that follow.

    Each job is in one group. They are in the order of the jobs, which is the pipeline's.

    Args:
        caused: the jobs that would run.
        messages: rule → its message, with wildcards in braces.
        costs: what jobs will cost.
        done: the jobs that would not run: a centre or model that has none is told in one sentence.
    """
    new = _new_names(caused, done)
    gathered: dict[Key, list[Caused]] = defaultdict(list)
    for one in caused:
        gathered[_key(one, new)].append(one)
    shorts = {key: "; ".join(cause.short for cause in ones[0][2]) for key, ones in gathered.items()}
    alike = Counter((*key[:3], shorts[key]) for key in gathered)
    merged: dict[Key, list[Caused]] = defaultdict(list)
    for key, ones in gathered.items():
        short = (*key[:3], shorts[key])
        merged[short if alike[short] > ALIKE else key] += ones
    groups = [_group(key, ones, messages, costs) for key, ones in merged.items()]
    return sorted(groups, key=lambda group: group.follows)


def _new_names(caused: Sequence[Caused], done: Iterable[Job]) -> set[tuple[str, str]]:
    """Centres and models of which nothing has run, in a study of which something has."""
    new = {id(job) for job, _, causes in caused if causes == (NEW,)}
    old = [*done, *(job for job, _, _ in caused if id(job) not in new)]
    if not old:
        return set()
    known = {(name, job.wildcards[name]) for job in old for name in ("center", "model") if name in job.wildcards}
    asked = {(n, job.wildcards[n]) for job, _, _ in caused for n in ("center", "model") if n in job.wildcards}
    return asked - known


def _key(one: Caused, new: set[tuple[str, str]]) -> Key:
    job, _, causes = one
    center, model = job.wildcards.get("center", ""), job.wildcards.get("model", "")
    if ("center", center) in new:
        return "", "", center, NEW.said
    if ("model", model) in new:
        return "", model, "", NEW.said
    if not causes:
        return job.rule, "", "", ""
    of = center if "case" in job.wildcards else ""
    return job.rule, model, of, "; ".join(cause.said for cause in causes)


def _group(key: Key, ones: Sequence[Caused], messages: Mapping[str, str], costs: Costs) -> Group:
    rule, model, center, said = key
    jobs = tuple(job for job, _, _ in ones)
    doing = doing_of(messages.get(rule, ""), jobs) if rule else f"Centre {center}" if center else f"Model {model}"
    cost = sum((costs.of(job, runs) for job, runs, _ in ones), Cost())
    return Group(jobs, doing, (said,) if said else (), cost)


def doing_of(message: str, jobs: Sequence[Job]) -> str:
    """A rule's message, said of several of its jobs.

    >>> cases = [Job("preprocess_case", {"center": "EAST", "case": f"E-{n}"}, "") for n in range(12)]
    >>> doing_of("Preprocessing {case} of {center}", cases)
    'Preprocessing 12 cases of EAST'
    """
    names = {name: list(dict.fromkeys(job.wildcards[name] for job in jobs)) for name in jobs[0].wildcards}
    if "case" in names:  # the same id may stand in two centres
        names["case"] = list(dict.fromkeys(f"{job.wildcards.get('center')} {job.wildcards['case']}" for job in jobs))
    told = {name: _told(name, values) for name, values in names.items()}
    if "case" in names and len(jobs) == 1:
        told["case"] = jobs[0].wildcards["case"]
    text = message or " ".join([jobs[0].rule.replace("_", " "), *(f"{{{name}}}" for name in names)])
    if "{case}" in text and "{center}" not in text and {"case", "center"} <= told.keys():
        told["case"] += f" of {told['center']}"
    return re.sub(r"\{(\w+)\}", lambda match: told.get(match[1], match[0]), text)


def _told(name: str, values: Sequence[str]) -> str:
    if (name == "case" and len(values) > 1) or len(values) > NAMED:
        return f"{len(values)} {UNITS.get(name, f'values of {name}')}"
    return joined(values)
