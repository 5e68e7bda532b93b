"""Contents of a folder as one small file: what says that a folder is the same, whatever its dates and its place."""

from __future__ import annotations

from pathlib import Path

from gliomanet.files.atomic import write_atomically
from gliomanet.files.digests import sha256


def write_contents(folder: Path, listing: Path) -> None:
    """List the files of a folder with their digests, one a line, in order: what `sha256sum --check` reads.

    Args:
        folder: read at any depth.
        listing: written atomically; it lies outside the folder.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".snakemake"))
    lines = [f"{sha256(file)}  {file.relative_to(folder).as_posix()}\n" for file in files]
    write_atomically(listing, "".join(lines).encode())
