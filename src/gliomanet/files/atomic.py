"""Files of a training job, written so that whoever looks finds the old one or the new one, whole."""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LINKLESS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP}
"""What file systems without hard links say."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is the old one or the new one at any moment, even after a power cut.

    The partial file bears the process's id: an orphan of a killed workflow and its successor write two of them.
    """
    with _partial(path, content) as partial:
        partial.replace(path)


def write_once(path: Path, content: bytes) -> None:
    """Write a file whole, unless another process was first: then its file stays, and with it whatever maps it."""
    with _partial(path, content) as partial:
        try:
            os.link(partial, path)
        except FileExistsError:
            return
        except OSError as error:
            if error.errno not in _LINKLESS:
                raise
            partial.replace(path)


@contextmanager
def _partial(path: Path, content: bytes) -> Iterator[Path]:
    """A file beside `path` with all of its content on the disk; gone afterwards, unless it was moved."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield partial
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write indented JSON, atomically."""
    write_atomically(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def write_heads(path: Path, heads: Mapping[str, tuple[NDArray[Any], NDArray[Any]]]) -> None:
    """Write `<task>.weight` (K, F) and `<task>.bias` (K,) of every task's linear head to an `.npz`, atomically."""
    arrays: dict[str, Any] = {}
    for task, (weight, bias) in heads.items():
        arrays[f"{task}.weight"], arrays[f"{task}.bias"] = weight, bias
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomically(path, buffer.getvalue())
