"""Calibrate a centre's fold predictions, and average those of its external cases."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.pipeline.job_log import log_to
from gliomanet.prediction.combine import combine_predictions
from gliomanet.tables.io import read_table, write_table
from gliomanet.tables.prediction import CENTER_PREDICTIONS

log_to(snakemake.log[0])
rows, temperatures = snakemake.input.predictions, snakemake.input.temperatures
table = combine_predictions(read_table(rows), read_table(temperatures) if temperatures else None)
write_table(table, snakemake.output.predictions, CENTER_PREDICTIONS, exact=True)
