# Which files a job reads: the input functions of the rules, in the order of the stages.

import hashlib
from functools import cache

from gliomanet.cohort.read_center import read_center
from gliomanet.modalities import FILE_COLUMNS
from gliomanet.stages import SUPERVISED, round_of

# cohort


def source_tables(wildcards):
    """The files that a centre's case table is read from; `second` is there to be checked against."""
    source = STUDY.centers[wildcards.center].source
    match source.kind:
        case "phantom":
            return {"phantom": f"{R}/phantom/{wildcards.center}"}
        case "dicom":
            tables = {"clinical": source.clinical}
            converted = {"converted": case_sources_of(wildcards.center)}
        case _:
            names = ("path", "clinical", "mapping")
            tables = {name: getattr(source, name, None) for name in names}
            converted = {}
    paths = {name: str(STUDY.data_path(path)) for name, path in tables.items() if path}
    return {**paths, **converted}


def table_digest(wildcards):
    """A digest of a centre's case table as it is read now; nothing where a job makes its images."""
    if STUDY.centers[wildcards.center].source.kind in MADE_BY_JOBS:
        return ""
    text = center_table(wildcards.center).to_csv(index=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def labels_kept(center):
    """How many of a training centre's labels to keep; nothing where all are."""
    if STUDY.label_fraction == 1 or STUDY.centers[center].role != "train":
        return None
    fewest = min(len(scenario.train) for scenario in STUDY.scenarios)
    return {
        "share": STUDY.label_fraction,
        "tasks": TASKS,
        "at_least": -(-STUDY.split.folds // fewest),
        "seed": seed("kept labels", center),
    }


# audit


def center_sources(wildcards):
    """Every file of a centre's cases, or the folders of those that are simulated or converted."""
    kind = STUDY.centers[wildcards.center].source.kind
    if kind == "phantom":
        return [f"{R}/phantom/{wildcards.center}"]
    if kind == "dicom":
        return case_sources_of(wildcards.center)
    files = table_files(wildcards.center)
    return [on_disk(file) for case in files.values() for file in case.values()]


def center_contents(wildcards):
    """Case → column → digest of its file; nothing where the files are made by a job."""
    if STUDY.centers[wildcards.center].source.kind in MADE_BY_JOBS:
        return {}
    return table_contents(wildcards.center)


def center_files(wildcards):
    """What each of them is: case → column → file; nothing where the files are made by a job."""
    kind = STUDY.centers[wildcards.center].source.kind
    return {} if kind in MADE_BY_JOBS else table_files(wildcards.center)


def inspections(output):
    """What looking into the images gave, of every centre that has some."""
    if STUDY.is_tabular:
        return []
    return expand(str(rules.inspect_center.output[output]), center=CENTERS)


def audited_tables(wildcards):
    """The tables that the centres' own are compared with."""
    second = [center.reference_table for center in STUDY.centers.values()]
    return [str(STUDY.data_path(path)) for path in (*second, *STUDY.identities) if path]


# preprocess


MADE_BY_JOBS = ("phantom", "dicom")


def case_sources_of(center):
    """The converted folders of a centre's cases."""
    return [f"{R}/converted/{center}/{case}" for case in CASES[center]]


def case_sources(wildcards):
    """The files that a case is made from: its own images and masks, or the folder that a job left them in."""
    kind = STUDY.centers[wildcards.center].source.kind
    if kind == "dicom":
        return [f"{R}/converted/{wildcards.center}/{wildcards.case}"]
    if kind == "phantom":
        return [f"{R}/phantom/{wildcards.center}"]
    return [on_disk(file) for file in case_files(wildcards).values()]


def case_files(wildcards):
    """What each file is, for a case of a table: columns that change places must repeat the case, too."""
    if STUDY.centers[wildcards.center].source.kind in MADE_BY_JOBS:
        return {}
    return table_files(wildcards.center)[wildcards.case]


def case_contents(wildcards):
    """What each file holds: a file is another one when its content is, whatever its date says."""
    return center_contents(wildcards).get(wildcards.case, {})


def on_disk(file):
    """A user's file as an input whose date decides nothing: a parameter holds its content."""
    return ancient(file)


@cache
def center_table(center):
    """The case table of a centre whose files are there before any job."""
    return read_center(center, STUDY)[0]


@cache
def table_files(center):
    """Case → column → file, for such a centre."""
    return {
        row["case_id"]: {column: row[column] for column in FILE_COLUMNS if row[column]}
        for row in center_table(center).to_dict("records")
    }


@cache
def table_contents(center):
    """Case → column → digest of its file, for such a centre."""
    files = table_files(center)
    digests = CONTENTS.of(file for case in files.values() for file in case.values())
    return {case: content_of(named, digests) for case, named in files.items()}


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


def training_centers(wildcards):
    """The centres whose cases a training job may see: those that teach in the fold's scenario, and unlabelled ones."""
    teaching = FOLDS[wildcards.fold].train
    return (
        teaching
        if wildcards.stage == SUPERVISED
        else (*teaching, *STUDY.centers_of("unlabelled"))
    )


def accepted_labels(wildcards):
    """The pseudo-labels of a later stage."""
    if wildcards.stage == SUPERVISED:
        return []
    return f"{R}/pseudo_labels/{wildcards.model}/{wildcards.stage}/fold{wildcards.fold}.tsv"


def training_name(wildcards):
    return {"model": wildcards.model, "stage": wildcards.stage, "fold": wildcards.fold}


def trained(model, stage, fold):
    """The files that make one trained model."""
    rule_ = rules.train_image if model in IMAGE_MODELS else rules.train_tabular
    return expand(
        [rule_.output.weights, rule_.output.model], model=model, stage=stage, fold=fold
    )


# pseudo_label


PSEUDO_LABEL_STAGES = {
    stage for model in MODELS for stage in STUDY.stages_of(model) if stage != SUPERVISED
}


def teacher_stage(wildcards):
    """The stage before, whose model labels what this one learns from."""
    stages = STUDY.stages_of(wildcards.model)
    return stages[stages.index(wildcards.stage) - 1]


def teacher(wildcards):
    return trained(wildcards.model, teacher_stage(wildcards), wildcards.fold)


def judged_folds(wildcards):
    """The folds whose validation cases judge a teacher: its own; of a refit, which has none, its scenario's folds."""
    mine = FOLDS[wildcards.fold]
    if not mine.is_refit:
        return [mine.id]
    return [
        fold.id
        for fold in STUDY.folds
        if fold.scenario == mine.scenario and not fold.is_refit
    ]


def selection_settings(stage):
    """The settings of a round and those before it: a later round's thresholds repeat nothing."""
    rounds = STUDY.pseudo_labels.rounds[: round_of(stage)]
    return dump(STUDY.pseudo_labels.model_copy(update={"rounds": rounds}))


def judged_teachers(wildcards):
    return [
        file
        for fold in judged_folds(wildcards)
        for file in trained(wildcards.model, teacher_stage(wildcards), fold)
    ]


def student_centers(wildcards):
    return (*FOLDS[wildcards.fold].train, *STUDY.centers_of("unlabelled"))


def student_data(wildcards):
    """What the teacher looks at: preprocessed folders, or feature tables."""
    centers = student_centers(wildcards)
    return (
        case_folders(*centers)
        if wildcards.model in IMAGE_MODELS
        else radiomics_tables(*centers)
    )


# predict


def members(wildcards):
    """Every trained model that predicts a case of this centre."""
    folds = [
        fold
        for fold in folds_of(wildcards.model)
        if predicts(fold, wildcards.center, wildcards.model)
    ]
    return [
        file
        for stage in STUDY.stages_of(wildcards.model)
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


def temperatures(wildcards):
    """The table of a model's temperatures, where the study calibrates."""
    if STUDY.prediction.calibration == "none":
        return []
    return f"{R}/calibration/{wildcards.model}.tsv"


# evaluate


def hidden_labels():
    """What `label_fraction` hid of centres that also test: for their external figures, and for nothing that is fitted."""
    tested = {center for scenario in STUDY.scenarios for center in scenario.external}
    centers = [c for c in tested if STUDY.label_fraction < 1 and labels_kept(c)]
    return expand(str(rules.build_case_table.output.hidden), center=sorted(centers))


# segment


def segmenting_folds(wildcards):
    """The folds whose networks segment a centre, of one scenario: the first that it tests, else that it validates."""
    center = wildcards.center
    folds = [fold for fold in STUDY.folds if not fold.is_refit]
    tested = [fold for fold in folds if center in fold.external]
    chosen = tested or [fold for fold in folds if center in fold.train]
    return [fold.id for fold in chosen if fold.scenario == chosen[0].scenario]


def segmenting_members(wildcards):
    """Their networks, as the model's last stage left them."""
    stage = final_stage(wildcards.model)
    return [
        file
        for fold in segmenting_folds(wildcards)
        for file in trained(wildcards.model, stage, fold)
    ]


# subsets of the modalities


SUBSET_MODELS = IMAGE_MODELS if STUDY.evaluation.modality_subsets else []
# The kinds whose network learns how much each modality weighs.
FUSING_MODELS = [m for m in SUBSET_MODELS if STUDY.models[m].kind == "gmmas"]


def subset_folds(model, center=None):
    """The folds whose network predicts a centre, or any centre."""
    centers = CENTERS if center is None else [center]
    return [
        fold
        for fold in folds_of(model)
        if any(predicts(fold, name, model) for name in centers)
    ]


def subset_members(wildcards):
    """Every trained network of the final stage that predicts a case of this centre, or of any."""
    model, center = wildcards.model, getattr(wildcards, "center", None)
    return [
        file
        for fold in subset_folds(model, center)
        for file in trained(model, final_stage(model), fold)
    ]


def subset_predictions(*centers):
    """The predictions over subsets of every centre that a model predicts, of some centres or of all."""
    return [
        f"{R}/modality_subsets/{model}/{center}.tsv.gz"
        for model in SUBSET_MODELS
        for center in centers or CENTERS
        if subset_folds(model, center)
    ]


# explain


def final_stage(model):
    return STUDY.stages_of(model)[-1]


# report


def pseudo_label_tables(kind=""):
    """Every table of pseudo-labels, or (`.teacher`) of their teachers."""
    return [
        f"{R}/pseudo_labels/{model}/{stage}/fold{fold}{kind}.tsv"
        for model in MODELS
        for stage in STUDY.stages_of(model)
        if stage != SUPERVISED
        for fold in folds_of(model)
    ]


def label_accuracy(wildcards):
    """How often pseudo-labels are true, in a study that has some."""
    return rules.evaluate_pseudo_labels.output.accuracy if pseudo_label_tables() else []
