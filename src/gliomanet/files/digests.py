"""Digests of files: of an image, by which two files are one image wherever they lie, and SHA-256 for other programs."""

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


def sha256(path: Path) -> str:
    """SHA-256 (64 hex digits) of a file's bytes, as `sha256sum` prints it.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
