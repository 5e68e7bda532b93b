"""Divide the patients of the development centres into folds."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.cohort.selection import cases_not_used
from gliomanet.cohort.splits import development_splits
from gliomanet.joblog import log_to
from gliomanet.labels import Task
from gliomanet.study import Transfer
from gliomanet.tables import read_tables, write_table

log_to(snakemake.log[0])
splits = development_splits(
    read_tables(snakemake.input.cases),
    [Transfer.model_validate(transfer) for transfer in snakemake.params.transfers],
    snakemake.params.folds,
    snakemake.params.seed,
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
    cases_not_used(snakemake.input.qc),
)
write_table(splits, snakemake.output.splits)
