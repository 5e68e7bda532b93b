"""Divide the patients of the development centres into folds."""

from prologue import snakemake

from gliomanet.cohort.splits import cases_not_used, development_splits
from gliomanet.config.split import Scenario
from gliomanet.labels.tasks import Task
from gliomanet.tables.cohort import SPLITS
from gliomanet.tables.io import read_tables, write_table

splits = development_splits(
    read_tables(snakemake.input.labels),
    [Scenario.model_validate(scenario) for scenario in snakemake.params.scenarios],
    snakemake.params.folds,
    snakemake.params.seed,
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
    cases_not_used(
        read_tables(snakemake.input.preprocessed), snakemake.params.decisions, review=snakemake.params.review
    ),
)
write_table(splits, snakemake.output.splits, SPLITS)
