"""Read the weights that a model's networks learnt to fuse their modalities with."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.pipeline.job_log import log_to
from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.predict_subsets import fusion_table
from gliomanet.tables.io import write_table

log_to(snakemake.log[0])
members = [Member(**one | {"folder": Path(one["folder"])}) for one in snakemake.params.members]
write_table(fusion_table(members, snakemake.wildcards.model), snakemake.output.weights, exact=True)
