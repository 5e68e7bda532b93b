"""Read the weights that a model's networks learnt to fuse their modalities with."""

from pathlib import Path

from prologue import snakemake

from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.predict_subsets import fusion_table
from gliomanet.tables.io import write_table
from gliomanet.tables.prediction import FUSION_WEIGHTS

members = [Member(**one | {"folder": Path(one["folder"])}) for one in snakemake.params.members]
table = fusion_table(members, snakemake.wildcards.model)
write_table(table, snakemake.output.weights, FUSION_WEIGHTS, exact=True)
