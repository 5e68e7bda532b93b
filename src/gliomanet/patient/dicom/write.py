"""Everything that a result has as DICOM, in one folder: all of it or nothing."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from highdicom import SOPClass

from gliomanet.files.storage import refuse_where_full
from gliomanet.imaging.record import NAME as RECORD
from gliomanet.patient.dicom.authorship import Authorship
from gliomanet.patient.dicom.context import Examination
from gliomanet.patient.dicom.encapsulated_pdf import encapsulated
from gliomanet.patient.dicom.report_sr import report
from gliomanet.patient.dicom.seg import segmentation
from gliomanet.patient.dicom.segments import segments_of
from gliomanet.patient.result import ResultValues

FOLDER = "dicom"


def write_dicom(result: Path, values: ResultValues, examination: Examination, page: Path | None = None) -> list[Path]:
    """Write a result into the study of its examination: `dicom/*.dcm` in its folder.

    Args:
        result: the folder of a result.
        values: its `result.json`.
        examination: the series that its images were taken from, each of them.
        page: a PDF of the result that goes with it.

    Returns:
        `seg_<modality>.dcm` of each modality, `sr.dcm`, and `page.dcm` where there is one.

    Raises:
        StorageError: the disk does not take it.
        CaseError: the page is no PDF.
    """
    with tempfile.TemporaryDirectory(prefix=".dicom-", dir=result) as scratch:
        made = Path(scratch) / FOLDER
        made.mkdir()
        names = []
        for name, instance in _instances(result, values, examination, page):
            try:
                instance.save_as(made / name, enforce_file_format=True)
            except OSError:
                refuse_where_full(result)
                raise
            names.append(name)
        shutil.rmtree(result / FOLDER, ignore_errors=True)
        made.rename(result / FOLDER)
    return [result / FOLDER / name for name in names]


def _instances(
    result: Path, values: ResultValues, examination: Examination, page: Path | None
) -> Iterator[tuple[str, SOPClass]]:
    record = json.loads((result / "atlas" / RECORD).read_text(encoding="utf-8"))
    by = Authorship.of(values, (uid for one in examination.series.values() for uid in one.uids))
    outline, warnings = values.segmentation, " ".join(one.text for one in values.warnings)
    reference = examination.series[record["reference"]]
    segments = {
        name: segments_of(
            result / "native",
            series,
            tumour=outline is not None,
            parts_told=bool(outline and outline.parts_told),
        )
        for name, series in examination.series.items()
    }
    masks = {}
    for number, (name, series) in enumerate(examination.series.items()):
        if segments[name]:
            source = outline.source if outline else ""
            masks[name] = segmentation(series, segments[name], by, number=number, outlined=source, warnings=warnings)
            yield f"seg_{name}.dcm", masks[name]
    own = segments[reference.modality]
    number = len(examination.series)
    yield "sr.dcm", report(values, reference, own, masks.get(reference.modality), by, number=number)
    if page is not None:
        yield "page.dcm", encapsulated(page, reference, by, number=number + 1)
