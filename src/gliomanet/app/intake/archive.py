"""Unpacking a zip archive in bounds: its table is judged whole before the first member is written."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from gliomanet.app.intake.inflate import Inflated
from gliomanet.app.intake.limits import UploadError, UploadLimits, check_room, refused, size, too_large
from gliomanet.app.intake.names import FOLDER, generated
from gliomanet.files.storage import writing

_PIECE = 2**20
_END = b"PK\x05\x06"
_END_BYTES, _COMMENT = 22, 65535
_LOCATOR = b"PK\x06\x07"
_LOCATOR_BYTES, _END_64_BYTES = 20, 56
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$|clock\$)(\..*)?", re.IGNORECASE)
_JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_AGAIN = "pack the examination's folder again, as a plain zip archive"


def unpack(source: Path, into: Path, first: int, limits: UploadLimits) -> list[Path]:
    """Unpack the files of an archive, flat and under generated names.

    Args:
        source: the archive.
        into: folder to write to.
        first: number of the first file.
        limits: the bounds.

    Returns:
        The files.

    Raises:
        UploadError: broken, encrypted, with members that no honest archive has; `TooLargeError` beyond a bound.
    """
    _check_count(source, limits)
    try:
        with zipfile.ZipFile(source) as archive:
            members = list(_checked(archive.infolist(), limits))
            _check_overlap(archive.infolist(), archive.start_dir)
            # No member gets longer than it says (see `_write`), so that their sum bounds what is written.
            if (total := sum(one.file_size for one in members)) > limits.archive_bytes:
                said = f"the archive unpacks to more than {size(limits.archive_bytes)}"
                raise too_large("archive_too_large", said, "send one examination")
            check_room(into, limits, total)
            found = []
            for number, member in enumerate(members, start=first):
                path = into / generated(FOLDER, number, member.filename)
                _write(archive, member, path, limits)
                found.append(path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        if isinstance(error, UploadError):
            raise
        raise refused("broken_archive", "the archive is damaged", _AGAIN) from error
    return found


def _check_count(source: Path, limits: UploadLimits) -> None:
    """Read the number of members from the archive's end, before its table is read into memory.

    Layout: PKWARE's APPNOTE 4.3.14 to 4.3.16. A record of 64 bits, where there is one, goes before.
    """
    length = source.stat().st_size
    with source.open("rb") as file:
        file.seek(max(0, length - _END_BYTES - _COMMENT - _LOCATOR_BYTES - _END_64_BYTES))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise refused("broken_archive", "the archive has no end: it is damaged or incomplete", _AGAIN)
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    table = int.from_bytes(tail[at + 12 : at + 16], "little")
    locator = at - _LOCATOR_BYTES
    if locator >= _END_64_BYTES and tail[locator:].startswith(_LOCATOR):
        record = tail[locator - _END_64_BYTES : locator]
        count, table = int.from_bytes(record[32:40], "little"), int.from_bytes(record[40:48], "little")
    if count > limits.files:
        found = f"the archive holds more than {limits.files:,} files"
        raise too_large("too_many_files", found, "send one examination")
    if table > limits.table_bytes:
        found = f"the archive's table of its files is longer than {size(limits.table_bytes)}"
        raise too_large("archive_table", found, _AGAIN)


def _checked(members: list[zipfile.ZipInfo], limits: UploadLimits) -> Iterator[zipfile.ZipInfo]:
    """The members that are files, each judged."""
    if len(members) > limits.files:
        raise too_large("too_many_files", f"the archive holds more than {limits.files:,} files", "send one examination")
    seen: set[str] = set()
    for member in members:
        name = member.orig_filename
        parts = PurePosixPath(name).parts
        if any(part.startswith("._") or part in _JUNK for part in parts):
            continue
        if why := _why_bad_name(name):
            raise refused("bad_member_name", f"a file of the archive has a name that {why}", _AGAIN)
        if (folded := name.casefold()) in seen:
            raise refused("member_twice", "the archive holds one name twice", _AGAIN)
        seen.add(folded)
        mode = member.external_attr >> 16
        if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
            raise refused("special_member", "the archive holds a link or a device", _AGAIN)
        if member.is_dir():
            continue
        if member.flag_bits & 0x1:
            raise refused("encrypted_archive", "the archive is encrypted", "pack it without a password")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refused("zip_method", "the archive is packed by an unusual method", _AGAIN)
        if member.file_size > limits.inflated_bytes:
            found = f"a file of the archive has more than {size(limits.inflated_bytes)}"
            raise too_large("inflates_too_far", found, "send one examination")
        yield member


def _why_bad_name(name: str) -> str:
    """The reason why a member's name is refused, though none is ever used as a path."""
    parts = name.split("/")
    if "\0" in name or any(ord(sign) < 32 for sign in name):
        return "holds control characters"
    if name.startswith("/") or "\\" in name or re.match(r"[A-Za-z]:", name):
        return "is a path from the root or of another system"
    if ".." in parts:
        return "leads out of the archive"
    if any(_DEVICES.fullmatch(part.rstrip(". ")) for part in parts):
        return "is that of a device"
    return "is too long" if len(name) > 1024 else ""


def _check_overlap(members: list[zipfile.ZipInfo], length: int) -> None:
    """See that no two members share bytes, as those of small archives that unpack to a disk's size do."""
    ordered = sorted(members, key=lambda one: one.header_offset)
    ends = [one.header_offset + 30 + one.compress_size for one in ordered]
    starts = [one.header_offset for one in ordered[1:]] + [length]
    if any(end > start for end, start in zip(ends, starts, strict=True)):
        raise refused("members_overlap", "members of the archive share their bytes", _AGAIN)


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, limits: UploadLimits) -> None:
    counter = Inflated(limits, "a file of the archive")
    with archive.open(member) as packed, writing(path), path.open("xb") as out:
        while piece := packed.read(_PIECE):
            counter.count(len(piece), member.compress_size, path)
            if counter.bytes > member.file_size:
                raise refused("member_size", "a file of the archive is larger than the archive says", _AGAIN)
            out.write(piece)
