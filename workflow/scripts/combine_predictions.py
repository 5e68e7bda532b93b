"""Calibrate a centre's fold predictions, average those of its external cases, and make prediction sets."""

from pathlib import Path

from prologue import snakemake

from gliomanet.models.ensemble import EnsembleDescription
from gliomanet.prediction.combine import combine_predictions
from gliomanet.prediction.prediction_sets import with_sets
from gliomanet.tables.io import read_table, write_table
from gliomanet.tables.prediction import CENTER_PREDICTIONS

rows, temperatures = snakemake.input.predictions, snakemake.input.temperatures
combined = combine_predictions(read_table(rows), read_table(temperatures) if temperatures else None)
table = with_sets(combined, EnsembleDescription.read(Path(snakemake.input.ensemble)))
write_table(table, snakemake.output.predictions, CENTER_PREDICTIONS, exact=True)
