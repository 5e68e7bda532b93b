"""Look into every image file of one centre, and keep each head's fingerprint."""

import os
from pathlib import Path

from prologue import snakemake

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"  # before ants is imported: more threads change the figures

from gliomanet.audit.center_images import inspect_center
from gliomanet.audit.fingerprint import write_fingerprints
from gliomanet.cohort.generated_files import made_files
from gliomanet.config.preprocessing import Preprocessing
from gliomanet.tables.cohort import FINDINGS, IMAGE_FILES, TUMOUR_VOLUMES
from gliomanet.tables.io import write_table


def main() -> None:
    files = snakemake.params.files or made_files(snakemake.input.made)
    center, mask_codes = snakemake.wildcards.center, snakemake.params.mask_codes
    cases = [
        {**columns, "case_id": case, "center": center, "mask_codes": mask_codes.get(case, "")}
        for case, columns in files.items()
    ]
    settings = Preprocessing.model_validate(snakemake.params.settings)
    findings, fingerprints, volumes, files_read = inspect_center(cases, settings, processes=snakemake.threads)
    write_table(findings, snakemake.output.findings, FINDINGS)
    write_fingerprints(fingerprints, Path(snakemake.output.fingerprints))
    write_table(volumes, snakemake.output.volumes, TUMOUR_VOLUMES)
    write_table(files_read, snakemake.output.files, IMAGE_FILES)


if __name__ == "__main__":  # the cases' processes import this file, too
    main()
