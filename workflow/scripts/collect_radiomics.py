"""Put the cases' radiomic features below each other."""

from prologue import snakemake

from gliomanet.radiomics.ratios import with_ratios
from gliomanet.radiomics.table import center_table
from gliomanet.tables.cohort import RADIOMICS
from gliomanet.tables.io import read_table, write_table

table = center_table(map(read_table, snakemake.input.cases))
table = with_ratios(table) if snakemake.params.ratios else table
write_table(table, snakemake.output.features, RADIOMICS, exact=True)
