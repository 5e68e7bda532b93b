"""Segment one centre's cases with a model's networks, and score what has a mask."""

from pathlib import Path

from prologue import snakemake

from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.segment_center import segment_center
from gliomanet.tables.io import read_tables, write_table
from gliomanet.tables.prediction import SEGMENTATIONS

params, center = snakemake.params, snakemake.wildcards.center
splits = read_tables(snakemake.input.splits)
table = segment_center(
    [Member(**one | {"folder": Path(one["folder"])}) for one in params.members],
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
