"""Resuming a killed training job: one checkpoint, written at the end of every epoch, named by a digest.

It lives in a scratch folder outside a job's outputs, because the workflow engine deletes the outputs of a killed job.
A job finds it only under the digest of everything it depends on, so a changed configuration cannot resume it.

Its first line holds a digest of the rest: what else lies there, whatever it is, is set aside, and training starts anew.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gliomanet.files.atomic import write_atomically
from gliomanet.files.reading_back import digest_of_bytes, set_aside

LAST = "last.ckpt"

_FIRST_LINE = b"gliomanet checkpoint "


@dataclass(frozen=True)
class Progress:
    """State of a job at the end of an epoch.

    Attributes:
        phase: the recipe's phase, of which `epochs` are done.
        network: its state.
        beside: what else the phase needs to go on: states of optimiser and scheduler, and what is learnt beside.
        events: all events so far.
        epochs_done: of all phases.
        parts: parts that a batch was computed in.
    """

    phase: str
    epochs: int
    network: dict[str, Any]
    beside: dict[str, Any]
    events: list[dict[str, Any]]
    epochs_done: int
    parts: int = 1


def save_progress(scratch: Path, digest: str, progress: Progress) -> None:
    """Write `scratch/<digest>/last.ckpt`; a kill at any moment leaves the old one or the new one, whole."""
    content = tensor_bytes({"digest": digest, **vars(progress)})
    first_line = _FIRST_LINE + digest_of_bytes(content).encode() + b"\n"
    write_atomically(scratch / digest / LAST, first_line + content)


def load_progress(scratch: Path, digest: str) -> Progress | None:
    """Progress that a killed job of this digest left, or `None`.

    What is no checkpoint of this job is renamed `last.ckpt.corrupt-<number>`, and a line is printed.
    """
    path = scratch / digest / LAST
    try:
        return _read(path.read_bytes(), digest)
    except FileNotFoundError:
        return None
    except (IsADirectoryError, ValueError) as error:  # an error of the disk says nothing of the checkpoint
        aside = set_aside(path)
        print(
            f"{path} is no checkpoint of this job: {error}. It was set aside as {aside.name} (which goes when the job "
            "has finished), and training starts anew",
            flush=True,
        )
        return None


def tensor_bytes(value: Any) -> bytes:
    """`torch.save` as bytes that depend on the value alone (saved to a path, the file's name gets into the file)."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def _read(stored: bytes, digest: str) -> Progress:
    """The progress in a file.

    Raises:
        ValueError: it is none of this digest.
    """
    first_line, _, content = stored.partition(b"\n")
    if not first_line.startswith(_FIRST_LINE):
        raise ValueError("it is empty" if not stored else "it does not begin as one")
    if first_line[len(_FIRST_LINE) :] != digest_of_bytes(content).encode():
        raise ValueError("it is cut off or changed")
    values = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    if (found := values.pop("digest")) != digest:
        raise ValueError(f"it belongs to the job of digest {found}")
    return Progress(**values)
