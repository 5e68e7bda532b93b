"""Simulate one phantom centre."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.config.sources import PhantomSource
from gliomanet.phantom.center import simulate_center
from gliomanet.pipeline.job_log import log_to

log_to(snakemake.log[0])
simulate_center(
    snakemake.wildcards.center,
    PhantomSource.model_validate(snakemake.params.source),
    snakemake.params.seed,
    Path(snakemake.output.folder),
)
