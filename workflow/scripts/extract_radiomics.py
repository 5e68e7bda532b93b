"""Extract the radiomic features of one case."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.config.analysis import Radiomics
from gliomanet.pipeline.job_log import log_to
from gliomanet.radiomics.extract import extract_case
from gliomanet.tables.cohort import RADIOMICS
from gliomanet.tables.io import write_table

log_to(snakemake.log[0])
features, notes = extract_case(
    Path(snakemake.input.folder), snakemake.wildcards.case, Radiomics.model_validate(snakemake.params.settings)
)
for note in notes:
    print(f"without features: {note}")
write_table(features, snakemake.output.features, RADIOMICS, exact=True)
