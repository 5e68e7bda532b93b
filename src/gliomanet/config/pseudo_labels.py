"""Selection of pseudo-labels."""

from __future__ import annotations

from pydantic import Field

from gliomanet.config.types import Fraction, Section


class PseudoLabelRound(Section):
    """Thresholds of one round, on temperature-scaled probabilities over the stochastic passes."""

    min_probability: Fraction = Field(0.9, description="Least mean probability of an accepted label.")
    max_std: Fraction = Field(0.05, description="Largest standard deviation over the passes of an accepted label.")


class PseudoLabels(Section):
    """Uncertainty-aware selection of pseudo-labels (GMMAS)."""

    passes: int = Field(10, ge=2, description="Stochastic passes with dropout on.")
    rounds: tuple[PseudoLabelRound, ...] = Field(
        (PseudoLabelRound(), PseudoLabelRound(min_probability=0.99, max_std=0.01)),
        min_length=1,
        description="The thresholds of each round; the model of a round is the teacher of the next. "
        "Each is a training stage: `pseudo_label`, `pseudo_label_2`, …",
    )
    max_class_ratio: float = Field(
        3, ge=1, description="A class may have at most this multiple of (the rarest class's accepted labels + 1)."
    )
    teacher_alpha: Fraction = Field(
        0.05,
        description="Largest p at which a teacher may label: a permutation test of its MCC on its validation cases, task by task; 1: no test.",
    )
