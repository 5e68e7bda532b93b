"""What the parts of a study's configuration share: the base of every section, and the types of its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

_Items = TypeVar("_Items", bound=Sequence[object])


def each_once(values: _Items) -> _Items:
    if len(set(values)) != len(values):
        raise ValueError("must name each value once")
    return values


Modality = Literal["t1", "t1c", "t2", "flair"]
Role = Literal["train", "external", "unlabelled"]
Stage = Literal["supervised", "pseudo_label"]
Flips = Literal["none", "left_right", "all"]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
MaskCode = Literal[1, 2, 4]
MaskCodes = Annotated[list[MaskCode], Field(min_length=1)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
