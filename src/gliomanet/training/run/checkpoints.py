"""Resuming a killed training job: one checkpoint, written at the end of every epoch, named by a digest.

It lives in a scratch folder outside a job's outputs, because the workflow engine deletes the outputs of a killed job.
A job finds it only under the digest of everything it depends on, so a changed configuration cannot resume it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gliomanet.files.atomic import write_atomically

LAST = "last.ckpt"


@dataclass(frozen=True)
class Progress:
    """State of a job at the end of an epoch.

    Attributes:
        phase: the recipe's phase, of which `epochs` are done.
        network: its state.
        beside: what else the phase needs to go on: states of optimiser and scheduler, and what is learnt beside.
        events: all events so far.
        epochs_done: of all phases.
    """

    phase: str
    epochs: int
    network: dict[str, Any]
    beside: dict[str, Any]
    events: list[dict[str, Any]]
    epochs_done: int


def save_progress(scratch: Path, digest: str, progress: Progress) -> None:
    """Write `scratch/<digest>/last.ckpt`; a kill at any moment leaves the old one or the new one, whole."""
    write_atomically(scratch / digest / LAST, tensor_bytes(vars(progress)))


def load_progress(scratch: Path, digest: str) -> Progress | None:
    """Progress that a killed job of this digest left, or `None`."""
    path = scratch / digest / LAST
    if not path.is_file():
        return None
    return Progress(**torch.load(path, map_location="cpu", weights_only=True))


def tensor_bytes(value: Any) -> bytes:
    """`torch.save` as bytes that depend on the value alone (saved to a path, the file's name gets into the file)."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()
