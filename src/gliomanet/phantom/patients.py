"""Patients of a phantom centre, drawn as plans before anything is simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gliomanet.labels.who import LEGAL_STATES, WhoState
from gliomanet.modalities import MODALITIES
from gliomanet.phantom.appearance import GRADE_SHARES, SITES, Appearance, draw_appearance, rule_of
from gliomanet.phantom.ids import case_id
from gliomanet.phantom.seeds import generator

if TYPE_CHECKING:
    import numpy as np

    from gliomanet.config.sources import PhantomSource, Prevalence

REFERENCE = "t1c"
"""The modality that the tumour mask lies on; never missing."""

_GOLDEN = 0.6180339887498949
_SITE_JITTER_MM = 7.0


@dataclass(frozen=True)
class Patient:
    """One phantom patient, and everything that is measurable of the tumour."""

    case_id: str
    patient_id: str
    index: int
    """Position in the centre, from 1; seeds derive from it."""
    age: int
    sex: str
    state: WhoState
    site: str
    location_mm: tuple[float, float, float]
    """The point from which the tumour grows, in MNI152 mm."""
    appearance: Appearance
    missing_modalities: tuple[str, ...]
    missing_labels: tuple[str, ...]


def plan_center(center_id: str, source: PhantomSource, seed: int) -> list[Patient]:
    """The centre's patients, in order. Patient i depends on (seed, centre, i) and the source's rates alone.

    Args:
        center_id: the centre's key in the study.
        source: number of cases, prevalence, rates of what is missing.
        seed: the study's seed.
    """
    return [plan_patient(center_id, source, seed, index) for index in range(1, source.cases + 1)]


def plan_patient(center_id: str, source: PhantomSource, seed: int, index: int) -> Patient:
    """The patient of this index (from 1)."""
    rng = generator(seed, center_id, index, "plan")
    state = _state_of(center_id, source.prevalence, seed, index)
    rule = rule_of(state, rng)
    age = round(rule.age.draw(rng))
    sex = "M" if rng.random() < 0.57 else "F"
    site = str(rng.choice(list(rule.sites), p=list(rule.sites.values())))
    return Patient(
        case_id=case_id(center_id, index),
        patient_id=f"{center_id}-P{index:03d}",
        index=index,
        age=age,
        sex=sex,
        state=state,
        site=site,
        location_mm=_location(site, rng),
        appearance=draw_appearance(rule, rng),
        missing_modalities=_missing_modalities(source.missing_modalities, rng),
        missing_labels=tuple(name for name in WhoState._fields if rng.random() < source.missing_labels),
    )


def state_shares(prevalence: Prevalence) -> dict[WhoState, float]:
    """The fraction of each of `LEGAL_STATES` under a centre's prevalence; they sum to 1."""
    weights = prevalence.model_dump()
    total = sum(weights.values())
    return {s: weights[diagnosis_of(s)] / total * GRADE_SHARES[diagnosis_of(s)][s.grade] for s in LEGAL_STATES}


def diagnosis_of(state: WhoState) -> str:
    """The name of a WHO 2021 state, as `study.Prevalence` spells it."""
    if state.idh == "wildtype":
        return "glioblastoma"
    return "oligodendroglioma" if state.codel_1p19q == "codeleted" else "astrocytoma"


def _state_of(center_id: str, prevalence: Prevalence, seed: int, index: int) -> WhoState:
    # A golden-ratio sequence from a random start: each case can be drawn alone, and yet any run of cases follows the
    # prevalence closely, so that a small centre does not lack a class by bad luck.
    start = generator(seed, center_id, 0, "states").random()
    position = (start + index * _GOLDEN) % 1.0
    shares = state_shares(prevalence)
    for state, share in shares.items():
        if position < share:
            return state
        position -= share
    return max(shares, key=lambda s: shares[s])  # only rounding of the sum leads here


def _location(site: str, rng: np.random.Generator) -> tuple[float, float, float]:
    x, y, z = SITES[site]
    side = 1 if rng.random() < 0.5 else -1
    dx, dy, dz = (float(step) for step in rng.normal(0, _SITE_JITTER_MM, 3))
    # At least 8 mm off the midline, so that the side is a fact.
    return side * max(x + dx, 8.0), y + dy, z + dz


def _missing_modalities(rate: float, rng: np.random.Generator) -> tuple[str, ...]:
    is_incomplete, how_many = rng.random() < rate, int(rng.integers(1, 3))
    order = rng.permutation([name for name in MODALITIES if name != REFERENCE])
    lost = {str(name) for name in order[:how_many]} if is_incomplete else set()
    return tuple(name for name in MODALITIES if name in lost)
