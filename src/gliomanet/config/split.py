"""Folds and scenarios: the centres that train, and those that test."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gliomanet.config.types import Identifier, Section

MAIN = "main"
"""Name of the scenario in which the centres of role train train, and those of role external test."""


class Scenario(Section):
    """A pair of training centres and test centres."""

    name: Identifier = Field(description="Its name in every table.")
    train: tuple[str, ...] = Field(description="Centres whose cases train.")
    external: tuple[str, ...] = Field((), description="Centres whose cases are predicted, as external ones.")


class Fold(Section):
    """One training of a scenario: on its folds but one, or (`refit`) on all of its cases."""

    id: str
    scenario: str
    is_refit: bool
    train: tuple[str, ...]
    external: tuple[str, ...]


class Split(Section):
    """Division of the cases, always by patient, never by case."""

    design: Literal["fixed", "leave_one_center_out"] = Field(
        "fixed",
        description="`fixed`: centres of role external test; `leave_one_center_out`: every training centre is held out in turn.",
    )
    folds: int = Field(5, ge=2, le=20, description="Cross-validation folds inside the training centres.")
    scenarios: tuple[Scenario, ...] = Field((), description="Further pairs of training and test centres.")
