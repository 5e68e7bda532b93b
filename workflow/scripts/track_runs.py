"""Bring the finished study into MLflow."""

from pathlib import Path

from prologue import snakemake

from gliomanet.tables.io import write_table
from gliomanet.tables.tracking import TRACKED_RUNS
from gliomanet.tracking.compare_page import write_compare_page
from gliomanet.tracking.import_study import import_study
from gliomanet.tracking.tracked_study import TrackedStudy

params = snakemake.params
imported = import_study(TrackedStudy.read(Path(params.results)), uri=params.uri, experiment=params.experiment)
write_compare_page(imported.links, params.uri, Path(snakemake.output.comparison))
write_table(imported.runs, snakemake.output.runs, TRACKED_RUNS)
print(imported.summary())
print(*(f"Best for {task}: {link}" for task, link in imported.links.items()), sep="\n")
