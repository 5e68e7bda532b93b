# What a job is repeated by, where that takes more than a value of the study: contents, never paths or dates.

from functools import cache

from gliomanet.audit.context import leaking_pairs
from gliomanet.cohort.read_center import center_source, declared_mask_codes
from gliomanet.cohort.outcomes import tells_survival
from gliomanet.cohort.study_table import digest_of_frame, read_study_table
from gliomanet.cohort.table import files_of, mask_codes_of
from gliomanet.pipeline.content_digests import (
    ContentDigests,
    content_of,
    digest_of_all,
    files_below,
)
from gliomanet.tables.cohort import AGES, LABELS, OUTCOMES, PATIENTS, SEXES


def uncounted(value):
    """A parameter that a job is told and not judged by: no change of it repeats what is done.

    Snakemake takes a function that asks for `output` for a consequence of the outputs.
    """
    return lambda wildcards, output: value(wildcards) if callable(value) else value


# The many jobs of a run read the Snakefile again, and look up what its main process has read.
CONTENTS = ContentDigests(LAYOUT.content_digests(), reads=workflow.is_main_process)


def contents(files):
    """Name → digest of each of a user's files: a parameter, since a file's date may be older than what it replaces."""
    named = {name: str(path) for name, path in files.items()}
    return content_of(named, CONTENTS.of(named.values()))


def files_of_package(folder):
    """A digest of a folder of the package that is no Python, and so no part of the code's."""
    return digest_of_all(contents(files_below(ROOT / "src/gliomanet" / folder)))


DATA_ROOT = str(STUDY.data_path("{data_root}"))

# case tables: those who read a few columns are repeated by a change of those

LABELS_OF_TASKS = sorted({task.label for task in STUDY.tasks.values()})
COLUMNS = {
    "patients": PATIENTS.names(),
    "labels": LABELS.names(label=LABELS_OF_TASKS),
    "ages": AGES.names(),
    "sexes": SEXES.names(),
    "outcomes": OUTCOMES.names(label=list(STUDY.labels)),
}


def is_phantom(center):
    return STUDY.centers[center].source.table_by_job


@cache
def reading(center):
    """What the study has a centre's case table read with: arguments of `read_study_table`."""
    return {
        "labels": STUDY.labels,
        # A phantom's further labels are dealt by lot; its other labels are in the simulated table.
        "label_seed": STUDY.seed if STUDY.labels and is_phantom(center) else None,
        "keep": PLAN.labels_kept(center),
        "shuffle_seed": (
            seed("shuffle", center, STUDY.shuffle_labels)
            if STUDY.shuffle_labels
            else None
        ),
    }


def reading_of(center, columns):
    """What of `reading` a phantom's columns depend on: of its further labels, each drawn by itself, those among them."""
    read = reading(center)
    if read["keep"] or read["shuffle_seed"] is not None:
        return read  # who counts as labelled depends on every label
    labels = {name: values for name, values in STUDY.labels.items() if name in columns}
    return {
        **read,
        "labels": labels,
        "label_seed": read["label_seed"] if labels else None,
    }


@cache
def center_table(center):
    """The cases of a centre whose table no job makes."""
    return read_study_table(center, STUDY.centers[center], DATA_ROOT, **reading(center))


@cache
def followed_centers():
    """The centres whose case table tells what became of a patient; a phantom has no survival."""
    tables = {c: center_table(c).cases for c in PLAN.centers if not is_phantom(c)}
    return [center for center, cases in tables.items() if tells_survival(cases)]


def table_content(center, columns=None):
    """What a centre's case table says, or some columns of it, as a digest: what those who read it are repeated by.

    Of a phantom, whose table a job makes: what is made of that.
    """
    if is_phantom(center):
        keys = ("role", "scans", "derive_1p19q", "mask_codes")
        read = reading(center) if columns is None else reading_of(center, columns)
        return dump(STUDY.centers[center], include={*keys}), read, columns
    if columns is not None:
        return center_table(center).digest_of(columns), columns
    tables = center_source(center, STUDY).tables().values()
    return center_table(center).digest(path.parent for path in tables)


def features_content(center):
    """A digest of a centre's imported features: not of their tables, in which labels may stand."""
    return digest_of_frame(center_source(center, STUDY).read_with_features()[1])


@cache
def table_files(center):
    """Case → column → file; nothing where a job makes the files."""
    made = STUDY.centers[center].source.images_by_job
    return {} if made else files_of(center_table(center).cases)


@cache
def table_mask_codes(center):
    """Case → convention of its tumour mask's codes, beside `table_files`; the centre's own where a job makes the files."""
    if STUDY.centers[center].source.images_by_job:
        return dict.fromkeys(CASES[center], declared_mask_codes(STUDY.centers[center]))
    return mask_codes_of(center_table(center).cases)


@cache
def table_contents(center):
    """Case → column → digest of its file, beside `table_files`: columns that change places repeat jobs, too."""
    files = table_files(center)
    digests = CONTENTS.of(file for case in files.values() for file in case.values())
    return {case: content_of(named, digests) for case, named in files.items()}


def dicom_folder(wildcards):
    """The folder of a case's DICOM files."""
    return str(center_source(wildcards.center, STUDY).folder_of(wildcards.case))


def sent_files(center):
    """A digest of every file of the folder that a hospital sent."""
    export = center_source(center, STUDY).folder
    return contents({path.name: path for path in sorted(export.iterdir())})


def decisions_on(*centers):
    """Centre → case → decision, as far as it says who takes part: to keep what is not left out repeats nothing."""
    counting = {
        center: {
            case: decided.decision
            for case, decided in DECISIONS[center].items()
            if "exclude" in (decided.decision, STUDY.quality.review)
        }
        for center in centers
    }
    return {center: decided for center, decided in counting.items() if decided}


def compared_by_audit():
    """What the audit compares the cases by: of the study, and of the tables that the centres' own are compared with."""
    second = {
        name: center.reference_table
        for name, center in STUDY.centers.items()
        if center.reference_table
    }
    orders = [center_source(name, STUDY).file_order() for name in second]
    return {
        "centers": PLAN.centers,
        "leaks": sorted(sorted(pair) for pair in leaking_pairs(STUDY)),
        "labels": (LABELS_OF_TASKS, STUDY.labels, STUDY.shuffle_labels),
        "references": contents({n: STUDY.data_path(p) for n, p in second.items()}),
        "orders": digest_of_all({"orders": repr(orders)}),
        "identities": contents(
            {number: STUDY.data_path(p) for number, p in enumerate(STUDY.identities)}
        ),
    }


def codes_of_jobs():
    """Kind of job → digest of its code; for those that load a model's own code, model → digest."""
    kinds = {name: model.kind for name, model in STUDY.models.items()}
    trains = (
        dict.fromkeys(PLAN.image_models, "train_image.py")
        | dict.fromkeys(PLAN.tabular_models, "train_tabular.py")
        | dict.fromkeys(PLAN.stacks, "train_stack.py")
    )
    predicts = dict.fromkeys(PLAN.models, "predict_center.py") | dict.fromkeys(
        PLAN.stacks, "predict_stack.py"
    )
    prepares = (
        {} if STUDY.is_tabular else {"preprocess_case": code_of("preprocess_case.py")}
    )
    return prepares | {
        "train": {
            model: code_of(script, *modules_of(kinds[model], "training"))
            for model, script in trains.items()
        },
        "predict_center": {
            model: code_of(script, *modules_of(kinds[model], "prediction"))
            for model, script in predicts.items()
        },
        "evaluate": code_of("evaluate.py"),
    }
