"""Bring one case to the atlas grid."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import os

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"  # before ants is imported: more threads change the voxels

from gliomanet.cohort.generated_files import made_files
from gliomanet.config.preprocessing import Preprocessing
from gliomanet.imaging.preprocess import preprocess_case
from gliomanet.pipeline.job_log import log_to

log_to(snakemake.log[0])
center, case = snakemake.wildcards.center, snakemake.wildcards.case
files = snakemake.params.files
if not files:  # known once a job has made them
    files = made_files(snakemake.input.sources)[case]
preprocess_case(
    {**files, "case_id": case, "center": center},
    Preprocessing.model_validate(snakemake.params.settings),
    Path(snakemake.output.folder),
    seed=snakemake.params.seed,
)
