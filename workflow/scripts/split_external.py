"""List the cases of one external centre in the folds that they test."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.cohort.splits import cases_not_used, external_splits
from gliomanet.config.split import Scenario
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.cohort import SPLITS
from gliomanet.tables.io import read_tables, write_table

log_to(snakemake.log[0])
splits = external_splits(
    read_tables(snakemake.input.cases),
    [Scenario.model_validate(scenario) for scenario in snakemake.params.scenarios],
    snakemake.params.folds,
    cases_not_used(snakemake.input.qc),
)
write_table(splits, snakemake.output.splits, SPLITS)
