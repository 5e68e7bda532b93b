"""Write the quality pages of one centre: one for the centre, one a case."""

from pathlib import Path

from prologue import snakemake

from gliomanet.reporting.quality.pages import write_quality_pages
from gliomanet.tables.io import read_table

folders = [Path(folder) for folder in snakemake.input.folders]
write_quality_pages(folders, read_table(snakemake.input.table), Path(snakemake.output.folder))
