"""Put the cases' radiomic features below each other."""

from prologue import snakemake

from gliomanet.radiomics.table import center_table
from gliomanet.tables.cohort import RADIOMICS
from gliomanet.tables.io import read_table, write_table

write_table(center_table(map(read_table, snakemake.input.cases)), snakemake.output.features, RADIOMICS, exact=True)
