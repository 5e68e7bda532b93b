"""Receiving an upload: the request's stream goes to the disk piece by piece, counted, under generated names."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from anyio import to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gliomanet.app.intake.limits import UploadError, UploadLimits, check_room, refused, size, too_large
from gliomanet.app.intake.names import FOLDER, PARTS, generated
from gliomanet.files.storage import writing

_EVERY = 64 * 2**20
"""Bytes between two looks at the free disk."""


@dataclass(frozen=True)
class Received:
    """An upload on the disk, not looked into.

    Attributes:
        files: number of its files.
        size: bytes of these.
        fields: form field → its text.
    """

    files: int
    size: int
    fields: Mapping[str, str]


async def receive(stream: AsyncIterator[bytes], content_type: str, into: Path, limits: UploadLimits) -> Received:
    """Write the files of a multipart request into a folder.

    No file is held in memory, and nothing of what the client says of lengths is relied on. Where the upload is not
    taken, or breaks off, the folder is removed.

    Args:
        stream: the request's body.
        content_type: header of the request.
        into: folder that is made for the files; it must not be there.
        limits: the bounds.

    Raises:
        UploadError: no form of files, an unknown part, an empty or broken request; `TooLargeError` beyond a bound.
        StorageError: the disk does not take it.
    """
    into.mkdir(parents=True)
    form, begun = _Form(into, limits), time.monotonic()
    try:
        parser = _parser(content_type, form)
        async for piece in stream:
            if time.monotonic() - begun > limits.patience + form.size / limits.bytes_per_second:
                found = f"the upload comes in slower than {limits.bytes_per_second:,} bytes a second"
                raise refused("too_slow", found, "send it over a faster connection, or compressed")
            if piece:
                await to_thread.run_sync(_feed, parser, form, piece)
        if not form.ended:
            raise refused("upload_broken_off", "the upload broke off before its end", "send it again")
        if not form.files:
            raise refused("no_file", "the upload holds no file", "choose at least one image")
    except BaseException:
        form.close()
        shutil.rmtree(into, ignore_errors=True)
        raise
    return Received(form.files, form.size, form.fields)


def _parser(content_type: str, form: _Form) -> MultipartParser:
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise refused("no_form", "the request is no form with files (multipart/form-data)", "use the upload form")
    try:
        return MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
    except FormParserError as error:
        raise refused(
            "broken_form", "the request's boundary is longer than any browser's", "use the upload form"
        ) from error


def _feed(parser: MultipartParser, form: _Form, piece: bytes) -> None:
    form.count(len(piece))
    try:
        parser.write(piece)
    except FormParserError as error:
        found = "the request is no whole form: its parts or headers are not as they must be"
        raise refused("broken_form", found, "use the upload form") from error
    if form.refusal is not None:
        raise form.refusal


@dataclass
class _Form:
    """The form as far as it came: called back by the parser."""

    into: Path
    limits: UploadLimits
    files: int = 0
    size: int = 0
    ended: bool = False
    refusal: UploadError | None = None
    fields: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._file: IO[bytes] | None = None
        self._name, self._bytes, self._text = "", 0, bytearray()
        self._looked = 0

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._open,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def count(self, more: int) -> None:
        self.size += more
        most = self.limits.request_bytes
        if self.size > most:
            raise too_large(
                "request_too_large", f"the upload is larger than {size(most)}", "send fewer or smaller files"
            )
        if self.size - self._looked >= _EVERY or not self._looked:
            self._looked = self.size
            check_room(self.into, self.limits)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    # -- called by the parser; what is wrong is kept until the piece is parsed

    def _begin(self) -> None:
        self._headers, self._header, self._value = {}, b"", b""
        self._name, self._bytes, self._text = "", 0, bytearray()

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _open(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            if len(self.fields) >= self.limits.fields or self._name in self.fields:
                self._refuse(
                    refused("fields", "the form has more fields than it may, or one twice", "use the upload form")
                )
            return
        if self._name not in PARTS:
            action = f"files are sent as one of {', '.join(PARTS)}"
            self._refuse(refused("unknown_part", "the form sends a file under a name that is none of ours", action))
            return
        user_name = options[b"filename"].decode("utf-8", "replace")
        if not user_name:  # a file field that was left empty
            return
        if self.files >= self.limits.files:
            found = f"the upload holds more than {self.limits.files:,} files"
            self._refuse(too_large("too_many_files", found, "send one examination, as one archive where it is large"))
            return
        path = self.into / generated(self._name, self.files, user_name)
        if self._name != FOLDER and any(self.into.glob(f"{self._name}-*")):
            found, action = "more than one file was given for it", "give the right one"
            self._refuse(refused("two_files_for_one", found, action, image=self._name))
            return
        self.files += 1
        with writing(path):
            self._file = path.open("xb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self.refusal is not None:
            return
        self._bytes += end - start
        if self._file is not None:
            if self._bytes > self.limits.file_bytes:
                found = f"the file is larger than {size(self.limits.file_bytes)}"
                self._refuse(too_large("file_too_large", found, "send the image itself, compressed", image=self._name))
                return
            with writing(self.into):
                self._file.write(memoryview(data)[start:end])
        elif b"filename" not in self._headers.get(b"content-disposition", b""):
            if self._bytes > self.limits.field_bytes:
                self._refuse(too_large("field_too_large", "a field of the form is too long", "shorten it"))
                return
            self._text += data[start:end]

    def _end(self) -> None:
        if self._file is not None:
            self.close()
        elif self.refusal is None and b"filename" not in self._headers.get(b"content-disposition", b""):
            self.fields[self._name] = self._text.decode("utf-8", "replace")

    def _finish(self) -> None:
        self.ended = True

    def _refuse(self, error: UploadError) -> None:
        self.refusal = self.refusal or error
        self.close()
