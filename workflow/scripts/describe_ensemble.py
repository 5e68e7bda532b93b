"""Describe how a model's probabilities become decisions: thresholds and prediction sets, from validation cases."""

from pathlib import Path

from prologue import snakemake

from gliomanet.labels.tasks import Task
from gliomanet.prediction.prediction_sets import describe_ensemble
from gliomanet.tables.io import read_table, read_tables

temperatures = snakemake.input.temperatures
described = describe_ensemble(
    snakemake.wildcards.model,
    read_tables(snakemake.input.predictions),
    read_table(temperatures) if temperatures else None,
    read_tables(snakemake.input.labels),
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
    level=snakemake.params.level,
)
described.write(Path(snakemake.output.description))
