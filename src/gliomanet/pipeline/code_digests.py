"""Digests of the code that jobs run, remembered from start to start while no file of the code changes.

Following the imports of every script takes a second of CPU, longer than all else that a job's own start of the workflow
does, and a study has as many starts as jobs.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from gliomanet import code_digest
from gliomanet.files.atomic import write_atomically
from gliomanet.pipeline.content_digests import SETTLED_NS

Entry = tuple[str, int, int, int, int]
"""Path of a file, its size, its times of modification and of change in ns, its inode."""


class CodeDigests:
    """The digests of `gliomanet.code_digest.source_digest`, in memory and in a file beside the results.

    They hold for one state of the code: the names, sizes, times and inodes of all Python files of the package and of
    the scripts. One edit, and all are made anew. Runs at the same time may share the file: each writes it whole.

    Args:
        cache: the file; made where it is missing.
        scripts: folder of the workflow's scripts.
        writes: False looks up only, and makes what it does not find for itself: for the many jobs of a run.
    """

    def __init__(self, cache: Path, scripts: Path, *, writes: bool = True) -> None:
        self.cache, self.scripts = cache, scripts
        files = list(_python_files(str(code_digest.PACKAGE_ROOT / "gliomanet"), str(scripts)))
        self._state = _digest_of([sys.version, *sorted(files)])
        # Two edits within the clock's grain share a time: what was made from a file that new is not kept.
        newest = max((max(modified, changed) for _, _, modified, changed, _ in files), default=0)
        self._writes = writes and newest < time.time_ns() - SETTLED_NS
        self._known = _load(cache, self._state)

    def of(self, script: str, *references: str) -> str:
        """`source_digest` of a script, by its name, and of the code that it loads by references."""
        key = " ".join((script, *sorted(references)))
        if key not in self._known:
            self._known[key] = code_digest.source_digest(self.scripts / script, *references)
            if self._writes:
                stored = {"state": self._state, "digests": {**_load(self.cache, self._state), **self._known}}
                try:
                    write_atomically(self.cache, json.dumps(stored).encode())
                except OSError:
                    self._writes = (
                        False  # it spares time, and decides nothing; a run that writes says what may not be written
                    )
        return self._known[key]


def _python_files(*folders: str) -> Iterable[Entry]:
    for folder in folders:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir():
                    yield from _python_files(entry.path)
                elif entry.name.endswith(".py"):
                    stat = entry.stat()
                    yield entry.path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _digest_of(values: object) -> str:
    return hashlib.blake2b(repr(values).encode(), digest_size=16).hexdigest()


def _load(cache: Path, state: str) -> dict[str, str]:
    """The digests in the cache; nothing where it is missing, cannot be read, or is of another state of the code."""
    try:
        stored = json.loads(cache.read_text(encoding="utf-8"))
        return {str(k): str(v) for k, v in stored["digests"].items()} if stored["state"] == state else {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
