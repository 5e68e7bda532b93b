"""List the cases of one external centre in the folds that they test."""

from prologue import snakemake

from gliomanet.cohort.splits import cases_not_used, external_splits
from gliomanet.config.split import Scenario
from gliomanet.tables.cohort import SPLITS
from gliomanet.tables.io import read_table, read_tables, write_table

splits = external_splits(
    read_table(snakemake.input.patients),
    [Scenario.model_validate(scenario) for scenario in snakemake.params.scenarios],
    snakemake.params.folds,
    cases_not_used(
        read_tables(snakemake.input.preprocessed), snakemake.params.decisions, review=snakemake.params.review
    ),
)
write_table(splits, snakemake.output.splits, SPLITS)
