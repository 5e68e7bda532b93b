"""One case's folder of DICOM files → one NIfTI file per modality, by `dcm2niix`, without names or dates in any.

dcm2niix reads the scanners' dialects (mosaics, enhanced files, tilted and compressed ones) and writes voxels and
geometry; which series is which modality is decided here, by `gliomanet.cohort.dicom.series`. What leaves this file
is pixel data with a bare header and a table in terms of this project's own words: dcm2niix's own sidecars keep the
institution, the time of day and the series description as typed, and the NIfTI header the time of day, even where it
is told to anonymise.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import nibabel as nib
import pandas as pd

from gliomanet.cohort.dicom.choice import Choice, choose
from gliomanet.cohort.dicom.headers import Headers, SeriesFacts, read_headers
from gliomanet.cohort.dicom.series import Judgement, Series, judge
from gliomanet.cohort.findings import Finding, findings_table
from gliomanet.cohort.generated_files import FINDINGS_FILE
from gliomanet.errors import CaseError, Problem
from gliomanet.files.atomic import open_atomically
from gliomanet.files.storage import refuse_where_full
from gliomanet.modalities import MODALITIES
from gliomanet.tables.cohort import DICOM_SERIES, FINDINGS
from gliomanet.tables.io import write_table

_FREE_TEXT = ((14, 32), (148, 228), (228, 252), (328, 344))
"""Bytes of a NIfTI-1 header: db_name, descrip, aux_file, intent_name."""
_VOXEL_OFFSET = 108
_SHOULD_HOLD = "it should hold the case's DICOM files"
_SOME_FAILED = 8  # dcm2niix's exit status for "some were converted, some were not"


@dataclass(frozen=True)
class ConvertedSeries:
    """The file of a modality, and the series that it was made of.

    Attributes:
        file: as `convert_case` wrote it.
        uid: the series' own; it names the examination, and is kept in memory only.
    """

    file: Path
    uid: str


@dataclass(frozen=True)
class _Image:
    """One image that dcm2niix wrote, in the temporary folder."""

    path: Path
    uid: str
    series: Series
    judgement: Judgement


def convert_case(folder: Path, out: Path, case_id: str) -> dict[str, ConvertedSeries]:
    """Convert one case, and choose one series per modality.

    What a person should look at (of two T1 without a word of it, one may show contrast medium) is left in
    `findings.tsv`, where there is any.

    Args:
        folder: the case's DICOM files, in any sub-folders.
        out: folder for `<modality>.nii.gz` and `series.tsv`, which has a row for every series and says why it was
            used or not; made where missing. Modalities and table of an earlier conversion are replaced.
        case_id: the case, for messages.

    Returns:
        Modality → its file and series, for the modalities that were found.

    Raises:
        CaseError: no such folder, no DICOM file in it, files of two patients or of two days, no usable series.
        RuntimeError: no `dcm2niix` program.
    """
    program, at = _dcm2niix(), {"file": str(folder), "case": case_id}
    if not folder.is_dir():
        raise CaseError(Problem("no such folder", _SHOULD_HOLD, rule="no_folder").at(**at))
    if not any(path.is_file() for path in folder.rglob("*")):
        raise CaseError(Problem("is empty", _SHOULD_HOLD, rule="empty_folder").at(**at))
    headers = read_headers(folder)
    if headers.patients > 1:
        found = f"holds files of {headers.patients} patients"
        raise CaseError(Problem(found, "give each patient a folder of its own", rule="several_patients").at(**at))
    if headers.days > 1:
        action = "give each day a folder of its own: modalities of different days do not show the same tumour"
        raise CaseError(Problem(f"holds scans of {headers.days} days", action, rule="several_days").at(**at))
    out.mkdir(parents=True, exist_ok=True)
    for name in (*(f"{modality}.nii.gz" for modality in MODALITIES), "series.tsv", FINDINGS_FILE):
        (out / name).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="gliomanet-dicom-") as scratch:
        incomplete = _run(program, _with_preambles(folder, headers, Path(scratch)), Path(scratch), headers, at)
        images = _converted(Path(scratch), headers.series)
        choice = choose([(image.series, image.judgement) for image in images])
        rows = list(_rows(images, choice))
        for modality, place in choice.chosen.items():
            _write_bare(images[place].path, out / f"{modality}.nii.gz")
    rows += [("", "", "", "", f"warning: {doubt.found}") for doubt in choice.doubts]
    if headers.unreadable:
        rows.append(("", "", "", "", f"files that hold no DICOM image: {headers.unreadable}"))
    if incomplete:
        rows.append(("", "", "", "", "dcm2niix could not convert every series; run it by hand to see which"))
    write_table(pd.DataFrame(rows, columns=DICOM_SERIES.names(), dtype=str), out / "series.tsv", DICOM_SERIES)
    if not choice.chosen:
        # Two images of one series, as it is and resampled, have one reason.
        reasons = list(dict.fromkeys(f"series {number}: {why}" for number, *_, why in rows[: len(images)]))
        shown = "; ".join(reasons[:5]) + ("; …" if len(reasons) > 5 else "")
        found = f"none of the {len(reasons)} series is a T1, T1c, T2 or FLAIR of a whole head ({shown})"
        action = f"see {out / 'series.tsv'}, or convert it by hand and name the files in a table"
        raise CaseError(Problem(found, action, rule="no_usable_series").at(**at))
    if choice.doubts:
        doubts = findings_table(Finding.of(doubt.at(case=case_id), "warning") for doubt in choice.doubts)
        write_table(doubts, out / FINDINGS_FILE, FINDINGS)
    return {
        modality: ConvertedSeries(out / f"{modality}.nii.gz", images[choice.chosen[modality]].uid)
        for modality in MODALITIES
        if modality in choice.chosen
    }


def _dcm2niix() -> str:
    """The program that this environment installed, else the one on the path."""
    beside = Path(sys.executable).with_name("dcm2niix")
    program = str(beside) if beside.is_file() else shutil.which("dcm2niix")
    if program is None:
        raise RuntimeError(
            f"no dcm2niix program beside {sys.executable} or on PATH; install it with `pip install dcm2niix`"
        )
    return program


def _with_preambles(folder: Path, headers: Headers, scratch: Path) -> Path:
    """A folder of the same files that dcm2niix reads: the folder itself, where each file has its preamble."""
    if not headers.without_preamble:
        return folder
    staged = scratch / "files"
    staged.mkdir()
    for number, path in enumerate(headers.files):
        copy = staged / f"{number:06d}"
        if path in headers.without_preamble:
            copy.write_bytes(bytes(128) + b"DICM" + path.read_bytes())
        else:
            copy.symlink_to(path.resolve())
    return staged


def _run(program: str, folder: Path, scratch: Path, headers: Headers, at: Mapping[str, str]) -> bool:
    """Convert into `scratch` as `<series number>_<series uid>….nii`; true where some series could not be converted."""
    # -g i: a person's own ~/.dcm2nii.ini must not change the result; -x i: the last axis stays that of the slices.
    options = {"-g": "i", "-x": "i", "-b": "y", "-ba": "y", "-z": "n", "-c": "", "-d": "9", "-f": "%s_%j"}
    command = [program, *chain.from_iterable(options.items()), "-o", str(scratch), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    refuse_where_full(scratch)  # it leaves out, without an error, what it could not write
    if done.returncode < 0:
        found = f"dcm2niix was ended by signal {-done.returncode}"
        action = "try again with more memory; where it ends so again, run it by hand to see why"
        raise CaseError(Problem(found, action, rule="dcm2niix_failed").at(**at))
    # It ends so for a series with slices missing, too; its image has no sidecar then, and is not used.
    explained = done.returncode == 1 and any(facts.missing_slices for facts in headers.series.values())
    if any(scratch.glob("*.nii")):
        if done.returncode not in (0, _SOME_FAILED) and not explained:
            found, action = f"dcm2niix ended with status {done.returncode}", "run it by hand to see why"
            raise CaseError(Problem(found, action, rule="dcm2niix_failed").at(**at))
        return done.returncode == _SOME_FAILED
    found = f"dcm2niix found no image (status {done.returncode})"
    raise CaseError(Problem(found, _SHOULD_HOLD, rule="no_image").at(**at))


def _converted(scratch: Path, facts_of: Mapping[str, SeriesFacts]) -> list[_Image]:
    images = []
    for path in sorted(scratch.glob("*.nii")):
        number, _, rest = path.stem.partition("_")
        uid = re.split(r"[^0-9.]", rest)[0]  # echoes, phases and clashes of names follow it as "_e2", "_ph", "a"
        sidecar = path.with_suffix(".json")
        facts = json.loads(sidecar.read_text(encoding="utf-8", errors="replace")) if sidecar.is_file() else {}
        image: Any = nib.load(path)
        series = _series(facts, int(number), image, facts_of.get(uid, SeriesFacts()))
        # dcm2niix writes unevenly spaced or tilted slices twice, as they are and resampled; the second has no sidecar.
        second = [*scratch.glob(f"{path.stem}_Eq*.nii"), *scratch.glob(f"{path.stem}_Tilt*.nii")]
        judgement = judge(series)
        if (second or not sidecar.is_file()) and not series.missing_slices:
            judgement = Judgement("", judgement.words, "slices are unevenly spaced or tilted: one is missing, perhaps")
        images.append(_Image(path, uid, series, judgement))
    return sorted(images, key=lambda image: (image.series.number, image.path.name))


def _series(facts: Mapping[str, Any], number: int, image: Any, headers: SeriesFacts) -> Series:
    typed = [str(facts.get(key, "")) for key in ("SeriesDescription", "ProtocolName")]
    x, y, z = (float(size) for size in image.header.get_zooms()[:3])
    sequence = str(facts.get("ScanningSequence", "")).upper()
    return Series(
        number=number,
        description=" ".join(dict.fromkeys(typed)),
        image_type=tuple(map(str, facts.get("ImageType", ()))),
        scanning_sequence=tuple(code for code in ("SE", "GR", "IR", "EP") if code in sequence),
        echo_time=_seconds(facts, "EchoTime"),
        repetition_time=_seconds(facts, "RepetitionTime"),
        inversion_time=_seconds(facts, "InversionTime"),
        three_dimensional=facts.get("MRAcquisitionType") == "3D",
        contrast_agent=headers.agent,
        shape=tuple(image.shape),
        voxel_mm=(x, y, z),
        scanner=headers.scanner,
        screenshot=headers.screenshot,
        missing_slices=headers.missing_slices,
        time=headers.time,
    )


def _seconds(facts: Mapping[str, Any], key: str) -> float | None:
    return float(facts[key]) if facts.get(key) else None


def _rows(images: Sequence[_Image], choice: Choice) -> Iterator[tuple[str, ...]]:
    """A row of `DICOM_SERIES` for every image."""
    for place, image in enumerate(images):
        number, words, why = str(image.series.number), ", ".join(image.judgement.words), image.judgement.why
        modality = image.judgement.modality
        if not modality:
            yield number, "", words, "", why
        elif choice.chosen.get(modality) == place:
            yield number, f"{modality}.nii.gz", words, modality, why
        elif place in choice.why_not:
            yield number, "", words, "", f"{why}; but {choice.why_not[place]}"
        else:
            used = images[choice.chosen[modality]].series.number
            yield number, "", words, modality, f"{why}; series {used} is used instead"


def _write_bare(source: Path, target: Path) -> None:
    """The image compressed without a clock, its header's free text emptied: it holds the time of day.

    Voxels, scaling and geometry are copied byte by byte (NIfTI-1, little-endian, one file: what dcm2niix writes here).
    """
    content = source.read_bytes()
    header = bytearray(content[:348])
    for first, end in _FREE_TEXT:
        header[first:end] = bytes(end - first)
    (voxels,) = struct.unpack_from("<f", header, _VOXEL_OFFSET)
    struct.pack_into("<f", header, _VOXEL_OFFSET, 352)  # any extension between header and voxels is left out
    with (
        open_atomically(target) as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0) as out,
    ):
        out.write(bytes(header) + bytes(4) + content[int(voxels) :])
