"""Convert one case's DICOM files; a failure is a reason in the case's folder, which its row will carry."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.cohort.dicom.convert import convert_case
from gliomanet.cohort.generated_files import FAILURE
from gliomanet.errors import CaseError
from gliomanet.pipeline.job_log import log_to

log_to(snakemake.log[0])
out = Path(snakemake.output.folder)
out.mkdir(parents=True)
try:
    convert_case(Path(snakemake.input.folder), out, snakemake.wildcards.case)
except CaseError as error:
    print(error)
    (out / FAILURE).write_text(f"{error}\n", encoding="utf-8")
