"""The result of one patient, `result.json`: one published schema, with a version.

Every number is the bundle's own; nothing here is a diagnosis. The schema itself is written by `gliomanet predict
--schema`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gliomanet import __version__
from gliomanet.bundle.external import ExternalMetric
from gliomanet.errors import Problem, ProblemError
from gliomanet.files.atomic import write_json
from gliomanet.patient.dicom.folder import DicomFolder
from gliomanet.patient.explained import Explained
from gliomanet.patient.pictures.picture import Picture
from gliomanet.patient.statements.statement import Statement, state
from gliomanet.patient.survival import ReferenceSurvival
from gliomanet.patient.trust.said import Trust
from gliomanet.patient.vasari import Vasari

SCHEMA_VERSION = 2
NAME = "result.json"

LEARNT_CASE, LEARNT_CENTER = "warning.training_case", "warning.training_center"
"""Codes of warnings that the models learnt from this very case, or from its centre and so perhaps from it."""


def notice() -> Statement:
    """The notice that goes with every result: research use."""
    return state("notice")


def simulated() -> Statement:
    """The warning of a model that learnt from simulated patients."""
    return state("simulated")


class ResultError(ProblemError):
    """A `result.json` that cannot be read."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Part):
    """The bundle that answered."""

    title: str = Field(description="Title of the study.")
    model: str = Field(description="The study's model that answers.")
    scenario: str = Field(description="The study's scenario that it was trained in.")
    digest: str = Field(description="SHA-256 of the bundle's description, and so of all of it.")
    simulated: bool = Field(description="True where simulated patients trained it.")
    fast: bool = Field(description="True where one fold alone answered.")


class CaseFacts(_Part):
    """Facts of the patient, as told."""

    case_id: str = Field(description="Id as it was given; no name of a patient.")
    center: str = Field(description="The study's centre whose settings were asked for; `new`: none.")
    age: float | None = Field(description="In years.")
    sex: Literal["F", "M", ""] = Field(description="Empty: not known.")
    mask_codes: str = Field(description="Convention told of the mask's codes; empty: BraTS 2017 to 2021.")


class InputFile(_Part):
    """An image that was given."""

    image: str = Field(description="Modality, or `tumour_mask`.")
    digest: str = Field(description="BLAKE2b of the file.")
    voxels: tuple[int, int, int] | None = Field(description="Size of the file's grid; of modalities.")
    voxel_mm: tuple[float, float, float] | None = Field(description="Size of a voxel.")
    orientation: str = Field(description="Axes of the file, such as `LPS`.")


class Quality(_Part):
    """An image quality metric beside the training cases'."""

    metric: str = Field(description="As in the study's table of image quality.")
    value: float
    low: float | None = Field(description="Least value among the training cases.")
    high: float | None = Field(description="Largest value there.")
    outside: bool = Field(description="True where the value is outside.")


class Preparation(_Part):
    """The way of the images to the atlas."""

    names_accepted: bool = Field(description="True: nobody checked that images look like the modalities told.")

    found: tuple[Statement, ...] = Field(description="State in which they arrived, as it was found or declared.")
    steps: tuple[Statement, ...] = Field(description="Steps that were made.")
    flags: tuple[Statement, ...] = Field(description="Things that a person should look at.")
    quality: tuple[Quality, ...]


class ClassAnswer(_Part):
    """One class of a task."""

    name: str
    probability: float = Field(description="Of an ensemble its folds' mean; of one fit scaled by its temperature.")
    raw_probability: float = Field(description="Before temperature scaling.")
    joint_probability: float | None = Field(description="After WHO-consistent decoding of all tasks together.")
    fold_std: float | None = Field(description="Standard deviation over the folds; of ensembles.")
    pass_std: float | None = Field(
        description="Standard deviation over stochastic passes, mean of the folds; of networks only."
    )
    set_p: float = Field(description="Conformal p of the class.")
    in_set: bool = Field(description="True where the class is in the prediction set.")


class TaskAnswer(_Part):
    """The answer to one question."""

    task: str
    label: str = Field(description="Label that the task asks for.")
    classes: tuple[ClassAnswer, ...] = Field(description="In the order of the class axis.")
    uncertainty: float = Field(description="Entropy of the probabilities, in nats.")
    uncertainty_share: float = Field(description="That entropy over the largest possible, 0 to 1.")
    called: str = Field(description="Class at the frozen threshold; of more than two classes the most probable.")
    threshold: float | None = Field(description="Of the last of two classes, chosen on validation cases.")
    prediction_set: tuple[str, ...] = Field(description="Classes that the case cannot be told from.")
    set_level: float = Field(description="Share of the cases of each class whose set is to hold it.")
    abstains: bool = Field(description="True where the set does not hold exactly one class: no class is to be named.")
    worth_of_modalities: dict[str, float] | None = Field(
        description="Shapley values of the modalities for the called class's raw probability without mirror images; of "
        "networks on images."
    )


class IntegratedType(_Part):
    """A diagnosis of WHO 2021 that the answers are compatible with."""

    name: str
    probability: float = Field(description="By joint decoding of the tasks, among the types.")
    open: bool = Field(description="True where no prediction set rules it out.")


class Volume(_Part):
    """A part of the tumour."""

    region: str
    volume_ml: float = Field(description="In the scanner's space, on the reference modality.")
    left_share: float | None = Field(description="Share that lies left of the atlas's middle; empty: no such voxel.")
    on_atlas_ml: float = Field(description="On the atlas, whose affine registration scales brains.")


class Segmentation(_Part):
    """A tumour outline and its files."""

    source: str = Field(description="`network` (the model's name follows) or `given`.")
    parts_told: bool = Field(description="False where the whole tumour is outlined only.")
    volumes: tuple[Volume, ...]


class Reference(_Part):
    """A feature's distribution in a group of the study's patients."""

    task: str
    label: str = Field(description="Class of the task.")
    center: str = Field(description="Centre; `pooled`: all.")
    n: int = Field(description="Patients.")
    quantiles: tuple[float, ...] | None = Field(description="At 5, 25, 50, 75 and 95 %; empty: fewer than 5 patients.")


class Feature(_Part):
    """A biomarker or ratio beside the study's."""

    feature: str
    value: float
    biomarker_of: tuple[str, ...] = Field(description="Tasks that the study kept it as a biomarker of.")
    references: tuple[Reference, ...]


class ResultValues(_Part):
    """Everything that a bundle says of one patient."""

    schema_version: Literal[2] = 2
    gliomanet: str = Field(description="Version of the program.")
    made_at: str = Field(description="Time at which it was made, UTC: the one thing that differs between equal runs.")
    notice: Statement = Field(default_factory=notice, description="Research use.")
    warnings: tuple[Statement, ...] = Field(description="To be read before any number.")
    trust: Trust
    bundle: Source
    case: CaseFacts
    inputs: tuple[InputFile, ...]
    dicom: DicomFolder | None = Field(None, description="The folder of DICOM files; empty: none was given.")
    protocol: tuple[Statement, ...] = Field(
        description="Sequences of the recommended protocol that were not given, or not as it asks for them."
    )
    preparation: Preparation
    tasks: tuple[TaskAnswer, ...]
    compatible_with: tuple[IntegratedType, ...] = Field(
        description="WHO 2021 types, the most probable first; empty where the tasks do not ask for enough."
    )
    segmentation: Segmentation | None
    features: tuple[Feature, ...]
    survival: ReferenceSurvival | None = Field(
        None, description="Survival of the study's patients of the types that are open; no forecast for this patient."
    )
    external: tuple[ExternalMetric, ...] = Field(
        (), description="How the model did in centres that it had not seen, beside the study's reference."
    )
    pictures: tuple[Picture, ...] = Field((), description="Pictures beside this file.")
    explained: Explained
    vasari: Vasari | None = Field(description="Features of VASARI that an outline tells; empty: there is no outline.")
    not_assessed: tuple[Statement, ...] = Field(description="What is not told of this case, and why.")
    notes: tuple[Statement, ...] = Field(description="What the models say of their inputs.")
    files: dict[str, str] = Field(description="File beside this one → its SHA-256.")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a `result.json`.

        Raises:
            ResultError: it is of another schema version, or no result.
            OSError: it is not there.
        """
        text = path.read_text(encoding="utf-8")
        _check_version(text, path)
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            found, action = f"is no whole result ({place}: {first['msg']})", "predict the case again"
            raise ResultError(Problem(found, action, file=str(path), rule="no_result")) from None

    def write(self, path: Path) -> None:
        """Write it as indented JSON, atomically."""
        write_json(path, self.model_dump(mode="json"))


def _check_version(text: str, path: Path) -> None:
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    found = values.get("schema_version") if isinstance(values, dict) else None
    if found == SCHEMA_VERSION:
        return
    of = "without a schema version" if found is None else f"of schema version {found!r}"
    said = f"is a result {of}; gliomanet {__version__} reads version {SCHEMA_VERSION}"
    action = "predict the case again with this gliomanet"
    raise ResultError(Problem(said, action, file=str(path), rule="result_of_another_version"))


def schema_text() -> str:
    """The JSON schema of `result.json`."""
    return json.dumps(ResultValues.model_json_schema(), indent=1, ensure_ascii=False) + "\n"
