"""Uploads as a browser sends them, and as somebody who means harm does."""

import asyncio
import gzip
import io
import struct
import zipfile

import nibabel as nib
import numpy as np

from gliomanet.app.intake.receive import receive

BOUNDARY = "----tests"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def form(files=(), fields=(), *, end=True):
    """The body of a form; files: (part, the user's name, content)."""
    out = b""
    for name, text in fields:
        out += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
    for part, name, content in files:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\n'
        out += head.encode() + b"Content-Type: text/html\r\n\r\n" + content + b"\r\n"
    return out + (f"--{BOUNDARY}--\r\n".encode() if end else b"")


def sent(body, into, limits, *, piece=1000, content_type=CONTENT_TYPE):
    """An upload received from a stream of pieces."""

    async def pieces():
        for at in range(0, len(body), piece):
            yield body[at : at + piece]

    return asyncio.run(receive(pieces(), content_type, into, limits))


def image(shape=(12, 13, 14), *, kind=nib.Nifti1Image, dtype=np.int16, seed=0):
    """A small image with text in its header, and its bytes."""
    rng = np.random.default_rng(seed)
    array = rng.integers(0, 2000, shape).astype(dtype)
    affine = np.array([[-2.0, 0.1, 0, 30], [0, 3, 0, -20], [0, 0, 4.5, 11], [0, 0, 0, 1]])
    one = kind(array, affine)
    one.header["descrip"] = b"Ada Testperson 20190405"
    one.header["aux_file"] = b"ID777"
    one.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"Testperson^Ada born 19510203"))
    return one


def packed(one):
    return gzip.compress(one.to_bytes())


def changed(content, at, form_, *values):
    """Bytes with a field of the header replaced."""
    header = bytearray(content)
    struct.pack_into(form_, header, at, *values)
    return bytes(header)


def archive(members, *, compression=zipfile.ZIP_DEFLATED):
    """A zip archive of name (or `ZipInfo`) → content."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as written:
        for name, content in members:
            written.writestr(name, content)
    return out.getvalue()
