"""Scenarios of a study, and the folds of each: who trains and who tests, by centre.

`gliomanet.pipeline.plan` says which of their fits predicts whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gliomanet.config.split import MAIN, Fold, Scenario
from gliomanet.tables.columns import HELD_OUT

if TYPE_CHECKING:
    from gliomanet.config.study import Study


def scenarios_of(study: Study) -> tuple[Scenario, ...]:
    """Every pair of training and testing centres: the design's own, then the further ones."""
    train, external = study.centers_of("train"), study.centers_of("external")
    if study.split.design == "fixed":
        own = [Scenario(name=MAIN, train=train, external=external)]
    else:
        own = [
            Scenario(
                name=HELD_OUT + held_out,
                train=tuple(center for center in train if center != held_out),
                external=(held_out, *external),
            )
            for held_out in train
        ]
    return (*own, *study.split.scenarios)


def folds_of(scenarios: Sequence[Scenario], number: int) -> tuple[Fold, ...]:
    """Every fold of every scenario in order: `number` of them, and the refit last.

    Ids are "0", "1", … "all"; in a study of several scenarios "<scenario>.0", …, so that each names one fit.
    """
    return tuple(
        Fold(
            id=str(fold) if len(scenarios) == 1 else f"{scenario.name}.{fold}",
            scenario=scenario.name,
            is_refit=fold == "all",
            train=scenario.train,
            external=scenario.external,
        )
        for scenario in scenarios
        for fold in (*range(number), "all")
    )
