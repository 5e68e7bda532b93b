"""Reading back what a job has written: whole, or one error that says what to delete; scratch files are set aside."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gliomanet.errors import Problem, ProblemError
from gliomanet.files.storage import raise_if_of_the_machine

UNREADABLE = (OSError, EOFError, ValueError, KeyError, IndexError, AttributeError, zlib.error, zipfile.BadZipFile)
"""Errors that readers raise of damaged content, whatever it is."""


def digest_of_bytes(content: bytes) -> str:
    """BLAKE2b of a file's content, 32 hex digits."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def damaged(path: Path, why: object, *, delete: Path | None = None) -> ProblemError:
    """The error of a result that is not what its job wrote.

    Args:
        path: the file.
        why: what was found.
        delete: the whole output that has to go, so that the job is repeated; default: the file.
    """
    action = f"delete {delete or path} and start Snakemake again: its job is repeated, and what follows from it"
    return ProblemError(Problem(f"is not what its job wrote ({why})", action, file=str(path), rule="damaged_result"))


def content_of(path: Path, *, delete: Path | None = None) -> bytes:
    """The bytes of a file.

    Raises:
        ProblemError: it is missing.
        StorageError: the disk does not give it, which says nothing of the file.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise damaged(path, "it is missing", delete=delete) from None
    except OSError as error:
        raise_if_of_the_machine(error, path)
        raise


def read_written_json(path: Path, *, delete: Path | None = None) -> dict[str, Any]:
    """The object in a `.json` of `write_json`.

    Raises:
        ProblemError: it is missing or damaged.
    """
    content = content_of(path, delete=delete)
    try:
        found = json.loads(content)
    except ValueError as error:
        raise damaged(path, in_words(error), delete=delete) from error
    if not isinstance(found, dict):
        raise damaged(path, f"a {type(found).__name__} instead of an object", delete=delete)
    return found


def read_written_arrays(path: Path, *, delete: Path | None = None) -> dict[str, NDArray[Any]]:
    """Name → array of an `.npz`, each by its checksum.

    Raises:
        ProblemError: it is missing or damaged.
    """
    content = content_of(path, delete=delete)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except UNREADABLE as error:
        raise damaged(path, in_words(error), delete=delete) from error


def set_aside(path: Path) -> Path:
    """Rename a scratch file that cannot be used to `<name>.corrupt-<number>`, so that it is made anew; its new name."""
    number = 1
    while (aside := path.with_name(f"{path.name}.corrupt-{number}")).exists():
        number += 1
    return path.rename(aside)


def in_words(error: Exception) -> str:
    """The words of an error that a reader raised, for `damaged`."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
