"""Fit a model's temperatures on the validation cases of its folds."""

from prologue import snakemake

from gliomanet.labels.tasks import Task
from gliomanet.prediction.calibration import fit_temperatures
from gliomanet.tables.io import read_tables, write_table
from gliomanet.tables.prediction import CALIBRATION

table = fit_temperatures(
    read_tables(snakemake.input.predictions),
    read_tables(snakemake.input.labels),
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
)
write_table(table, snakemake.output.table, CALIBRATION)
