"""One patient through a bundle: the scanner's files, the study's own steps, and a folder with the result."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gliomanet.bundle.read import Bundle
from gliomanet.patient.answers import Computing
from gliomanet.patient.checks import (
    Patient,
    check_atlas,
    check_device,
    check_language,
    check_out,
    check_space,
    check_told,
)
from gliomanet.patient.dicom_out import described, examination_of, write_objects
from gliomanet.patient.given import take
from gliomanet.patient.page.write import PAGES
from gliomanet.patient.result import NAME, ResultValues
from gliomanet.patient.run import FOLDERS, Prediction
from gliomanet.patient.scratch import scratch_in


@dataclass(frozen=True)
class Result:
    """The result of a patient.

    Attributes:
        folder: where its files lie: `result.json`, `page.html`, `report.pdf`, folders of images, pictures, tables.
        content: what `result.json` holds.
    """

    folder: Path
    content: ResultValues


def predict(
    bundle: Bundle | str | Path,
    images: Mapping[str, str | Path],
    out: str | Path,
    *,
    dicom: str | Path | None = None,
    dicom_out: bool = False,
    mask: str | Path | None = None,
    patient: Patient | None = None,
    of_study: bool = False,
    accept_names: bool = False,
    fast: bool = False,
    explain: bool = True,
    threads: int = 1,
    gpus: int = 0,
    page: bool = True,
    language: str = "en",
    report: Callable[[str], object] = lambda line: None,
) -> Result:
    """Predict one patient with a bundle, and write the result.

    The images are brought to the atlas by the study's own preprocessing, and answered by the study's own functions, so
    that a case of the study gets the numbers that the pipeline gave it, where its centre and id are told.

    Args:
        bundle: the folder that `gliomanet bundle` wrote, or one that is open.
        images: modality (`t1`, `t1c`, `t2`, `flair`) → NIfTI file; any subset.
        out: folder for the result; what an earlier prediction left in it is written anew.
        dicom: folder of one examination's DICOM files.
        dicom_out: write the result into that examination's study, too: `dicom/` in the folder.
        mask: tumour mask, which models on radiomic features need.
        patient: age, sex, id; default: nothing is known.
        of_study: the images are of the study's own case that `patient` names; where the models learnt from its centre,
            the result says so before any number.
        accept_names: go on where an image looks like another modality than it was given as.
        fast: one fold alone, without mirror images and without explanations.
        explain: tell what the answers stand on, by voxel and by input; False saves the time.
        threads: CPU threads; the study's digits are those of its own number, 1 unless it says otherwise.
        gpus: 1 to compute on a GPU.
        page: draw `pictures/` and write `page.html` and `report.pdf`, too.
        language: of page and PDF, `en` or `zh`; `result.json` is the same.
        report: called with a line on each step.

    Returns:
        The result; equal arguments give equal files, but for `made_at` in `result.json` and on the page.

    Raises:
        CaseError: an image cannot be used, nothing can be said of the case, or the result would replace what is none.
        ProblemError: a GPU is asked for where there is none, another atlas is installed, or a language is not known or
            lacks its letters.
        ModelError: the bundle cannot be used.
        StorageError: the disk does not take the result, or another prediction works in its folder.
    """
    opened = bundle if isinstance(bundle, Bundle) else Bundle.open(Path(bundle))
    told, folder, how = patient or Patient(), Path(out), Computing(threads, gpus, fast, explain and not fast)
    check_told(told, opened)
    check_device(gpus)
    check_language(language, page=page)
    check_atlas(opened)
    parts, every = (*FOLDERS, "dicom"), (*images.values(), dicom, mask)
    check_out(folder, opened, parts, [Path(one) for one in every if one is not None])
    check_space(folder)
    with scratch_in(folder) as scratch:
        for part in parts:
            shutil.rmtree(folder / part, ignore_errors=True)
        for name in (NAME, *PAGES):
            (folder / name).unlink(missing_ok=True)
        named = {name: Path(path) for name, path in images.items()}
        source, given_mask = (None if one is None else Path(one) for one in (dicom, mask))
        given = take(told.case_id, named, source, given_mask, scratch / "dicom")
        examination = examination_of(told.case_id, given, source, report) if dicom_out else None
        values = Prediction(
            bundle=opened,
            patient=told,
            given=given,
            how=how,
            of_study=of_study,
            accept_names=accept_names,
            page=page,
            language=language,
            dicom=described(source, given),
            scratch=scratch,
            out=folder,
            report=report,
        ).run()
        if examination is not None:  # which may be of files that are converted in the scratch folder
            write_objects(folder, values, examination, report)
    return Result(folder, values)
