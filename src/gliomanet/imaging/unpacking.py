"""A file's bytes without their compression, which is known by their first bytes and never by the file's name."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

_GZIP = 16
_CHUNK = 1 << 18
"""Bytes given to a decompressor at once: files of many small members (bgzip) stay linear in time."""

_MOST_BYTES = 1 << 32
_MOST_LAYERS = 3


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


@dataclass(frozen=True)
class _Compression:
    name: str
    magic: bytes
    start: Callable[[], _Decompressor]


_COMPRESSIONS = (
    _Compression("gzip", b"\x1f\x8b", lambda: zlib.decompressobj(zlib.MAX_WBITS | _GZIP)),
    _Compression("bzip2", b"BZh", bz2.BZ2Decompressor),
    _Compression("xz", b"\xfd7zXZ\0", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ)),
)


class DamagedError(ValueError):
    """Compressed data that cannot be unpacked, or whose checksum does not hold."""


@dataclass(frozen=True)
class Unpacked:
    """The bytes, the compressions that were taken off, and what followed the compressed data.

    Attributes:
        content: the bytes.
        layers: names of the compressions, the outermost first.
        trailing: bytes other than padding by zeros that follow the end of the compressed data.
    """

    content: bytes
    layers: tuple[str, ...] = ()
    trailing: int = 0


def unpack(content: bytes) -> Unpacked:
    """Take off every compression; each checksum is checked.

    Raises:
        DamagedError: cut off, damaged, or larger than any image when unpacked.
    """
    layers: list[str] = []
    trailing = 0
    while kind := next((one for one in _COMPRESSIONS if content.startswith(one.magic)), None):
        if len(layers) == _MOST_LAYERS:
            raise DamagedError(f"is compressed more than {_MOST_LAYERS} times")
        content, rest = _members(kind, content)
        trailing += rest
        layers.append(kind.name)
    return Unpacked(content, tuple(layers), trailing)


def _members(kind: _Compression, content: bytes) -> tuple[bytes, int]:
    """All members of a file, joined, and the number of bytes after them."""
    view = memoryview(content)
    parts: list[bytes] = []
    size = at = 0
    while True:
        member = kind.start()
        while not member.eof:
            if at == len(view):
                raise DamagedError(f"is cut off: its {kind.name} data have no end")
            chunk = bytes(view[at : at + _CHUNK])
            try:
                parts.append(member.decompress(chunk))
            except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError) as error:
                raise DamagedError(
                    f"is damaged: its {kind.name} data or their checksum do not hold ({error})"
                ) from error
            at += len(chunk)
            size += len(parts[-1])
            if size > _MOST_BYTES:
                raise DamagedError(f"unpacks to more than {_MOST_BYTES >> 30} GiB")
        at -= len(member.unused_data)
        start = at
        while at < len(view) and view[at] == 0:
            at += 1
        if bytes(view[at : at + len(kind.magic)]) != kind.magic:
            return b"".join(parts), 0 if at == len(view) else len(view) - start
