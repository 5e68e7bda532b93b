"""Simulate one phantom centre."""

from pathlib import Path

from prologue import snakemake

from gliomanet.config.sources import PhantomSource
from gliomanet.phantom.center import simulate_center

simulate_center(
    snakemake.wildcards.center,
    PhantomSource.model_validate(snakemake.params.source),
    snakemake.params.seed,
    Path(snakemake.output.folder),
)
