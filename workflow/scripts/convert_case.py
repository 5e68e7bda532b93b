"""Convert one case's DICOM files; a failure is a reason in the case's folder, which its row will carry."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.dicom.convert import convert_case
from gliomanet.cohort.generated_files import FAILURE
from gliomanet.errors import CaseError
from gliomanet.files.contents import write_contents

out = Path(snakemake.output.folder)
out.mkdir(parents=True)
try:
    convert_case(Path(snakemake.params.folder), out, snakemake.wildcards.case)
except CaseError as error:
    print(error)
    (out / FAILURE).write_text(f"{error}\n", encoding="utf-8")
write_contents(out, Path(snakemake.output.contents))
