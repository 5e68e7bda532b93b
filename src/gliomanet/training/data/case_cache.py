"""Cases as networks see them, one memory-mapped file each, shared by the folds and models of a study.

All folds and models of a study read the same cases. From the files here each job maps them instead of holding its own
copy: the operating system keeps in memory what is in use, once a machine, and gives it up where memory is short.

A file is named for what it was made from, so it never changes and a name that is there is right: for the case's files
(their names, sizes and times, so that finding it reads none of them) and for how they were read. Not for where they
are: machines may see the same results under different paths. Jobs may write the same one at once, the first one's
stays. What an earlier preprocessing of the case left is removed then.

A file holds a digest of its arrays, which is compared in every job: 49 MB take some 50 ms of a core, and are read for
training in any event. One that does not hold is set aside and made again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gliomanet.code_digest import source_digest
from gliomanet.files.atomic import write_once
from gliomanet.files.reading_back import set_aside
from gliomanet.models import case_input as reader
from gliomanet.models.case_input import CaseImages, Shape, load_case
from gliomanet.models.case_view import View
from gliomanet.models.nyul import CommonHistogram


def cached_case(
    cache: Path,
    case_id: str,
    folder: Path,
    modalities: Sequence[str],
    shape: Shape,
    histograms: Mapping[str, CommonHistogram] | None = None,
    ratio_maps: Sequence[str] = (),
    view: View = "centre",
) -> tuple[CaseImages, bytes]:
    """A case from the cache, read into it where it is not there yet; its arrays are read-only maps of the file.

    Args:
        cache: folder of the cache; a case's files are in `<center>/<case>`, as in `results/preprocessed`.
        case_id: for errors.
        folder: the case's folder of `results/preprocessed`.
        modalities: as in `load_case`.
        shape: as in `load_case`.
        histograms: as in `load_case`.
        ratio_maps: as in `load_case`.
        view: as in `load_case`.

    Returns:
        The case with its tumour mask, and the digest of its arrays.

    Raises:
        CaseError: as `load_case`; such a case leaves nothing in the cache.
        OSError: the cache cannot be written.
    """
    how = _settings_digest(modalities, shape, histograms, ratio_maps, view)
    path = cache / folder.parent.name / folder.name / f"{how}-{_files_digest(folder)}.npy"
    if path.is_file():
        try:
            return _mapped(case_id, path)
        except (ValueError, EOFError, IndexError) as error:
            aside = set_aside(path)
            print(f"case {case_id}: {path} is damaged ({error}); set aside as {aside.name}, and made again", flush=True)
    how_read: dict[str, Any] = {"histograms": histograms, "ratio_maps": ratio_maps, "view": view}
    case = load_case(case_id, folder, modalities, shape, tumour=True, **how_read)
    buffer = io.BytesIO()
    np.save(buffer, _record(case), allow_pickle=False)
    try:
        write_once(path, buffer.getvalue())
    except OSError as error:
        raise OSError(f"case {case_id} cannot be kept in the cache: {error}; or set compute.cache: false") from error
    for earlier in path.parent.glob(f"{how}-*.npy*"):
        if not earlier.name.startswith(path.name):
            earlier.unlink(missing_ok=True)
    return _mapped(case_id, path)


def _mapped(case_id: str, path: Path) -> tuple[CaseImages, bytes]:
    """The case in a file, and the digest of its arrays.

    Raises:
        ValueError: the file is damaged; also EOFError and IndexError.
    """
    record = np.load(path, mmap_mode="r", allow_pickle=False)
    case, digest = _case(case_id, record), bytes.fromhex(record["digest"][0].decode())
    if digest_of_case(case) != digest:
        raise ValueError("its arrays have another digest than it says")
    return case, digest


def digest_of_case(case: CaseImages) -> bytes:
    """Of a case's arrays: equal for equal data, whether they are in memory or mapped."""
    digest = hashlib.blake2b(digest_size=16)
    for array in (case.image, case.brain, case.tumour, case.available):
        digest.update(b"none" if array is None else np.ascontiguousarray(array).view(np.uint8).data)
    return digest.digest()


def _record(case: CaseImages) -> NDArray[np.void]:
    """The case as one structured array of one element, which `numpy.save` writes as it is in memory."""
    fields: dict[str, Any] = {
        "image": case.image,
        "brain": case.brain,
        "tumour": np.zeros(case.brain.shape, np.uint8) if case.tumour is None else case.tumour,
        "has_tumour": np.array(case.tumour is not None),
        "available": case.available,
        "grid": np.array(case.grid, np.int64),
        "spacing_mm": np.array(case.spacing_mm, np.float64),
        "shrunk": np.array(case.shrunk),
        "digest": np.array(digest_of_case(case).hex().encode()),
    }
    record = np.zeros(1, dtype=[(name, value.dtype, value.shape) for name, value in fields.items()])
    for name, value in fields.items():
        record[name][0] = value
    return record


def _case(case_id: str, record: Any) -> CaseImages:
    x, y, z = (int(size) for size in record["grid"][0])
    a, b, c = (float(size) for size in record["spacing_mm"][0])
    tumour = record["tumour"][0] if record["has_tumour"][0] else None
    available, shrunk = np.array(record["available"][0]), bool(record["shrunk"][0])
    return CaseImages(case_id, record["image"][0], record["brain"][0], tumour, available, (x, y, z), (a, b, c), shrunk)


def _settings_digest(
    modalities: Sequence[str],
    shape: Shape,
    histograms: Mapping[str, CommonHistogram] | None,
    ratio_maps: Sequence[str],
    view: View,
) -> str:
    """Digest of how a case is read: the settings, and the code that reads."""
    mapped = None if histograms is None else {name: asdict(histograms[name]) for name in modalities}
    return _short([list(modalities), list(shape), mapped, list(ratio_maps), view, source_digest(Path(reader.__file__))])


def _files_digest(folder: Path) -> str:
    """Digest of a case's folder, by name, size and time of last change; a missing folder is empty."""
    found = sorted(os.scandir(folder), key=lambda entry: entry.name) if folder.is_dir() else []
    return _short([[e.name, e.stat().st_size, e.stat().st_mtime_ns] for e in found])


def _short(value: Any) -> str:
    return hashlib.blake2b(json.dumps(value).encode(), digest_size=8).hexdigest()
