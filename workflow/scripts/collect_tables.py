"""Put tables of one kind below each other."""

from prologue import snakemake

from gliomanet.tables.io import read_tables, write_table

write_table(read_tables(snakemake.input), snakemake.output[0], exact=True)
