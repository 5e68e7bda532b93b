"""Bring the finished runs into MLflow."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.io import read_table, write_table
from gliomanet.tables.tracking import TRACKED_RUNS
from gliomanet.tracking.mlflow_import import import_runs

log_to(snakemake.log[0])
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
