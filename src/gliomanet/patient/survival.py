"""Survival of the study's own patients of the types that an answer is compatible with: figures of groups, no forecast.

The types are all of those that the prediction sets leave open, so that an answer that cannot tell two types is never
followed by the curve of one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from gliomanet.bundle.survival import SurvivalGroup, survival_in
from gliomanet.evaluation.rows import POOLED
from gliomanet.evaluation.survival.patients import age_band
from gliomanet.labels.joint_decoding import decodes_jointly
from gliomanet.labels.tasks import Task
from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES, integrated_type
from gliomanet.patient.open_states import open_states, who_tasks

if TYPE_CHECKING:
    from gliomanet.bundle.read import Bundle


ALL = "all"
IDH_GROUPS = {"wildtype": "IDH-wildtype", "mutant": "IDH-mutant"}


class ReferenceSurvival(BaseModel):
    """Survival of groups of the study's patients, beside an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    types: tuple[str, ...] = Field(description="Groups that the answer leaves open, by its prediction sets.")
    contradictory: bool = Field(description="True where no type fits the prediction sets: then all types are listed.")
    age_band: str = Field(description="Band of the patient's age; empty: the age is not known.")
    resection_known: bool = Field(False, description="False: patients of any resection are counted.")
    confidence: float = Field(description="Of every interval.")
    centers: tuple[str, ...] = Field(description="Centres whose patients are counted.")
    simulated: tuple[str, ...] = Field(description="Those among them whose patients are phantoms.")
    groups: tuple[SurvivalGroup, ...] = Field(description="Of each type, at any age and in the patient's band.")
    lacking: tuple[str, ...] = Field(description="Types of which fewer than ten patients are known.")


def survival_beside(sets: Mapping[str, tuple[str, ...]], age: float | None, bundle: Bundle) -> ReferenceSurvival | None:
    """The reference curves beside an answer; `None` where the bundle has none, or the tasks ask for no IDH status.

    Args:
        sets: task → prediction set.
        age: of the patient in years, where it is known.
        bundle: the bundle.
    """
    reference = survival_in(bundle)
    types, contradictory = open_types(sets, bundle.description.tasks)
    if reference is None or not types:
        return None
    band = "" if age is None else age_band(age)
    own = [one for one in reference.groups if one.group in types and one.resection == ALL and one.label == ALL]
    shown = [one for one in own if one.age_band in (ALL, band)]
    shown.sort(key=lambda one: (one.center == POOLED, types.index(one.group), one.age_band != ALL))
    centers = tuple(dict.fromkeys(one.center for one in reference.groups if one.center != POOLED))
    sources = bundle.description.centers
    return ReferenceSurvival(
        types=types,
        contradictory=contradictory,
        age_band=band,
        confidence=reference.confidence,
        centers=centers,
        simulated=tuple(name for name in centers if name in sources and sources[name].source == "phantom"),
        groups=tuple(shown),
        lacking=tuple(name for name in types if name not in {one.group for one in own}),
    )


def open_types(sets: Mapping[str, tuple[str, ...]], tasks: Mapping[str, Task]) -> tuple[tuple[str, ...], bool]:
    """The groups of `reference_curves` that prediction sets leave open, and if the sets contradict each other.

    Integrated types with their grade where IDH and 1p/19q are both asked for; else the IDH status; none where that is
    not asked for either. An empty set tells nothing. Where no type fits all sets, every one is open.
    """
    asked = who_tasks(sets, tasks)
    labels = {task.label for task in asked.values()}
    if "idh" not in labels:
        return (), False
    fitting = open_states(sets, tasks)
    states = fitting or LEGAL_STATES + LEGACY_STATES
    if decodes_jointly(asked) and "codel_1p19q" in labels:
        return tuple(dict.fromkeys(integrated_type(*state) for state in states)), not fitting
    return tuple(dict.fromkeys(IDH_GROUPS[state.idh] for state in states)), not fitting
