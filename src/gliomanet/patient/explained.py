"""Grounds of the answers, as a result holds it: maps of voxels, and the worth of the inputs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from gliomanet.bundle.read import Bundle
from gliomanet.patient.attribution import AttributionMap, explained_model
from gliomanet.patient.statements.statement import Statement, state
from gliomanet.patient.worth import Worth


class Explained(BaseModel):
    """Explanations of the answers, of the models and of no tissue; empty with `--fast` and `--no-explain`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    asked: bool = Field(description="False where they were not asked for.")
    attribution: tuple[AttributionMap, ...] = Field(description="A map a task, of a network on images.")
    worth_of_inputs: tuple[Worth, ...] = Field(
        description="A row a task, of stacks, of models on features, and of networks that take age or sex."
    )


def not_explained(bundle: Bundle, *, explain: bool) -> tuple[Statement, ...]:
    """Explanations that are not given, and why."""
    if not explain:
        return (state("not_assessed.not_explained"),)
    if explained_model(bundle) is None:
        return (state("not_assessed.no_network"),)
    return ()
