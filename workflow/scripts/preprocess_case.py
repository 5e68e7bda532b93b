"""Bring one case to the atlas grid."""

import os
from pathlib import Path

from prologue import snakemake

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"  # before ants is imported: more threads change the voxels

from gliomanet.cohort.generated_files import made_files
from gliomanet.config.preprocessing import Preprocessing
from gliomanet.files.contents import write_contents
from gliomanet.imaging.crash_proof import preprocess_alone

center, case = snakemake.wildcards.center, snakemake.wildcards.case
files, out = snakemake.params.files, Path(snakemake.output.folder)
if not files:  # known once a job has made them
    files = made_files(snakemake.input.made)[case]
preprocess_alone(
    {**files, "case_id": case, "center": center, "mask_codes": snakemake.params.mask_codes},
    Preprocessing.model_validate(snakemake.params.settings),
    out,
    seed=snakemake.params.seed,
)
write_contents(out, Path(snakemake.output.contents))
