"""Let a fold's model label what has no label, as far as its validation cases allow."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.cases_of_fold import cases_of_fold, with_patients
from gliomanet.config.pseudo_labels import PseudoLabels
from gliomanet.labels.joint_decoding import joint_passes
from gliomanet.labels.tasks import Task
from gliomanet.model_kinds import IMAGE_KINDS, KINDS, load
from gliomanet.radiomics.table import wide_features
from gliomanet.tables.io import read_table, read_tables, write_table
from gliomanet.tables.prediction import PSEUDO_LABELS, TEACHER_CHECKS
from gliomanet.training.pseudo_labels.selection import TRAINABLE, select_pseudo_labels
from gliomanet.training.pseudo_labels.teacher_check import check_teacher, teacher_table

params, own = snakemake.params, snakemake.wildcards.fold
settings = PseudoLabels.model_validate(params.settings)
splits = read_table(snakemake.input.splits)
ages, sexes = read_tables(snakemake.input.ages), read_tables(snakemake.input.sexes)
tables = with_patients(read_tables(snakemake.input.labels), ages, sexes)


def passes_over(cases, fold):
    """Stochastic passes of a fold's teacher over some cases, decoded where it learnt to be."""
    folder, module = Path(params.teachers[fold]), load(KINDS[params.kind].prediction)
    if params.kind in IMAGE_KINDS:
        cases = cases.assign(folder=params.preprocessed + "/" + cases["center"] + "/" + cases["case_id"])
        devices = {"threads": snakemake.threads, "gpus": snakemake.resources.gpu}
        passes = module.stochastic_passes(folder, cases, settings.passes, params.seed, **devices)
    else:
        features = wide_features(read_tables(snakemake.input.data))
        passes = module.tabular_stochastic_passes(folder, cases, features, settings.passes, params.seed)
    return joint_passes(passes, tasks) if params.decoded else passes


tasks = {name: Task.model_validate(task) for name, task in params.tasks.items()}  # those that the model learns
of_fold = {fold: cases_of_fold(splits, tables, fold) for fold in [own, *params.judged]}
validation = [(fold, of_fold[fold][of_fold[fold]["part"] == "validation"]) for fold in params.judged]
teacher = check_teacher([(rows, passes_over(rows, fold)) for fold, rows in validation], tasks, settings, params.seed)
mine = of_fold[own]
students = mine[mine["part"].isin(TRAINABLE)]  # never those that validate or test
passes = passes_over(students, own)
selected = select_pseudo_labels(students, passes, tasks, settings, teacher, params.round)
write_table(selected, snakemake.output.labels, PSEUDO_LABELS)
write_table(teacher_table(teacher, params.round), snakemake.output.teacher, TEACHER_CHECKS)
