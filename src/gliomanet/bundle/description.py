"""The description of a bundle, `bundle.json`: one schema for whoever writes, reads, checks or shows one.

Every other file of the bundle stands in it with its SHA-256, so that the digest of `bundle.json` names all of it.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from gliomanet.labels.tasks import Task
from gliomanet.stages import SUPERVISED

SCHEMA_VERSION = 2
"""Number of the form of a bundle; another one is refused. Raise it with any change of `BundleDescription` or of what
the files beside it hold."""

NAME = "bundle.json"
CARD, SBOM, LICENCE = "README.md", "sbom.json", "LICENSE"
DECISIONS, REFERENCES, REFERENCE_ARRAYS, LOOK = (
    "decisions.json",
    "references.json",
    "references.safetensors",
    "look.json",
)
EXAMPLE, EXPECTED = "example", "example/expected.json"
WEIGHTS, FITTED, ARRAYS = "weights.safetensors", "fitted.json", "arrays.safetensors"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BundledModel(_Part):
    """One of a bundle's models: the one that answers, or a member of that stack.

    Attributes:
        kind: kind of the model.
        stage: its last stage, whose fits travel.
        folds: the folds whose fits decide its classes; `all`, or `<scenario>.all`, of a fit on all training cases.
        segmenting_folds: the folds whose networks segment; empty where it does not.
        flips: mirror images that its networks see a case in.
        passes: stochastic passes with dropout on, whose standard deviation is told; 0: none.
        members: of a stack, the models whose answers it takes.
        takes: what its folds are given: images and inputs of a case, for messages.
    """

    kind: str
    stage: str
    folds: tuple[str, ...]
    segmenting_folds: tuple[str, ...] = ()
    flips: Literal["none", "left_right", "all"] = "none"
    passes: int = 0
    members: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()

    @property
    def fits(self) -> tuple[str, ...]:
        """All of its folds that travel."""
        return tuple(dict.fromkeys((*self.folds, *self.segmenting_folds)))


class CenterOfStudy(_Part):
    """A centre of the study that the bundle is from.

    Attributes:
        role: in the study.
        part: in the bundle's scenario: it trained the model, tested it, or neither.
        source: kind of its source; `phantom`: its patients are simulated.
        cases: cases of it in that part.
        preprocessing: its own settings, in place of the study's.
    """

    role: str
    part: Literal["trained", "tested", "neither"]
    source: str
    cases: int
    preprocessing: dict[str, Any]


class NeverSeen(_Part):
    """A kind of patients that no training case was.

    Attributes:
        kind: `class` of a task; `ages` beyond those of the training; `no_age`: patients whose age is known; `sex`;
            `outside` of what a study of diffuse glioma of adults holds at all.
        task: of a class.
        name: the class.
        youngest: training patient, in years.
        oldest: training patient.
        sex: `F` or `M`.
    """

    kind: Literal["class", "ages", "no_age", "sex", "outside"]
    task: str | None = None
    name: str | None = None
    youngest: float | None = None
    oldest: float | None = None
    sex: str | None = None


class Atlas(_Part):
    """The space that cases are brought to. The atlas itself comes with nilearn; its digest says that it is the same.

    Attributes:
        name: of the template.
        spacing_mm: of the grid.
        shape: of the grid.
        digest: SHA-256 of its voxels on that grid.
    """

    name: str
    spacing_mm: float
    shape: tuple[int, int, int]
    digest: str


class BundleDescription(_Part):
    """Everything that holds for a bundle as a whole.

    Attributes:
        schema_version: of this form.
        title: of the study.
        model: the model that answers; its decisions are those of `decisions.json`.
        scenario: the study's scenario that it was trained in.
        models: it, its partners and, of a stack, its members.
        partners: models of the study that answer beside it, such as age alone.
        tasks: task → label and classes, in their order.
        labels: label → its values, of all that the tasks ask for.
        centers: the study's centres.
        simulated: training centres whose patients are phantoms.
        seed: of the study, from which a case's own seed is derived.
        calibrated: probabilities of a single fit are divided by a temperature.
        min_component_fraction: see `prediction.segmentation.drop_small_pieces`.
        preprocessing: the study's settings.
        radiomics: the study's settings.
        has_images: false where the study was of feature tables that others had measured.
        atlas: the space of the preprocessed images.
        never_seen: kinds of patients that no training case of the study was, for the card and the results.
        versions: package → version that wrote the bundle.
        study: digest of the study's record, `study.json`.
        commit: of the code that made the study; "" where it is not known.
        files: path below the bundle → SHA-256, of every file but this one.
    """

    schema_version: Literal[2] = 2
    title: str
    model: str
    scenario: str
    models: dict[str, BundledModel]
    partners: tuple[str, ...] = ()
    tasks: dict[str, Task]
    labels: dict[str, tuple[str, ...]]
    centers: dict[str, CenterOfStudy]
    simulated: tuple[str, ...]
    seed: int
    calibrated: bool
    min_component_fraction: float
    preprocessing: dict[str, Any]
    radiomics: dict[str, Any]
    has_images: bool
    atlas: Atlas
    never_seen: tuple[NeverSeen, ...]
    versions: dict[str, str]
    study: str
    commit: str
    files: dict[str, str]

    @property
    def answers(self) -> BundledModel:
        """The model that answers."""
        return self.models[self.model]

    def learnt_from(self, center: str) -> bool:
        """True of a centre of the study from which a model that answers learnt: by labels, or by pseudo-labels."""
        of = self.centers[center]
        by_pseudo_labels = any(model.stage != SUPERVISED for model in self.models.values())
        return of.part == "trained" or (of.role == "unlabelled" and by_pseudo_labels)


def fit_folder(model: str, fold: str) -> str:
    """The folder of a model's fit, below the bundle."""
    return f"models/{model}/{fold}"
