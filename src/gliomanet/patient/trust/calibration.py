"""A distance from training cases, calibrated on cases that the fold did not learn from: how seldom good cases reach it.

Cross-conformal p values (Vovk, Ann Math Artif Intell 74:9, 2015, eq. 4): of exchangeable cases, a share of at most p
is that far. Every fold has its own distance, and each held-out case counts in the one fold that held it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FALSE_ALARMS = 0.05
"""Share of good cases like the training's own, over all distances together, of which something is said by mistake."""

FAR = 2.0
"""Multiple of the distance of alarm from which a result is not to be used. A choice, not calibrated: no number of
held-out cases could tell so small a rate."""


@dataclass(frozen=True)
class Calibrated:
    """A distance beside those of held-out cases.

    Attributes:
        p: share of good cases that are as far, the case itself counted.
        cases: held-out cases.
        alarm_at: the p from which there is an alarm, and so the share of good cases that alarm by mistake; never less
            than 1 / (cases + 1), the smallest p that so many cases can tell.
        over: the distance over that of alarm, in the fold where that is least.
    """

    p: float
    cases: int
    alarm_at: float
    over: float

    @property
    def alarm(self) -> bool:
        return self.p <= self.alarm_at

    @property
    def far(self) -> bool:
        """True where nothing of the result is to be used."""
        return self.alarm and self.over >= FAR


def calibrate(
    distances: Mapping[str, float], held_out: Mapping[str, NDArray[np.float64]], level: float
) -> Calibrated | None:
    """The distances of a case, fold by fold, beside those of the cases that each fold held out.

    Args:
        distances: fold → distance of the case.
        held_out: fold → distances of its held-out cases.
        level: share of good cases that may alarm.

    Returns:
        `None` where no fold of the case held out any.
    """
    folds = [fold for fold in distances if fold in held_out and len(held_out[fold])]
    cases = sum(len(held_out[fold]) for fold in folds)
    if not cases:
        return None
    beyond = sum(int((held_out[fold] >= distances[fold]).sum()) for fold in folds)
    alarm_at = max(level, 1 / (cases + 1))
    over = min(distances[fold] / max(_reached(held_out[fold], alarm_at), 1e-9) for fold in folds)
    return Calibrated((1 + beyond) / (cases + 1), cases, alarm_at, float(over))


def _reached(distances: NDArray[np.float64], level: float) -> float:
    """The distance that a share of `level` of the cases reaches."""
    return float(np.quantile(distances, 1 - level, method="higher"))
