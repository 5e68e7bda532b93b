"""Bring the finished study into MLflow."""

from pathlib import Path

import prologue
from prologue import snakemake

from gliomanet.tables.io import write_table
from gliomanet.tables.tracking import TRACKED_RUNS
from gliomanet.tracking.compare_page import write_compare_page
from gliomanet.tracking.git import commit_of
from gliomanet.tracking.import_study import import_study
from gliomanet.tracking.tracked_study import TrackedStudy

params = snakemake.params
study = TrackedStudy(
    results=Path(params.results),
    settings=params.study,
    fits=tuple(map(tuple, params.fits)),
    code=params.trained_by,
    commit=commit_of(Path(prologue.__file__).resolve().parents[2]),
)
study.write()
imported = import_study(study, uri=params.uri, experiment=params.experiment)
write_compare_page(imported.links, params.uri, Path(snakemake.output.comparison))
write_table(imported.runs, snakemake.output.runs, TRACKED_RUNS)
print(imported.summary())
print(*(f"Best for {task}: {link}" for task, link in imported.links.items()), sep="\n")
