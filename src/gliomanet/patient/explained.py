"""Grounds of the answers, as a result holds it: maps of voxels, and the worth of the inputs; read without a network."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class AttributionMap(BaseModel):
    """A class's evidence by voxel: integrated gradients, from the case's images without their detail to the images.

    The evidence is the class's log-odds, its logit minus the mean of the others', as the mean of the folds' networks
    gives it without mirror images. A map says what a network looked at, and nothing of what is true of the tissue.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    called: str = Field(description="Class whose evidence it is.")
    model: str = Field(description="Network that is explained: the model that answers, or a stack's member.")
    file: str = Field(description="Map on the atlas grid: log-odds by voxel, the sum over the modalities, signed.")
    evidence: float = Field(description="Evidence for the class, in log-odds.")
    start: float = Field(description="Evidence that is left of it where the images are blurred.")
    additivity_gap: float = Field(description="Sum of the map's voxels less the difference of the two: zero if exact.")
    by_modality: dict[str, float] = Field(description="Modality or ratio map → sum of its voxels.")
    in_brain: float | None = Field(description="Share of the map's magnitude in the brain; empty: the map is zero.")
    in_tumour: float | None = Field(description="Share in the tumour's outline; empty: there is no outline.")
    tumour_share_of_brain: float | None = Field(description="Share of the brain that the outline takes.")


class Worth(BaseModel):
    """Share of each group of inputs in the called class's raw probability: Shapley values, which add up to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    called: str = Field(description="Class whose probability it is.")
    nothing_known: float = Field(description="Probability without any input: the class's share in calibration.")
    all_known: float = Field(description="Probability with all of them, without mirror images.")
    groups: dict[str, float] = Field(description="Modality, `shape` of the outline, `age` or `sex` → Shapley value.")


class Explained(BaseModel):
    """Explanations of the answers, of the models and of no tissue; empty with `--fast` and `--no-explain`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    asked: bool = Field(description="False where they were not asked for.")
    attribution: tuple[AttributionMap, ...] = Field(description="A map a task, of a network on images.")
    worth_of_inputs: tuple[Worth, ...] = Field(
        description="A row a task, of stacks, of models on features, and of networks that take age or sex."
    )
