"""The description of a trained model, `model.json`: one schema for whoever writes, reads, reports or ships a model.

It stands beside the weights (`weights.pt`, `model.joblib`) and `heads.npz`. It needs no torch, so that reports and
tracking can read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gliomanet.errors import ModelError, Problem
from gliomanet.files.atomic import write_json
from gliomanet.files.reading_back import content_of, damaged, digest_of_bytes
from gliomanet.labels.tasks import Task
from gliomanet.models.nyul import CommonHistogram

MODEL_FILE = "model.json"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelDescription(_Part):
    """Facts that every trained model has.

    Attributes:
        model: name of the model in the study.
        stage: training stage.
        fold: fold that it was not trained on, or `all`.
        kind: kind of the model, such as `gmmas`.
        tasks: task that the model learned → label and classes, in the order of the class axis.
        joint_likelihood_weight: weight of the joint likelihood in training; 0: trained without.
        seed: of every draw.
        digest: digest of everything that the fit depends on.
        versions: package → version that trained it.
        files: file beside the description → BLAKE2b of its content, 32 hex digits; see `file_of`.
    """

    model: str
    stage: str
    fold: str
    kind: str
    tasks: dict[str, Task]
    joint_likelihood_weight: float
    seed: int
    digest: str
    versions: dict[str, str]
    files: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a `model.json`.

        On the base class it gives the description of either kind; on a kind's own class another kind is refused.

        Args:
            path: the file.

        Raises:
            ModelError: the file is missing, no JSON, has an unknown or a missing key or another value, or is of another
                kind. Each problem names the file and the key.
        """
        again = "run the job that writes it again"
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ModelError([Problem("is missing", again, file=str(path))]) from None
        except ValueError as error:
            raise ModelError([Problem(f"is no JSON ({error})", again, file=str(path))]) from None
        try:
            description = _EITHER.validate_python(values)
        except ValidationError as error:
            raise ModelError(_problem(each, str(path)) for each in error.errors()) from None
        if not isinstance(description, cls):
            wanted = cls.model_fields["takes"].default
            found = f"describes a model of kind {description.kind!r}, which takes {description.takes}, not {wanted}"
            raise ModelError([Problem(found, "give the folder of another model", file=str(path), key="takes")])
        return description

    def file_of(self, folder: Path, name: str) -> bytes:
        """The content of a file beside the description, which is the one that training wrote.

        Raises:
            ProblemError: it is missing, or another one.
        """
        path = folder / name
        content = content_of(path)
        if digest_of_bytes(content) != self.files.get(name):
            raise damaged(path, f"{len(content)} bytes whose digest is not the one in {MODEL_FILE}")
        return content

    def write(self, path: Path) -> None:
        """Write the description as indented JSON, atomically."""
        write_json(path, self.values())

    def values(self) -> dict[str, Any]:
        """The description as plain values, in the order of the file."""
        return self.model_dump(mode="json")


def digests_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Name → digest of files that training has just written, for `ModelDescription.files`."""
    return {name: digest_of_bytes((folder / name).read_bytes()) for name in names}


class InputGeometry(_Part):
    """Geometry and intensities of an image network's input.

    Attributes:
        shape: voxels of the crop that the network sees.
        modalities: in the order of its channels.
        ratio_maps: ratios of two of them, whose channels follow.
        crop: `tumour`: its crop is around the tumour, not the grid's centre.
        crop_from: the place of such a crop: its own `segmentation`, or the case's `mask`; `None` without.
        grid: voxels of the preprocessed images.
        spacing_mm: their voxel size.
        intensities: `nyul`: modalities are mapped to `histograms`.
        histograms: modality → common histogram learnt from the fold's training cases; `None` without.
    """

    shape: tuple[int, int, int]
    modalities: tuple[str, ...]
    ratio_maps: tuple[str, ...]
    crop: Literal["centre", "tumour"]
    crop_from: Literal["segmentation", "mask"] | None
    grid: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    intensities: Literal["as_preprocessed", "nyul"]
    histograms: dict[str, CommonHistogram] | None


class Intensities(_Part):
    """Mean over the training cases of a modality's mean and standard deviation inside the brain."""

    mean: float
    std: float


class Normalisation(_Part):
    """The step that normalised the intensities, and what they are inside the brain: modality → intensities."""

    by: Literal["preprocessing"]
    inside_brain: dict[str, Intensities]


class MissingModalities(_Part):
    """Training without modalities: rate at which one is taken away, and weights of the losses; 0: none."""

    modality_dropout: float
    distillation_weight: float
    contrastive_weight: float


class TrainedPhase(_Part):
    """A phase of a network's training.

    Attributes:
        name: of the phase.
        epochs: of the phase.
        updates: of the weights, in all its epochs; authors' epochs have other lengths, so that these are compared.
        optimizer: as the settings name it.
        learning_rate: of its first epoch.
        weight_decay: of the weights.
        schedule: of the learning rate.
        plateau_factor: of the schedule `plateau`, as are the next two.
        plateau_patience: in epochs.
        plateau_floor: of the learning rate.
        gradient_clip: largest norm of the gradients; `None`: none.
        ema_decay: of the average of the weights that the phase left; 0: it left the last ones.
    """

    name: str
    epochs: int
    updates: int
    optimizer: str
    learning_rate: float
    weight_decay: float
    schedule: str
    plateau_factor: float
    plateau_patience: int
    plateau_floor: float
    gradient_clip: float | None
    ema_decay: float


class Standard(_Part):
    """Mean and deviation of a clinical value over the fold's labelled training cases; sex is 1 for F, 0 for M."""

    mean: float
    std: float


class ClinicalInputs(_Part):
    """Clinical data that a network takes beside the images.

    Attributes:
        dropout: rate at which a training case's were taken away.
        standards: input, `age` or `sex` → what it is standardised by, in the order that the network takes them.
    """

    dropout: float
    standards: dict[str, Standard]


class AccelerationUsed(_Part):
    """Options that change a model's last digits, though no setting does."""

    channels_last: bool
    compiled: bool
    checkpointed: bool


class Computed(_Part):
    """The devices and the precision that a network was trained with.

    Attributes:
        batch_parts: parts that a batch was computed in, one after another, for want of memory; 1: whole.
    """

    device: str
    precision: Literal["32-true", "bf16-mixed"]
    acceleration: AccelerationUsed
    batch_parts: int


class ImageModelDescription(ModelDescription):
    """A trained network on images.

    Attributes:
        constructor: arguments of `networks.build` beside the kind.
        input: geometry and intensities of its input.
        normalisation: of its input.
        missing_modalities: its training without modalities.
        phases: of its training, in their order.
        tumour_cutmix: rate of training cases into which another's tumour was pasted; 0: none.
        clinical: clinical data beside the images; `None` without.
        computed: devices and precision of its training.
    """

    takes: Literal["images"] = "images"
    constructor: dict[str, Any]
    input: InputGeometry
    normalisation: Normalisation
    missing_modalities: MissingModalities
    phases: tuple[TrainedPhase, ...]
    tumour_cutmix: float
    clinical: ClinicalInputs | None = None
    computed: Computed


class NoHarmonization(_Part):
    """Features as they are."""

    method: Literal["none"] = "none"


class CombatHarmonization(_Part):
    """ComBat across the training centres.

    Attributes:
        centers: centres that it was fitted on.
        features: number of harmonised features.
        note: sentence for the report.
    """

    method: Literal["combat"] = "combat"
    centers: tuple[str, ...]
    features: int
    note: str


Harmonization = Annotated[NoHarmonization | CombatHarmonization, Field(discriminator="method")]


class Strength(_Part):
    """A penalty's strength as it was chosen on training cases.

    Attributes:
        C: inverse strength.
        by: how the cases were divided, in words.
        auc: C that was tried → mean AUC on the cases left out.
    """

    C: float
    by: str
    auc: dict[str, float]


class TabularModelDescription(ModelDescription):
    """A fitted model of the tabular arm.

    Attributes:
        settings: the model's settings in the study.
        features: task → features that the model takes, in their order.
        dropped_features: task → features left out because they carry nothing in the training cases → why.
        training_cases: task → training cases that its answer was learnt from: those with a known label, and in a
            classifier chain those of them that the link is about.
        strengths: task → penalty chosen by the fit; empty where none is.
        weights: task → input → what a standard deviation of it adds to the last class's logit, of a stack; empty of
            other kinds.
        harmonization: of the features.
        cases_without_inputs: training cases left out because none of the model's inputs is known.
    """

    takes: Literal["features"] = "features"
    settings: dict[str, Any]
    features: dict[str, tuple[str, ...]]
    dropped_features: dict[str, dict[str, str]]
    training_cases: dict[str, int]
    strengths: dict[str, Strength] = Field(default_factory=dict)
    weights: dict[str, dict[str, float]] = Field(default_factory=dict)
    harmonization: Harmonization
    cases_without_inputs: int


_EITHER: TypeAdapter[ImageModelDescription | TabularModelDescription] = TypeAdapter(
    Annotated[ImageModelDescription | TabularModelDescription, Field(discriminator="takes")]
)


def _problem(error: Mapping[str, Any], file: str) -> Problem:
    """One of Pydantic's errors, with the key in dots; the union's own tag is no part of it."""
    place = error["loc"][1:] if error["loc"] and error["loc"][0] in ("images", "features") else error["loc"]
    key = ".".join(str(part) for part in place) or "takes"
    again = "train the model again with this version of gliomanet"
    if error["type"] == "extra_forbidden":
        return Problem("unknown key", again, key=key, file=file)
    if error["type"] in ("missing", "union_tag_not_found"):
        return Problem("missing key", again, key=key, file=file)
    return Problem(f"{error['msg']}, found {error['input']!r:.200}", again, key=key, file=file)
