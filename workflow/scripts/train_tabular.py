"""Train one fold of a model on radiomic features."""

from pathlib import Path

from prologue import snakemake
from pydantic import TypeAdapter

from gliomanet.cohort.cases_of_fold import cases_of_fold, with_patients
from gliomanet.config.models import Model
from gliomanet.labels.tasks import Task
from gliomanet.radiomics.table import wide_features
from gliomanet.tables.io import read_table, read_tables
from gliomanet.training.tabular import train_tabular_model

inputs = snakemake.input
cases = cases_of_fold(read_table(inputs.splits), read_tables(inputs.labels), snakemake.wildcards.fold)
pseudo_labels = read_table(inputs.pseudo_labels) if inputs.pseudo_labels else None
train_tabular_model(
    with_patients(cases[cases["part"] != "external"], read_tables(inputs.ages), read_tables(inputs.sexes)),
    wide_features(read_tables(inputs.features)),
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
    TypeAdapter(Model).validate_python(snakemake.params.model),
    name=snakemake.params.name,
    seed=snakemake.params.seed,
    code=snakemake.params.code,
    out=Path(snakemake.output.model).parent,
    pseudo_labels=pseudo_labels,
)
