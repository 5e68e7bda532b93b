"""The DICOM folder that a case came from, as its result tells it: by content alone, without a name or a date."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from gliomanet.files.digests import file_digest


class DicomFolder(BaseModel):
    """A folder of DICOM files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    digest: str = Field(description="BLAKE2b over the contents of its files, whatever they are called.")
    modalities: tuple[str, ...] = Field(description="Modalities that were taken from it.")


def folder_digest(folder: Path) -> str:
    """BLAKE2b (32 hex digits) over the digests of a folder's files, sorted: names and places do not count.

    Raises:
        OSError: a file cannot be read.
    """
    digests = sorted(file_digest(path) for path in folder.rglob("*") if path.is_file())
    return hashlib.blake2b("\n".join(digests).encode(), digest_size=16).hexdigest()
