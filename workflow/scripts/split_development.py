"""Divide the patients of the development centres into folds."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.cohort.splits import cases_not_used, development_splits
from gliomanet.config.split import Scenario
from gliomanet.labels.tasks import Task
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.cohort import SPLITS
from gliomanet.tables.io import read_tables, write_table

log_to(snakemake.log[0])
splits = development_splits(
    read_tables(snakemake.input.cases),
    [Scenario.model_validate(scenario) for scenario in snakemake.params.scenarios],
    snakemake.params.folds,
    snakemake.params.seed,
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
    cases_not_used(snakemake.input.qc),
)
write_table(splits, snakemake.output.splits, SPLITS)
