"""Write the quality pages of one centre, one for the centre and one per case, and its contact sheet."""

from pathlib import Path

from prologue import snakemake

from gliomanet.imaging.quality.pictures.center_sheet import center_sheet
from gliomanet.reporting.quality.pages import write_quality_pages
from gliomanet.tables.io import read_table

folders = [Path(folder) for folder in snakemake.input.folders]
table, pictures = read_table(snakemake.input.table), Path(snakemake.input.pictures)
decisions = dict(zip(table["case_id"], table["decision"], strict=True))
center_sheet(folders, pictures, Path(snakemake.output.sheet), decisions)
write_quality_pages(folders, pictures, table, Path(snakemake.output.folder))
