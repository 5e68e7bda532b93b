"""Resuming a killed training job: one checkpoint, written at the end of every epoch, named by a digest.

It lives in a scratch folder outside a job's outputs, because the workflow engine deletes the outputs of a killed job.
A job finds it only under the digest of everything it depends on, so a changed configuration cannot resume it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

LAST = "last.ckpt"


def digest_of(values: Mapping[str, Any]) -> str:
    """SHA-256 (16 hex digits) of JSON-able values; the order of keys does not count."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Progress:
    """Where a job stands at the end of an epoch.

    Attributes:
        phase: the recipe's phase, of which `epochs` are done.
        network: its state.
        optimizers: states of optimiser and scheduler.
        events: all events so far.
        epochs_done: of all phases.
    """

    phase: str
    epochs: int
    network: dict[str, Any]
    optimizers: dict[str, Any]
    events: list[dict[str, Any]]
    epochs_done: int


def save_progress(scratch: Path, digest: str, progress: Progress) -> None:
    """Write `scratch/<digest>/last.ckpt`; a kill at any moment leaves the old one or the new one, whole."""
    write_atomically(scratch / digest / LAST, tensor_bytes(vars(progress)))


def load_progress(scratch: Path, digest: str) -> Progress | None:
    """What a killed job of this digest left, or `None`."""
    path = scratch / digest / LAST
    if not path.is_file():
        return None
    return Progress(**torch.load(path, map_location="cpu", weights_only=True))


def discard_progress(scratch: Path, digest: str) -> None:
    """Remove a finished job's checkpoint, and the scratch folder if nothing else is in it."""
    shutil.rmtree(scratch / digest, ignore_errors=True)
    if scratch.is_dir() and not any(scratch.iterdir()):
        scratch.rmdir()


def tensor_bytes(value: Any) -> bytes:
    """`torch.save` as bytes that depend on the value alone (saved to a path, the file's name gets into the file)."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that whoever looks finds the old one or the new one, whole, even after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
