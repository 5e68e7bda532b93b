"""List the preprocessed cases of one centre, with what says that their images are the same as before."""

from pathlib import Path

from prologue import snakemake

from gliomanet.imaging.quality.center_table import preprocessed_cases
from gliomanet.tables.cohort import PREPROCESSED_CASES
from gliomanet.tables.io import write_table

folders = [Path(folder) for folder in snakemake.input.folders]
table = preprocessed_cases(folders, [Path(listing) for listing in snakemake.input.contents])
write_table(table, snakemake.output.table, PREPROCESSED_CASES)
