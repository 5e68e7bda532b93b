"""Predict one centre with every stage and fold of a model that did not train on it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.kinds import IMAGE_KINDS
from gliomanet.pipeline.job_log import log_to
from gliomanet.prediction.predict_center import Member, predict_center
from gliomanet.radiomics.table import wide_features
from gliomanet.tables.io import read_tables, write_table

log_to(snakemake.log[0])
params, center = snakemake.params, snakemake.wildcards.center
splits = read_tables(snakemake.input.splits)
predictions, deep = predict_center(
    [
        Member(stage, fold["scenario"], fold["id"], Path(params.models) / stage / f"fold{fold['id']}")
        for stage in params.stages
        for fold in params.folds
    ],
    splits[splits["center"] == center],
    read_tables(snakemake.input.cases),
    model=snakemake.wildcards.model,
    kind=params.kind,
    preprocessed=Path(params.preprocessed) if params.kind in IMAGE_KINDS else None,
    features=None if params.kind in IMAGE_KINDS else wide_features(read_tables(snakemake.input.data)),
    threads=snakemake.threads,
    gpus=snakemake.resources.gpu,
    passes=params.passes,
    seed=params.seed,
    flips=params.flips,
)
write_table(predictions, snakemake.output.predictions, exact=True)
write_table(deep, snakemake.output.deep, exact=True)
