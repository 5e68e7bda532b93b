# Which files a job reads, where that takes more than a lambda: sources first, then in the order of the stages.

import hashlib
from functools import cache

from gliomanet.cohort.read_center import read_center
from gliomanet.cohort.table import FILE_COLUMNS

# sources

MADE_BY_JOBS = ("phantom", "dicom")
PHANTOMS = {
    name: center.source
    for name, center in STUDY.centers.items()
    if center.source.kind == "phantom"
}


@cache
def center_table(center):
    """The case table of a centre whose files are there before any job."""
    return read_center(center, STUDY)[0]


@cache
def table_files(center):
    """Case → column → file: a parameter beside the inputs, since columns that change places must repeat jobs, too.

    Nothing where a job makes the files.
    """
    if STUDY.centers[center].source.kind in MADE_BY_JOBS:
        return {}
    return {
        row["case_id"]: {column: row[column] for column in FILE_COLUMNS if row[column]}
        for row in center_table(center).to_dict("records")
    }


def table_digest(wildcards):
    """A digest of a centre's case table as it is read now; nothing where a job makes its images."""
    if STUDY.centers[wildcards.center].source.kind in MADE_BY_JOBS:
        return ""
    text = center_table(wildcards.center).to_csv(index=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def source_tables(wildcards):
    """The files that a centre's case table is read from."""
    center, source = wildcards.center, STUDY.centers[wildcards.center].source
    match source.kind:
        case "phantom":
            return {"phantom": LAYOUT.phantom(center)}
        case "dicom":
            tables, converted = {"clinical": source.clinical}, {
                "converted": case_sources(center)
            }
        case _:
            names = ("path", "clinical", "mapping")
            tables, converted = {n: getattr(source, n, None) for n in names}, {}
    return {n: STUDY.data_path(path) for n, path in tables.items() if path} | converted


def case_sources(center, *cases):
    """The files that some cases of a centre, or all, are made from: their own, or the folders that jobs leave them in."""
    kind = STUDY.centers[center].source.kind
    if kind == "phantom":
        return [LAYOUT.phantom(center)]
    cases = cases or CASES[center]
    if kind == "dicom":
        return [LAYOUT.converted(center, case) for case in cases]
    return [file for case in cases for file in table_files(center)[case].values()]


# centres' tables and images


def case_tables(*centers):
    return [LAYOUT.case_table(center) for center in centers]


def case_folders(*centers):
    """The preprocessed folder of every case of some centres."""
    return [LAYOUT.case(center, case) for center in centers for case in CASES[center]]


def of_images(place, *centers):
    """A place of each centre that has images: none has in a study of feature tables."""
    return [] if STUDY.is_tabular else [place(center) for center in centers]


def splits_of(center):
    """The table of the folds in which a centre's cases train, validate or test."""
    if center in PLAN.development:
        return LAYOUT.development_splits()
    return LAYOUT.external_splits(center)


def model_data(model, *centers):
    """What a model looks at: preprocessed folders, or feature tables."""
    if model in PLAN.image_models:
        return case_folders(*centers)
    return [LAYOUT.radiomics(center) for center in centers]


# models


def trained(fits):
    """The files of trained models."""
    files = [(model, LAYOUT.model(model, stage, fold)) for model, stage, fold in fits]
    return [
        file
        for model, of in files
        for file in (
            of.weights if model in PLAN.image_models else of.fitted,
            of.description,
        )
    ]


def members(fits):
    """What a job is told of the trained models that it uses."""
    return [
        {
            "stage": stage,
            "scenario": PLAN.folds[fold].scenario,
            "fold": fold,
            "folder": str(LAYOUT.model(model, stage, fold).folder),
        }
        for model, stage, fold in fits
    ]


def pseudo_labels(wildcards):
    """The accepted pseudo-labels of a later stage."""
    return (
        []
        if wildcards.stage == SUPERVISED
        else LAYOUT.pseudo_labels(wildcards.model, wildcards.stage, wildcards.fold)
    )


def subset_predictions(*centers):
    """The predictions over subsets of modalities, of some centres."""
    return [
        LAYOUT.subset_predictions(model, center)
        for model in PLAN.subset_models
        for center in centers
        if PLAN.predicting_folds(model, center)
    ]
