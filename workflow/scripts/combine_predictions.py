"""Calibrate a centre's fold predictions, and average those of its external cases."""

from prologue import snakemake

from gliomanet.prediction.combine import combine_predictions
from gliomanet.tables.io import read_table, write_table
from gliomanet.tables.prediction import CENTER_PREDICTIONS

rows, temperatures = snakemake.input.predictions, snakemake.input.temperatures
table = combine_predictions(read_table(rows), read_table(temperatures) if temperatures else None)
write_table(table, snakemake.output.predictions, CENTER_PREDICTIONS, exact=True)
