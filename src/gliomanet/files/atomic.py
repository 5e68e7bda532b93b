"""Files written so that whoever looks finds the old one or the new one, whole."""

from __future__ import annotations

import errno
import io
import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from gliomanet.files.storage import writing

_LINKLESS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP}
"""Errors of file systems without hard links."""

_HOST = socket.gethostname().partition(".")[0][:40]


@contextmanager
def open_atomically(path: Path, size: int = 0) -> Iterator[BinaryIO]:
    """Open a file to write, binary, so that it is the old one or the new one at any moment, even after a power cut.

    Written to `.<name>.<host>.<process>.<random>.partial` beside it (two processes write two of them, also where they
    have one number on two nodes or in two pods), put on the disk, and renamed; an
    error leaves the old file and nothing else. The folder is made where it is missing.

    Args:
        path: the file.
        size: bytes that will be written, where they are known: an error says so.

    Raises:
        StorageError: the disk does not take it.
    """
    with _partial(path, size) as (partial, file):
        yield file
        _put_on_disk(file)
        partial.replace(path)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file as `open_atomically` does."""
    with open_atomically(path, len(content)) as file:
        file.write(content)


def write_once(path: Path, content: bytes) -> None:
    """Write a file whole, unless another process was first: then its file stays, and with it whatever maps it."""
    with _partial(path, len(content)) as (partial, file):
        file.write(content)
        _put_on_disk(file)
        try:
            os.link(partial, path)
        except FileExistsError:
            return
        except OSError as error:
            if error.errno not in _LINKLESS:
                raise
            partial.replace(path)


@contextmanager
def _partial(path: Path, size: int) -> Iterator[tuple[Path, BinaryIO]]:
    """A file beside `path`, open to write; gone afterwards, unless it was moved."""
    partial = path.with_name(f".{path.name}.{_HOST}.{os.getpid()}.{secrets.token_hex(3)}.partial")
    with writing(path, size):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as file:
                yield partial, file
        finally:
            partial.unlink(missing_ok=True)


def _put_on_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write indented JSON, atomically.

    Raises:
        ValueError: a number is not finite, which JSON has no word for.
    """
    text = json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(path, (text + "\n").encode())


def write_heads(path: Path, heads: Mapping[str, tuple[NDArray[Any], NDArray[Any]]]) -> None:
    """Write `<task>.weight` (K, F) and `<task>.bias` (K,) of every task's linear head to an `.npz`, atomically."""
    arrays: dict[str, Any] = {}
    for task, (weight, bias) in heads.items():
        arrays[f"{task}.weight"], arrays[f"{task}.bias"] = weight, bias
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomically(path, buffer.getvalue())
