"""Bring one case to the atlas grid."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import os

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"  # before ants is imported: more threads change the voxels

from gliomanet.imaging.preprocess import preprocess_case
from gliomanet.joblog import log_to
from gliomanet.study import Preprocessing
from gliomanet.tables import read_table

log_to(snakemake.log[0])
cases = read_table(snakemake.input.cases).set_index("case_id", drop=False)
preprocess_case(
    cases.loc[snakemake.wildcards.case].to_dict(),
    Preprocessing.model_validate(snakemake.params.settings),
    Path(snakemake.output.folder),
    seed=snakemake.params.seed,
)
