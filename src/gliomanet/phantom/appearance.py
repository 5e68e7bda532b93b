"""Appearance of a diagnosis: the distributions that a phantom patient's measurable parameters are drawn from.

The rules, after the imaging literature (Park 2021 Eur Radiol 31:5289; Johnson 2017 AJNR 38:678; Smits 2016 BJR
89:20150857; Patel 2026 J Neurooncol, 10.1007/s11060-026-05431-8):

- grade 4: necrosis inside a ring of enhancement, wide oedema; one glioblastoma in eight hardly enhances;
- IDH-mutant: little enhancement, small oedema, bright T2;
- astrocytoma, IDH-mutant: T2-FLAIR mismatch (bright on T2, suppressed on FLAIR, bright rim) in about half of the lower
  grades, sharp margin;
- oligodendroglioma: blurred margin, coarse calcification (dark speckles on T1, T2 and FLAIR), at the frontal cortex,
  patchy mild enhancement.

Every parameter overlaps between the diagnoses: none of them alone tells the labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gliomanet.labels.who import WhoState


@dataclass(frozen=True)
class Appearance:
    """Measurable parameters of one tumour."""

    core_ml: float
    """Volume of everything but the oedema."""
    oedema_ratio: float
    """Oedema volume, as a multiple of the core's."""
    necrosis: float
    """Share of the core that is necrotic."""
    enhancing: float
    """Share of the viable core that enhances."""
    enhancement: float
    """Rise of T1c where it enhances, as a share of white matter's signal."""
    t2_core: float
    """T2 of the viable core, white matter = 1."""
    mismatch: float
    """Suppression of FLAIR in the core: 0 none, 1 as dark as grey matter's lower end."""
    margin_mm: float
    """Standard deviation of the blur of the tumour's border."""
    calcification: float
    """Share of the viable core that is calcified."""
    mass_effect_mm: float
    """Largest displacement of the surrounding tissue."""


@dataclass(frozen=True)
class Spread:
    """A clipped normal distribution; of the logarithm where `log`."""

    mean: float
    sd: float
    low: float
    high: float
    log: bool = False

    def draw(self, rng: np.random.Generator) -> float:
        step = self.sd * rng.standard_normal()
        value = self.mean * np.exp(step) if self.log else self.mean + step
        return float(np.clip(value, self.low, self.high))


@dataclass(frozen=True)
class Rule:
    """The distributions of one diagnosis; `sites` are weights by name of `SITES`."""

    age: Spread
    core_ml: Spread
    oedema_ratio: Spread
    necrosis: Spread
    enhancing: Spread
    enhancement: Spread
    t2_core: Spread
    mismatch: Spread
    margin_mm: Spread
    calcification: Spread
    mass_effect_mm: Spread
    sites: dict[str, float]


SITES: dict[str, tuple[float, float, float]] = {
    "frontal-cortical": (32, 40, 26),
    "frontal-deep": (24, 24, 18),
    "insular": (37, 6, 2),
    "temporal": (46, -20, -14),
    "parietal": (32, -46, 40),
    "occipital": (28, -74, 12),
    "periventricular": (24, -20, 26),
}
"""Name → centre in MNI152 mm on the right; the left is its mirror image."""

_LOWER_SITES = {"frontal-deep": 0.25, "insular": 0.3, "temporal": 0.2, "frontal-cortical": 0.1, "parietal": 0.15}
_GLIOBLASTOMA_SITES = {
    "temporal": 0.28,
    "frontal-deep": 0.2,
    "parietal": 0.18,
    "periventricular": 0.14,
    "occipital": 0.1,
    "frontal-cortical": 0.1,
}
_OLIGO_SITES = {"frontal-cortical": 0.65, "frontal-deep": 0.13, "parietal": 0.12, "temporal": 0.1}

# Mean ages are the median ages at MRI of each diagnosis in UTSW-Glioma; with this spread age alone tells IDH with an
# AUC of about .90, as it does among UCSF-PDGM's patients. So a network is ahead of age only by what its images show.
_AGE_SD = 14
_GLIOBLASTOMA = Rule(
    age=Spread(64, _AGE_SD, 22, 92),
    core_ml=Spread(34, 0.5, 8, 100, log=True),
    oedema_ratio=Spread(1.6, 0.5, 0.25, 4.5, log=True),
    necrosis=Spread(0.33, 0.17, 0, 0.75),
    enhancing=Spread(0.72, 0.2, 0.1, 1),
    enhancement=Spread(0.75, 0.28, 0.12, 1.5),
    t2_core=Spread(1.55, 0.2, 1.1, 2.2),
    mismatch=Spread(0.05, 0.12, 0, 0.5),
    margin_mm=Spread(2.2, 0.7, 0.6, 5),
    calcification=Spread(0, 0.04, 0, 0.12),
    mass_effect_mm=Spread(4, 1.5, 0, 7),
    sites=_GLIOBLASTOMA_SITES,
)
_SILENT_GLIOBLASTOMA = Rule(
    **{
        **_GLIOBLASTOMA.__dict__,
        "oedema_ratio": Spread(0.8, 0.4, 0.2, 2.5, log=True),
        "necrosis": Spread(0.05, 0.05, 0, 0.2),
        "enhancing": Spread(0.12, 0.1, 0, 0.4),
        "enhancement": Spread(0.4, 0.15, 0.1, 0.8),
    }
)
SILENT_SHARE = 0.125
"""Share of glioblastomas that hardly enhance (Neuro-Oncology 2025, noaf070)."""

_ASTROCYTOMA_2 = Rule(
    age=Spread(35, _AGE_SD, 18, 80),
    core_ml=Spread(32, 0.5, 6, 100, log=True),
    oedema_ratio=Spread(0.5, 0.55, 0.1, 2, log=True),
    necrosis=Spread(0, 0.01, 0, 0.04),
    enhancing=Spread(0.02, 0.1, 0, 0.35),
    enhancement=Spread(0.35, 0.15, 0.1, 0.8),
    t2_core=Spread(2.1, 0.25, 1.5, 2.8),
    mismatch=Spread(0.55, 0.35, 0, 1),
    margin_mm=Spread(1.0, 0.4, 0.4, 3),
    calcification=Spread(0, 0.04, 0, 0.12),
    mass_effect_mm=Spread(2.5, 1.2, 0, 6),
    sites=_LOWER_SITES,
)
_ASTROCYTOMA_3 = Rule(
    **{
        **_ASTROCYTOMA_2.__dict__,
        "age": Spread(33, _AGE_SD, 18, 80),
        "oedema_ratio": Spread(0.7, 0.55, 0.1, 2.5, log=True),
        "necrosis": Spread(0, 0.04, 0, 0.15),
        "enhancing": Spread(0.12, 0.2, 0, 0.7),
        "enhancement": Spread(0.45, 0.2, 0.1, 1.1),
        "t2_core": Spread(2.0, 0.25, 1.4, 2.7),
        "mismatch": Spread(0.4, 0.35, 0, 1),
    }
)
_ASTROCYTOMA_4 = Rule(
    **{
        **_ASTROCYTOMA_2.__dict__,
        "age": Spread(39, _AGE_SD, 18, 80),
        "core_ml": Spread(36, 0.5, 8, 100, log=True),
        "oedema_ratio": Spread(1.2, 0.45, 0.2, 3.5, log=True),
        "necrosis": Spread(0.25, 0.14, 0.02, 0.6),
        "enhancing": Spread(0.5, 0.22, 0.05, 1),
        "enhancement": Spread(0.7, 0.25, 0.1, 1.4),
        "t2_core": Spread(2.0, 0.25, 1.4, 2.7),
        "mismatch": Spread(0.3, 0.3, 0, 1),
        "margin_mm": Spread(1.4, 0.6, 0.4, 4),
    }
)
_OLIGODENDROGLIOMA_2 = Rule(
    age=Spread(41, _AGE_SD, 18, 82),
    core_ml=Spread(28, 0.5, 6, 90, log=True),
    oedema_ratio=Spread(0.55, 0.55, 0.1, 2, log=True),
    necrosis=Spread(0, 0.01, 0, 0.04),
    enhancing=Spread(0.08, 0.1, 0, 0.4),
    enhancement=Spread(0.35, 0.15, 0.1, 0.8),
    t2_core=Spread(1.9, 0.25, 1.4, 2.6),
    mismatch=Spread(0.03, 0.08, 0, 0.3),
    margin_mm=Spread(4.0, 1.0, 1.5, 7),
    calcification=Spread(0.12, 0.07, 0, 0.28),
    mass_effect_mm=Spread(2, 1, 0, 5),
    sites=_OLIGO_SITES,
)
_OLIGODENDROGLIOMA_3 = Rule(
    **{
        **_OLIGODENDROGLIOMA_2.__dict__,
        "age": Spread(48, _AGE_SD, 18, 82),
        "oedema_ratio": Spread(0.75, 0.55, 0.1, 2.5, log=True),
        "necrosis": Spread(0.01, 0.05, 0, 0.15),
        "enhancing": Spread(0.18, 0.16, 0, 0.7),
        "enhancement": Spread(0.45, 0.2, 0.1, 1.1),
    }
)

GRADE_SHARES: dict[str, dict[str, float]] = {
    "astrocytoma": {"2": 0.42, "3": 0.36, "4": 0.22},
    "oligodendroglioma": {"2": 0.58, "3": 0.42},
    "glioblastoma": {"4": 1.0},
}
"""Fractions of the grades within a diagnosis."""


def rule_of(state: WhoState, rng: np.random.Generator) -> Rule:
    """The distributions of a WHO 2021 diagnosis; a glioblastoma may be one of the few that hardly enhance.

    Raises:
        ValueError: the state is no diagnosis of WHO 2021.
    """
    silent = rng.random() < SILENT_SHARE
    rules: dict[tuple[str, ...], Rule] = {
        ("wildtype", "intact", "4"): _SILENT_GLIOBLASTOMA if silent else _GLIOBLASTOMA,
        ("mutant", "intact", "2"): _ASTROCYTOMA_2,
        ("mutant", "intact", "3"): _ASTROCYTOMA_3,
        ("mutant", "intact", "4"): _ASTROCYTOMA_4,
        ("mutant", "codeleted", "2"): _OLIGODENDROGLIOMA_2,
        ("mutant", "codeleted", "3"): _OLIGODENDROGLIOMA_3,
    }
    if tuple(state) not in rules:
        raise ValueError(f"{tuple(state)} is no diagnosis of WHO 2021; allowed: {', '.join(map(str, rules))}")
    return rules[tuple(state)]


def draw_appearance(rule: Rule, rng: np.random.Generator) -> Appearance:
    """One tumour's parameters under a rule."""
    return Appearance(**{name: getattr(rule, name).draw(rng) for name in Appearance.__dataclass_fields__})
