"""Locked files: their holders, as they name themselves, and file systems that lock none."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

LOCKLESS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}
"""Errors of network file systems without locks."""


def sign(descriptor: int) -> None:
    """Write this process and its host into a lock's file, for whoever finds it held."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)


def holder(path: Path) -> str:
    """The process that holds a lock, in words."""
    try:
        return path.read_text() or "another process"
    except FileNotFoundError:
        return "another process"
