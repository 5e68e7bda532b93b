# Which files a job reads, where that takes more than a lambda: sources first, then in the order of the stages.

import hashlib
from functools import cache

from gliomanet.cohort.read_center import (
    center_source,
    declared_mask_codes,
    read_center,
)
from gliomanet.cohort.table import files_of, mask_codes_of

# sources


@cache
def center_table(center):
    """The case table of a centre whose files are there before any job."""
    return read_center(center, STUDY)[0]


@cache
def table_files(center):
    """Case → column → file: a parameter beside the inputs, since columns that change places must repeat jobs, too.

    Nothing where a job makes the files.
    """
    made = STUDY.centers[center].source.images_by_job
    return {} if made else files_of(center_table(center))


@cache
def table_mask_codes(center):
    """Case → convention of its tumour mask's codes, beside `table_files`; the centre's own where a job makes the files."""
    if STUDY.centers[center].source.images_by_job:
        return dict.fromkeys(CASES[center], declared_mask_codes(STUDY.centers[center]))
    return mask_codes_of(center_table(center))


@cache
def table_contents(center):
    """Case → column → digest of its file, beside `table_files`."""
    files = table_files(center)
    digests = CONTENTS.of(file for case in files.values() for file in case.values())
    return {case: content_of(named, digests) for case, named in files.items()}


def table_digest(wildcards):
    """A digest of a centre's case table as it is read now; nothing where a job makes its images."""
    if STUDY.centers[wildcards.center].source.images_by_job:
        return ""
    text = center_table(wildcards.center).to_csv(index=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def source_tables(wildcards):
    """The tables that a centre's case table is read from, and the folders that jobs left its images in."""
    tables = center_source(wildcards.center, STUDY).tables()
    return {**tables, "made": made_folders(wildcards.center)}


def made_folders(center, *cases):
    """The folders that jobs leave images in: the centre's own, or one per case, of some cases or of all."""
    for case in cases:
        if case not in CASES[center]:
            raise WorkflowError(f"{case!r} is no case of {center}")
    source = STUDY.centers[center].source
    if source.table_by_job:
        return [LAYOUT.phantom(center)]
    if source.images_by_job:
        return [LAYOUT.converted(center, case) for case in cases or CASES[center]]
    return []


def case_sources(center, *cases):
    """The files that some cases of a centre, or all, are made from: their own, or the folders that jobs leave them in."""
    files = table_files(center)
    # A parameter holds the content of a user's file, so its date decides nothing.
    return made_folders(center, *cases) + [
        ancient(file)
        for case in cases or files
        for file in files.get(case, {}).values()
    ]


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
    """The tables of the folds in which a centre's cases train, validate or test."""
    if center in PLAN.development:
        return [LAYOUT.development_splits()]
    return [LAYOUT.external_splits(center)]


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
