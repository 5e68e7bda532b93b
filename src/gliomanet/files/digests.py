"""Digest of an image's bytes: two files of one digest are one image, whatever they are called and wherever they lie."""

from __future__ import annotations

import hashlib
from pathlib import Path

from gliomanet.files.image_pairs import other_half


def file_digest(path: Path) -> str:
    """BLAKE2b (32 hex digits) of a file's bytes; of an image in two files, `.hdr` and `.img`, of both in this order.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    other = other_half(path)
    for part in sorted(filter(None, (path, other)), key=lambda one: one.name.lower()):
        with part.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
