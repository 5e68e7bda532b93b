"""Sources of a centre's cases: simulated, a table, a collection, DICOM files, features, or a hospital's answers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from gliomanet.config.types import Fraction, PathText, Positive, Section
from gliomanet.errors import Problem, ProblemError
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.tables.cohort import SURVIVAL


class Scanner(Section):
    """Effects of one centre's scanner on the true signal of a phantom."""

    voxel_mm: tuple[Positive, Positive, Positive] = Field((1.5, 1.5, 1.5), description="Voxel size (x, y, z) in mm.")
    oblique_degrees: float = Field(0, ge=0, le=30, description="Largest tilt of the slices, in degrees.")
    bias_field: float = Field(0.2, ge=0, le=1, description="Amplitude of the multiplicative bias field.")
    noise: float = Field(0.03, ge=0, le=0.5, description="Rician noise, as a share of white matter's signal.")
    gain: float = Field(1.0, gt=0, description="Contrast gain: the exponent put on the normalised signal.")
    skull: bool = Field(False, description="Leave a simple skull and scalp on, and give every modality its own grid.")


class Prevalence(Section):
    """Frequency of each WHO 2021 diagnosis among a phantom centre's patients (weights, normalised)."""

    glioblastoma: float = Field(0.55, ge=0, description="IDH-wildtype, grade 4.")
    astrocytoma: float = Field(0.28, ge=0, description="IDH-mutant, 1p/19q intact, grade 2 to 4.")
    oligodendroglioma: float = Field(0.17, ge=0, description="IDH-mutant, 1p/19q codeleted, grade 2 or 3.")

    @model_validator(mode="after")
    def _some_diagnosis_occurs(self) -> Prevalence:
        if not (self.glioblastoma or self.astrocytoma or self.oligodendroglioma):
            raise ProblemError(
                Problem("every weight is 0", "at least one diagnosis must occur", rule="no_diagnosis_occurs")
            )
        return self


class Shortcut(Section):
    """A mark of the scanner that goes with one label at this centre only, and must not become a biomarker."""

    label: Literal["idh", "codel_1p19q", "grade"] = Field("idh", description="The label it goes with.")
    value: str = Field("mutant", description="The label's value that carries the mark.")
    strength: float = Field(
        0.35, gt=0, le=1, description="Added to FLAIR inside the tumour, as a share of white matter."
    )

    @model_validator(mode="after")
    def _value_is_one_of_the_label(self) -> Shortcut:
        allowed = VOCABULARY[self.label]
        if self.value not in allowed:
            found = f"{self.value!r} is no value of {self.label}"
            raise ProblemError(Problem(found, f"allowed: {', '.join(allowed)}", key="value", rule="unknown_value"))
        return self


class SourceSettings(Section):
    """The keys of one kind of source, and what the workflow has to know of the kind.

    Attributes:
        has_images: false for a table of features: nothing is preprocessed.
        is_predicted: its cases were predicted where they are: neither images nor features come from there.
        images_by_job: the images are not on disk before a job has made them.
        table_by_job: the table of cases is not either: one job makes the whole centre.
        mask_codes: convention of all its tumour masks' codes; "" where the source or its table has to say it.
    """

    has_images: ClassVar[bool] = True
    is_predicted: ClassVar[bool] = False
    images_by_job: ClassVar[bool] = False
    table_by_job: ClassVar[bool] = False
    mask_codes: ClassVar[str] = ""


class PhantomSource(SourceSettings):
    """Simulated patients on the MNI152 anatomy, with a known truth."""

    images_by_job: ClassVar[bool] = True
    table_by_job: ClassVar[bool] = True
    mask_codes: ClassVar[str] = "brats"
    kind: Literal["phantom"] = Field("phantom", description="Simulated.")
    cases: int = Field(ge=1, le=5000, description="Number of patients.")
    scanner: Scanner = Field(Scanner(), description="Effects of its scanner on the images.")
    prevalence: Prevalence = Field(Prevalence(), description="Its mix of diagnoses.")
    missing_modalities: Fraction = Field(0.0, description="Rate of patients with one or two modalities missing.")
    missing_labels: Fraction = Field(0.0, description="Rate at which each label of a patient is unknown.")
    shortcut: Shortcut | None = Field(None, description="A mark of this scanner that goes with one label.")


class TableSource(SourceSettings):
    """A table of image files: one row per case, in the columns of `results/cohort/cases.tsv`."""

    kind: Literal["table"] = Field("table", description="A table of image files.")
    path: PathText = Field(description="TSV or CSV file; `{data_root}` is filled in.")
    files_root: PathText | None = Field(
        None, description="Folder that the table's file names start at; default: the table's own."
    )


class FeatureSource(SourceSettings):
    """A table of radiomic features, for the tabular arm: a public collection's, or a hospital's own of any extractor."""

    has_images: ClassVar[bool] = False
    kind: Literal["features"] = Field("features", description="A table of features.")
    path: str = Field(description="Table of features; `{data_root}` is filled in.")
    clinical: str | None = Field(
        None,
        description="Table that labels and age are joined from by the case id: the collection's own, or the hospital's second one; without it they stand in `path`.",
    )
    format: Literal["ucsf-pdgm", "utsw", "upenn-gbm"] | None = Field(
        None, description="The collection whose columns and spellings it has; default: a hospital's own table."
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Own table: column of a case table (`case_id`, `patient_id`, `age`, `sex`, `idh`, …), or `region` → the table's name for it.",
    )
    clinical_columns: dict[str, str] = Field(
        default_factory=dict, description="The same for the table `clinical`; default: `columns`."
    )
    features: Literal["known", "numeric"] = Field(
        "known",
        description="Own table: `known`: the columns that pyradiomics, CaPTk or MIRP named; `numeric`: every other column of numbers, too.",
    )
    pattern: str | None = Field(
        None,
        description="Own table: a regular expression of the features' columns, in place of `features`; its groups `region`, `modality`, `family`, `filter` and `name` tell their parts.",
    )
    ignored: tuple[str, ...] = Field((), description="Own table: columns that are no features.")
    bin_width: float | None = Field(
        None, gt=0, description="Histogram bin width that the extractor used, for the audit."
    )

    @model_validator(mode="after")
    def _words_are_of_the_own_table(self) -> FeatureSource:
        if self.format is not None:
            told = {name for name in _OF_OWN_TABLES if getattr(self, name)}
            told |= {"features"} if self.features != "known" else set()
            if told:
                found = f"is of a hospital's own table, and `format` is {self.format}"
                problem = Problem(found, "remove one of the two", key=sorted(told)[0], rule="format_and_columns")
                raise ProblemError(problem)
            if self.clinical is None:
                found = f"the labels of {self.format} stand in its clinical table"
                raise ProblemError(Problem(found, "name it", key="clinical", rule="no_clinical_table"))
        if self.clinical_columns and self.clinical is None:
            found = "there is no table `clinical`"
            raise ProblemError(Problem(found, "name it", key="clinical_columns", rule="no_clinical_table"))
        return self


COLUMNS_OF_A_CASE = (
    *("case_id", "patient_id", "region", "age", "sex", "scan", "diagnosis", "grade_edition", "other_ids"),
    *SURVIVAL,
    *VOCABULARY,
)
"""Columns that a hospital's table of features may have beside its features; the study's further labels are others."""

PARTS_OF_A_FEATURE = ("region", "modality", "family", "filter", "name")
"""Groups that a pattern of feature columns may have."""

_OF_OWN_TABLES = ("columns", "clinical_columns", "pattern", "ignored")


class CollectionSource(SourceSettings):
    """A public collection, or a BIDS folder, as it was downloaded: read in its own layout and spellings."""

    kind: Literal["ucsf-pdgm", "utsw", "upenn-gbm", "egd", "brats", "tcga", "lgg-1p19q", "rembrandt", "bids"] = Field(
        description="The collection whose layout and columns it has."
    )
    folder: PathText = Field(description="Folder that holds the images; `{data_root}` is filled in.")
    clinical: PathText | None = Field(
        None,
        description="The collection's own table of labels; where it has none or keeps it inside the folder, nothing.",
    )
    mapping: PathText | None = Field(
        None, description="BraTS: the table that says which patient of which collection a case is."
    )


class DicomSource(SourceSettings):
    """Folders of DICOM files, one per case, converted with dcm2niix."""

    images_by_job: ClassVar[bool] = True
    kind: Literal["dicom"] = Field("dicom", description="DICOM files.")
    folder: PathText = Field(description="Folder that holds one folder per case; `{data_root}` is filled in.")
    clinical: PathText | None = Field(
        None, description="Table of labels with a column `case_id`, in the columns of a case table."
    )


class PredictionsSource(SourceSettings):
    """A folder of tables from a hospital that keeps its scans: its cases as a bundle of this study predicts them."""

    has_images: ClassVar[bool] = False
    is_predicted: ClassVar[bool] = True
    kind: Literal["predictions"] = Field("predictions", description="A hospital's own predictions by a bundle.")
    path: PathText = Field(
        description="Folder that `gliomanet predict --export` wrote at the hospital; `{data_root}` is filled in. For centres of role external alone."
    )


Source = Annotated[
    PhantomSource | TableSource | FeatureSource | CollectionSource | DicomSource | PredictionsSource,
    Field(discriminator="kind"),
]


def data_path(path: str, data_root: str) -> Path:
    """A source's file, with `{data_root}` filled in; relative paths start at the working directory.

    Args:
        path: as the study has it.
        data_root: the study's key; the variable GLIOMANET_DATA overrides it.
    """
    return Path(path.replace("{data_root}", os.environ.get("GLIOMANET_DATA", data_root)))
