"""A search of stored files for identity: proof that nothing of an upload's names, ids or dates is left."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path


def identities_in(folder: Path, texts: Iterable[str]) -> dict[str, list[str]]:
    """Text → the files, below a folder, whose name or bytes (unpacked where they are gzip) hold it, in any case.

    Args:
        folder: to search.
        texts: such as a name, an id, a date.
    """
    wanted = [(text, text.lower().encode()) for text in texts]
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        content = path.read_bytes() if path.is_file() else b""
        if content.startswith(b"\x1f\x8b"):
            content += gzip.decompress(content)
        searched = (name.encode() + b"\0" + content).lower()
        for text, pattern in wanted:
            if pattern in searched or pattern.decode().encode("utf-16-le") in searched:
                found.setdefault(text, []).append(name)
    return found
