"""Bring the finished runs into MLflow."""

from pathlib import Path

from prologue import snakemake

from gliomanet.tables.io import read_table, write_table
from gliomanet.tables.tracking import TRACKED_RUNS
from gliomanet.tracking.mlflow_import import import_runs

runs = import_runs(
    [Path(events).parent for events in snakemake.input.events],
    read_table(snakemake.input.metrics),
    [Path(snakemake.input.page), Path(snakemake.input.metrics)],
    uri=snakemake.params.uri,
    artifact_root=Path(snakemake.params.artifacts),
    experiment=snakemake.params.study["title"],
    study_params=snakemake.params.study,
)
write_table(runs, snakemake.output.runs, TRACKED_RUNS)
print(f"{(runs['status'] == 'new').sum()} runs added, {(runs['status'] != 'new').sum()} there already")
