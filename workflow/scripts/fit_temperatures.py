"""Fit a model's temperatures on the validation cases of its folds."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.labels.tasks import Task
from gliomanet.pipeline.job_log import log_to
from gliomanet.prediction.calibration import fit_temperatures
from gliomanet.tables.io import read_tables, write_table
from gliomanet.tables.prediction import CALIBRATION

log_to(snakemake.log[0])
table = fit_temperatures(
    read_tables(snakemake.input.predictions),
    read_tables(snakemake.input.cases),
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
)
write_table(table, snakemake.output.table, CALIBRATION)
