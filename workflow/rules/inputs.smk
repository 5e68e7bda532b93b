# Which files a job reads: the input functions of the rules, in the order of the stages.

from functools import cache

from gliomanet.cohort.table import FILE_COLUMNS, read_case_table

# cohort


def source_tables(wildcards):
    """The files that a centre's case table is read from."""
    source = STUDY.centers[wildcards.center].source
    if source.kind == "phantom":
        return {"phantom": f"{R}/phantom/{wildcards.center}"}
    if source.kind == "table":
        return {"table": str(STUDY.data_path(source.path))}
    return {
        "table": str(STUDY.data_path(source.path)),
        "clinical": str(STUDY.data_path(source.clinical)),
    }


def files_root(center):
    """Where a table's file names start, if not at the table itself."""
    root = getattr(STUDY.centers[center].source, "files_root", None)
    return STUDY.data_path(root) if root else None


# preprocess


def case_sources(wildcards):
    """The files that a case is made from: its centre's phantom folder, or its own images and masks."""
    return list(case_files(wildcards).values()) or [f"{R}/phantom/{wildcards.center}"]


def case_files(wildcards):
    """What each file is, for a case of a table: columns that change places must repeat the case, too."""
    if STUDY.centers[wildcards.center].source.kind == "phantom":
        return {}
    return table_files(wildcards.center)[wildcards.case]


@cache
def table_files(center):
    """Case → column → file, for a centre whose source is a table."""
    source = STUDY.centers[center].source
    cases = read_case_table(
        STUDY.data_path(source.path),
        center,
        STUDY.centers[center].role,
        files_root(center),
    )
    return {
        row["case_id"]: {column: row[column] for column in FILE_COLUMNS if row[column]}
        for row in cases.to_dict("records")
    }


# radiomics


def radiomics_tables(*centers):
    return expand(f"{R}/radiomics/{{center}}.tsv", center=centers)


# split


def splits_of(center):
    """The table that says in which folds a centre's cases train, validate or test."""
    if center in EXTERNAL:
        return expand(str(rules.split_external.output.splits), center=center)
    return [rules.split_development.output.splits]


# train


def teaching_centers(wildcards):
    """The centres whose cases a training job may see: those that teach in the fold's transfer, and unlabelled ones."""
    teaching = FOLDS[wildcards.fold].train
    return (
        teaching
        if wildcards.stage == "supervised"
        else (*teaching, *STUDY.centers_of("unlabelled"))
    )


def accepted_labels(wildcards):
    """The pseudo-labels of the second stage."""
    if wildcards.stage == "supervised":
        return []
    return f"{R}/pseudo_labels/{wildcards.model}/fold{wildcards.fold}.tsv"


def training_name(wildcards):
    return {"model": wildcards.model, "stage": wildcards.stage, "fold": wildcards.fold}


def trained(model, stage, fold):
    """The files that make one trained model."""
    rule_ = rules.train_image if model in IMAGE_MODELS else rules.train_tabular
    return expand(
        [rule_.output.weights, rule_.output.model], model=model, stage=stage, fold=fold
    )


# pseudo_label


def teacher(wildcards):
    return trained(wildcards.model, "supervised", wildcards.fold)


def pupil_centers(wildcards):
    return (*FOLDS[wildcards.fold].train, *STUDY.centers_of("unlabelled"))


def pupil_data(wildcards):
    """What the teacher looks at: preprocessed folders, or feature tables."""
    centers = pupil_centers(wildcards)
    return (
        case_folders(*centers)
        if wildcards.model in IMAGE_MODELS
        else radiomics_tables(*centers)
    )


# predict


def members(wildcards):
    """Every trained model that predicts a case of this centre."""
    model = STUDY.models[wildcards.model]
    folds = [
        fold
        for fold in folds_of(wildcards.model)
        if predicts(fold, wildcards.center, wildcards.model)
    ]
    return [
        file
        for stage in model.stages
        for fold in folds
        for file in trained(wildcards.model, stage, fold)
    ]


def predicts(fold, center, model):
    """Whether a model's fit predicts this centre: a fold its validation cases; external cases the fit on all
    training cases where the model is refitted, and every fold where it is not."""
    fold = FOLDS[fold]
    if center in fold.external:
        return fold.is_refit == getattr(STUDY.models[model], "refit", False)
    return center in fold.train and not fold.is_refit


def center_data(wildcards):
    if wildcards.model in IMAGE_MODELS:
        return case_folders(wildcards.center)
    return radiomics_tables(wildcards.center)


# explain


def final_stage(model):
    return STUDY.models[model].stages[-1]


# report


def pseudo_label_tables(wildcards):
    return [
        f"{R}/pseudo_labels/{model}/fold{fold}.tsv"
        for model in MODELS
        if "pseudo_label" in STUDY.models[model].stages
        for fold in folds_of(model)
    ]
