"""Read the weights that a model's networks learnt to fuse their modalities with."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.pipeline.job_log import log_to
from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.predict_subsets import fusion_table
from gliomanet.tables.io import write_table
from gliomanet.tables.prediction import FUSION_WEIGHTS

log_to(snakemake.log[0])
params = snakemake.params
members = [
    Member(params.stage, fold["scenario"], fold["id"], Path(params.models) / params.stage / f"fold{fold['id']}")
    for fold in params.folds
]
table = fusion_table(members, snakemake.wildcards.model)
write_table(table, snakemake.output.weights, FUSION_WEIGHTS, exact=True)
