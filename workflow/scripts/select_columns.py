"""Read the columns of one centre's case table that some jobs need: a change of the others repeats none of them."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.study_table import read_study_table
from gliomanet.config.centers import Center
from gliomanet.tables.io import write_table

params, made = snakemake.params, [Path(folder) for folder in snakemake.input.made]
center = Center.model_validate(params.center)
table = read_study_table(snakemake.wildcards.center, center, params.data_root, **params.reading, made=made)
write_table(table.cases[snakemake.params.columns], snakemake.output.table)
