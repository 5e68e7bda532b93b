"""Segment one centre's cases with a model's networks, and score what has a mask."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.pipeline.job_log import log_to
from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.segment_center import segment_center
from gliomanet.tables.io import read_tables, write_table
from gliomanet.tables.prediction import SEGMENTATIONS

log_to(snakemake.log[0])
params, center = snakemake.params, snakemake.wildcards.center
splits = read_tables(snakemake.input.splits)
table = segment_center(
    [
        Member(params.stage, fold["scenario"], fold["id"], Path(params.models) / params.stage / f"fold{fold['id']}")
        for fold in params.folds
    ],
    splits[splits["center"] == center],
    Path(params.preprocessed),
    Path(snakemake.output.segmentations),
    model=snakemake.wildcards.model,
    threads=snakemake.threads,
    gpus=snakemake.resources.gpu,
    flips=params.flips,
    min_component_fraction=params.min_component_fraction,
)
write_table(table, snakemake.output.table, SEGMENTATIONS)
