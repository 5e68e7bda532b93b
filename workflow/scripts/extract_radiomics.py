"""Extract the radiomic features of one case."""

from pathlib import Path

from prologue import snakemake

from gliomanet.config.analysis import Radiomics
from gliomanet.radiomics.extract import extract_case
from gliomanet.tables.cohort import RADIOMICS
from gliomanet.tables.io import write_table

features, notes = extract_case(
    Path(snakemake.input.folder), snakemake.wildcards.case, Radiomics.model_validate(snakemake.params.settings)
)
for note in notes:
    print(f"without features: {note}")
write_table(features, snakemake.output.features, RADIOMICS, exact=True)
