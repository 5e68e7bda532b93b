"""Base of every section of a study's configuration, and the types that sections share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gliomanet.errors import Problem, ProblemError
from gliomanet.mask_conventions import ALLOWED, convention_of, mapped
from gliomanet.modalities import ratio_of

_Items = TypeVar("_Items", bound=Sequence[object])


def each_once(values: _Items) -> _Items:
    """Refuse a list that names a value twice.

    Raises:
        ProblemError: rule `named_twice`.
    """
    if len(set(values)) != len(values):
        raise ProblemError(Problem(f"found {list(values)}", "name each value once", rule="named_twice"))
    return values


def ratio_map(name: str) -> str:
    """Refuse what names no ratio of two modalities.

    Raises:
        ProblemError: rule `no_ratio`.
    """
    try:
        ratio_of(name)
    except ValueError as error:
        raise ProblemError(Problem(str(error), "name two modalities with / between them", rule="no_ratio")) from None
    return name


def plain_path(path: str) -> str:
    """Refuse what a shell or the workflow engine would put another text in place of.

    Raises:
        ProblemError: rules `braces_in_path`, `shell_in_path`.
    """
    if re.search(r"[{}]", path.replace("{data_root}", "")):
        found, action = f"{path!r} holds braces, which the workflow reads as wildcards", "rename the file or folder"
        raise ProblemError(Problem(found, action, rule="braces_in_path"))
    if path.startswith("~") or re.search(r"\$[A-Za-z_]", path):
        found = f"{path!r}: '~' and variables are filled in by shells, not here"
        raise ProblemError(Problem(found, "write the whole path", rule="shell_in_path"))
    return path


def mask_convention(value: object) -> object:
    """Refuse what declares no convention of tumour mask codes.

    Raises:
        ProblemError: see `convention_of` and `mapped`.
    """
    if value is None:
        return None
    if isinstance(value, str) and value.strip():
        return convention_of(value).name
    if isinstance(value, dict) and value:
        listed = {str(part): codes if isinstance(codes, list | tuple) else [codes] for part, codes in value.items()}
        return {part: list(codes) for part, codes in mapped(listed).codes.items()}
    raise ProblemError(Problem(f"found {value!r}", ALLOWED, rule="unknown_mask_convention"))


Modality = Literal["t1", "t1c", "t2", "flair"]
RatioMap = Annotated[str, AfterValidator(ratio_map)]
Role = Literal["train", "external", "unlabelled"]
Stage = Literal["supervised", "pseudo_label"]
Flips = Literal["none", "left_right", "all"]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
MaskCode = Literal[1, 2, 4]
MaskCodes = Annotated[list[MaskCode], Field(min_length=1)]
PathText = Annotated[str, AfterValidator(plain_path)]
MaskConvention = Annotated[str | dict[str, list[int]], BeforeValidator(mask_convention)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Clinical = Annotated[tuple[Literal["age", "sex"], ...], AfterValidator(each_once)]
Stages = Annotated[tuple[Stage, ...], AfterValidator(each_once)]
JOINT_LIKELIHOOD = (
    "Weight of a further loss: −log of the probability that all tasks together give to the WHO diagnoses that fit a "
    "case's known labels; 0: none. Read such a model by its joint decoding. Its tasks must be on two labels at least."
)
