"""Train one fold of a model on radiomic features."""

from pathlib import Path

from prologue import snakemake
from pydantic import TypeAdapter

from gliomanet.cohort.cases_of_fold import cases_of_fold
from gliomanet.config.models import Model
from gliomanet.labels.tasks import Task
from gliomanet.radiomics.table import wide_features
from gliomanet.tables.io import read_table, read_tables
from gliomanet.training.tabular import train_tabular_model

cases = cases_of_fold(read_table(snakemake.input.splits), read_tables(snakemake.input.cases), snakemake.wildcards.fold)
pseudo_labels = read_table(snakemake.input.pseudo_labels) if snakemake.input.pseudo_labels else None
train_tabular_model(
    cases[cases["part"] != "external"],
    wide_features(read_tables(snakemake.input.features)),
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
    TypeAdapter(Model).validate_python(snakemake.params.model),
    name=snakemake.params.name,
    seed=snakemake.params.seed,
    code=snakemake.params.code,
    out=Path(snakemake.output.model).parent,
    pseudo_labels=pseudo_labels,
)
