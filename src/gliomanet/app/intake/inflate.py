"""Unpacking gzip in bounds: piece by piece, every member counted."""

from __future__ import annotations

import zlib
from pathlib import Path

from gliomanet.app.intake.limits import UploadLimits, check_room, refused, size, too_large
from gliomanet.files.storage import writing

_PIECE = 2**20
_EVERY = 64 * 2**20
"""Bytes between two looks at the free disk."""

_SMALLER = "send the image itself: a whole head of 1 mm has some 20 MB"


def inflate(source: Path, target: Path, limits: UploadLimits, image: str) -> None:
    """Unpack a gzip file.

    Args:
        source: the file.
        target: file that is written.
        limits: bounds of bytes and of the ratio.
        image: the form part, for messages.

    Raises:
        UploadError: broken, truncated, or with something behind its end; `TooLargeError` beyond a bound.
    """
    counter = Inflated(limits, image)
    check_room(target.parent, limits, source.stat().st_size)
    with source.open("rb") as packed, writing(target), target.open("xb") as out:
        unpacking, begun, members = zlib.decompressobj(zlib.MAX_WBITS | 16), False, 0
        piece = packed.read(_PIECE)
        while piece:
            try:
                made = unpacking.decompress(piece, _PIECE)
            except zlib.error as error:
                raise _broken(image, "is damaged") from error
            begun = True
            counter.count(len(made), packed.tell(), target)
            out.write(made)
            piece = unpacking.unconsumed_tail
            if unpacking.eof:
                if (members := members + 1) > limits.gzip_members:
                    found = f"is packed in more than {limits.gzip_members:,} pieces"
                    raise too_large("too_many_members", found, _SMALLER, image=image)
                piece = _next_member(unpacking.unused_data, packed, image)
                unpacking, begun = zlib.decompressobj(zlib.MAX_WBITS | 16), False
            elif not piece:
                piece = packed.read(_PIECE)
        if begun and not unpacking.eof:
            raise _broken(image, "ends before its end")


class Inflated:
    """Bytes that were unpacked so far, held against the bounds.

    Args:
        limits: the bounds.
        image: the form part, for messages.
    """

    def __init__(self, limits: UploadLimits, image: str) -> None:
        self._limits, self._image, self.bytes, self._looked = limits, image, 0, 0

    def count(self, more: int, packed: int, target: Path) -> None:
        """Count bytes.

        Args:
            more: that were unpacked now.
            packed: bytes that all of them came from.
            target: file that they are written to.

        Raises:
            TooLargeError: beyond a bound.
        """
        limits, self.bytes = self._limits, self.bytes + more
        if self.bytes > limits.inflated_bytes:
            found = f"unpacks to more than {size(limits.inflated_bytes)}"
            raise too_large("inflates_too_far", found, _SMALLER, image=self._image)
        if self.bytes > limits.free_of_ratio and self.bytes > limits.ratio * max(packed, 1):
            found = f"unpacks to more than {limits.ratio} times its size, beyond {size(limits.free_of_ratio)}"
            raise too_large("ratio", found, _SMALLER, image=self._image)
        if self.bytes - self._looked >= _EVERY:
            self._looked = self.bytes
            check_room(target.parent, limits)


def _next_member(rest: bytes, packed: object, image: str) -> bytes:
    """The beginning of a further member; empty at the end of the file. Zeros that pad a file are passed over."""
    read = packed.read  # type: ignore[attr-defined]
    while not rest.lstrip(b"\0"):
        rest = read(_PIECE)
        if not rest:
            return b""
    rest = rest.lstrip(b"\0")
    rest += read(2) if len(rest) < 2 else b""
    if not rest.startswith(b"\x1f\x8b"):
        raise _broken(image, "has something behind its end")
    return bytes(rest)


def _broken(image: str, how: str) -> Exception:
    return refused("broken_gzip", f"is gzip that {how}", "export or compress the image again", image=image)
