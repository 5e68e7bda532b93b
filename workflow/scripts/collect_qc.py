"""Judge the preprocessed cases of one centre."""

from pathlib import Path

from prologue import snakemake

from gliomanet.imaging.quality.center_table import collect_qc
from gliomanet.tables.cohort import IMAGE_QUALITY
from gliomanet.tables.io import write_table

folders = [Path(folder) for folder in snakemake.input.folders]
params = snakemake.params
table = collect_qc(folders, params.min_success_fraction, decisions=params.decisions, review=params.review)
write_table(table, snakemake.output.table, IMAGE_QUALITY)
