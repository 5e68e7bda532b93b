"""An upload on its way in: counted while it streams, and kept under generated names; nothing of it is opened here."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.types import Message

from gliomanet.app.store.record import Asked
from gliomanet.errors import CaseError, Problem
from gliomanet.files.atomic import write_json
from gliomanet.modalities import MODALITIES

MOST_BYTES = 2 * 2**30
"""Bytes of one upload."""

MOST_FILES = 5000
"""Files of one upload: an examination of several series of DICOM files."""

IMAGES = (*MODALITIES, "tumour_mask")
DICOM = "dicom"
LISTING = "upload.json"
"""What was received: kind of image → files beside this one."""


async def receive(request: Request, folder: Path) -> Asked:
    """Keep an upload's files, and say what was asked for.

    Args:
        request: `multipart/form-data` with files `t1`, `t1c`, `t2`, `flair`, `tumour_mask`, `dicom` (many, or one ZIP),
            and fields `label`, `age`, `sex`, `fast`, `accept_names`, `mask_codes`.
        folder: made; files are called `00001`, `00002`, ….

    Raises:
        CaseError: it is too large, holds no image, or a field is not allowed.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise _refused("no_form", "the request is no form with files", "send multipart/form-data")
    counted = Request(request.scope, _counted(request))
    async with counted.form(max_files=MOST_FILES, max_fields=20, max_part_size=4096) as form:
        asked = _asked(form)
        files = {kind: _files(form, kind) for kind in (*IMAGES, DICOM)}
        if not any(files.values()):
            raise _refused("no_images", "no image was sent", "choose at least one NIfTI file, or DICOM files")
        if files[DICOM] and any(files[name] for name in MODALITIES):
            raise _refused("two_ways", "both NIfTI and DICOM files were sent", "send the one or the other")
        if twice := [name for name in IMAGES if len(files[name]) > 1]:
            raise _refused("image_twice", f"several files for {', '.join(twice)}", "send one file for each")
        await run_in_threadpool(_keep, files, folder)
    return asked


def listed(folder: Path) -> dict[str, list[Path]]:
    """Files of an upload that was kept, by kind."""
    names: dict[str, list[str]] = json.loads((folder / LISTING).read_text(encoding="utf-8"))
    return {kind: [folder / name for name in files] for kind, files in names.items()}


def _keep(files: dict[str, list[UploadFile]], folder: Path) -> None:
    folder.mkdir(mode=0o700)
    names: dict[str, list[str]] = {}
    number = 0
    for kind, sent in files.items():
        for one in sent:
            number += 1
            name = f"{number:05d}"
            with (folder / name).open("xb") as out:
                shutil.copyfileobj(one.file, out, 1 << 20)
            names.setdefault(kind, []).append(name)
    write_json(folder / LISTING, names)


def _files(form: FormData, kind: str) -> list[UploadFile]:
    """Files that were sent as one kind; a browser sends an empty one where none was chosen."""
    sent = [one for one in form.getlist(kind) if isinstance(one, UploadFile)]
    return [one for one in sent if one.size or one.filename]


def _asked(form: FormData) -> Asked:
    told: dict[str, Any] = {}
    for name in ("label", "sex", "mask_codes", "age"):
        value = form.get(name)
        if isinstance(value, str) and value.strip():
            told[name] = re.sub(r"[\x00-\x1f\x7f]", " ", value).strip()
    told |= {name: form.get(name) in ("on", "true", "1") for name in ("fast", "accept_names")}
    try:
        return Asked(**told)
    except ValidationError as error:
        fields = ", ".join(sorted({str(one["loc"][0]) for one in error.errors()}))
        action = "give an age of 0 to 120 years, the sex as F or M, and a label of at most 80 characters"
        raise _refused("malformed_request", f"a value that is not allowed: {fields}", action) from None


def _counted(request: Request) -> Any:
    """The request's stream, which ends with a problem where it grows too large, whatever length it announced."""
    count = 0

    async def receive() -> Message:
        nonlocal count
        message = await request.receive()
        count += len(message.get("body", b""))
        if count > MOST_BYTES:
            found = f"the upload is larger than {MOST_BYTES // 2**20} MB"
            raise _refused("upload_too_large", found, "send one examination's series that are needed, compressed")
        return message

    return receive


def _refused(rule: str, found: str, action: str) -> CaseError:
    return CaseError(Problem(found, action, rule=rule))
