"""Simulate one phantom centre."""

from pathlib import Path

from prologue import snakemake

from gliomanet.config.sources import PhantomSource
from gliomanet.files.contents import write_contents
from gliomanet.phantom.center import simulate_center

out = Path(snakemake.output.folder)
simulate_center(
    snakemake.wildcards.center,
    PhantomSource.model_validate(snakemake.params.source),
    snakemake.params.seed,
    out,
)
write_contents(out, Path(snakemake.output.contents))
