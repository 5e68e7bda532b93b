"""Digests of users' files by content, remembered from run to run: what says that an image was replaced.

Times say little: `rsync -a`, `unzip` and `cp -p` leave a new file with an old date, and a touched file is the same. A
file is read whole once; after that its size, times and inode tell whether it is still the one that was read.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from gliomanet.files.atomic import write_atomically
from gliomanet.files.image_pairs import other_half

SETTLED_NS = 2_000_000_000
"""A file changed less than two seconds before it was read is read again: a second change may share its time."""

Stamp = tuple[int, int, int, int]
"""Size, times of modification and of change in ns, inode."""

Known = tuple[Stamp, str, bool]
"""Stamp of a file when it was read, its digest, and True where the stamp tells every later change."""


class ContentDigests:
    """Digests of files, in memory and in a cache file.

    Runs at the same time may share the cache: each writes it whole, and what one loses the next reads again. So it is
    with a cache that cannot be read. A wrong digest is in neither.

    Args:
        cache: the file; made where it is missing.
        reads: False looks up only, and knows nothing of files that the cache does not hold: for the many jobs of a run
            whose main process has read them.
    """

    def __init__(self, cache: Path, *, reads: bool = True) -> None:
        self.cache, self.reads = cache, reads
        self._known: dict[str, Known] = _load(cache)

    def of(self, paths: Iterable[str | Path]) -> dict[str, str]:
        """Path → BLAKE2b (32 hex digits) of the file's bytes; "" for one that is missing, or that is not read.

        Of an image in a pair of files, `.hdr` and `.img`, the digest is of both.

        New and changed files are read in threads, and the cache is written once for all of them.
        """
        wanted = list(dict.fromkeys(map(str, paths)))
        pairs = {path: str(other) for path in wanted if (other := other_half(Path(path))) is not None}
        found = self._of_each([*wanted, *pairs.values()])
        both = {path: digest_of_all({"named": found[path], "beside": found[other]}) for path, other in pairs.items()}
        return {path: found[path] and both.get(path, found[path]) for path in wanted}

    def _of_each(self, paths: Iterable[str]) -> dict[str, str]:
        found, unread = {}, []
        for path in dict.fromkeys(paths):
            stamp = _stamp(path)
            known = self._known.get(path)
            if stamp is None:
                found[path] = ""
            elif known is not None and known[0] == stamp and (known[2] or not self.reads):
                found[path] = known[1]
            else:
                found[path] = ""
                unread.append(path)
        if unread and self.reads:
            with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
                for path, known in zip(unread, threads.map(_read, unread), strict=True):
                    if known is not None:
                        found[path], self._known[path] = known[1], known
            self._save()
        return found

    def _save(self) -> None:
        # What other runs have read in the meantime stays, where this one knows nothing better.
        merged = {**_load(self.cache), **self._known}
        # The file only spares time: a real run says itself what may not be written, and a dry run needs nothing.
        with suppress(OSError):
            write_atomically(self.cache, json.dumps(merged, ensure_ascii=False).encode())


def content_of(files: Mapping[str, str], digests: Mapping[str, str]) -> dict[str, str]:
    """Name → digest of each file, whatever its path."""
    return {name: digests[path] for name, path in files.items()}


def files_below(folder: str | Path) -> dict[str, str]:
    """Path below a folder → path of each file in it, at any depth, in order; empty where there is no such folder."""
    top = Path(folder)
    return {str(file.relative_to(top)): str(file) for file in sorted(top.rglob("*")) if file.is_file()}


def digest_of_all(contents: Mapping[str, str]) -> str:
    """One digest (32 hex digits) of many files' names and digests."""
    return hashlib.blake2b(json.dumps(contents, sort_keys=True).encode(), digest_size=16).hexdigest()


def _stamp(path: str) -> Stamp | None:
    try:
        stat = os.stat(path)  # noqa: PTH116 - some ten times as fast as Path.stat over many thousand files
    except (OSError, ValueError):  # a path with a byte 0 is a ValueError
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _read(path: str) -> Known | None:
    """The entry of a file after it was read; `None` where it cannot be."""
    before, now = _stamp(path), time.time_ns()
    try:
        with Path(path).open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError:
        return None
    if before is None:
        return None
    return before, digest, before == _stamp(path) and max(before[1], before[2]) < now - SETTLED_NS


def _load(cache: Path) -> dict[str, Known]:
    """Content of the cache; nothing where it is missing or cannot be read."""
    try:
        stored = json.loads(cache.read_text(encoding="utf-8"))
        return {
            str(path): ((int(size), int(modified), int(changed), int(inode)), str(digest), bool(settled))
            for path, ((size, modified, changed, inode), digest, settled) in stored.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
