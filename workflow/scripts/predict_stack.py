"""Predict one centre with every fold of a stack, from what its members say of it."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.cases_of_fold import with_patients
from gliomanet.labels.tasks import Task
from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.stack import predict_stack
from gliomanet.tables.io import read_tables, write_table
from gliomanet.tables.prediction import FOLD_PREDICTIONS

inputs, params, center = snakemake.input, snakemake.params, snakemake.wildcards.center
splits = read_tables(inputs.splits)
splits = splits[splits["center"] == center]
cases = splits[["case_id", "center"]].drop_duplicates()  # no label of theirs is looked at
predictions = predict_stack(
    [Member(**one | {"folder": Path(one["folder"])}) for one in params.members],
    splits,
    with_patients(cases, read_tables(inputs.ages), read_tables(inputs.sexes)),
    read_tables(inputs.predictions),
    params.stages,
    {name: Task.model_validate(task) for name, task in params.tasks.items()},
    model=snakemake.wildcards.model,
)
write_table(predictions, snakemake.output.predictions, FOLD_PREDICTIONS, exact=True)
