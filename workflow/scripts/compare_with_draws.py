"""Compare a study's metrics with those of the draws whose labels were dealt anew."""

from prologue import snakemake

from gliomanet.evaluation.analyses.permutation import compare_with_draws
from gliomanet.tables.io import read_table, write_table
from gliomanet.tables.permutation import PERMUTATION, PERMUTATION_DRAWS

summary, values = compare_with_draws(
    read_table(snakemake.input.metrics), [read_table(path) for path in snakemake.input.draws]
)
write_table(summary, snakemake.output.permutation, PERMUTATION)
write_table(values, snakemake.output["values"], PERMUTATION_DRAWS)
