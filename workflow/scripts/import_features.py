"""Import one centre's feature table."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.cohort.importers.feature_tables import read_feature_center
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.cohort import RADIOMICS
from gliomanet.tables.io import write_table

log_to(snakemake.log[0])
center = snakemake.params.center
_, features = read_feature_center(
    snakemake.wildcards.center,
    center["role"],
    Path(snakemake.input.path),
    Path(snakemake.input.clinical),
    center["source"]["format"],
)
write_table(features, snakemake.output.features, RADIOMICS, exact=True)
