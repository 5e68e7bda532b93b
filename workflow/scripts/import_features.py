"""Import one centre's feature table."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.importers.feature_tables import read_feature_center
from gliomanet.tables.cohort import RADIOMICS
from gliomanet.tables.io import write_table

center = snakemake.params.center
_, features = read_feature_center(
    snakemake.wildcards.center,
    center["role"],
    Path(snakemake.input.path),
    Path(snakemake.input.clinical),
    center["source"]["format"],
)
write_table(features, snakemake.output.features, RADIOMICS, exact=True)
