"""A real PACS on loopback: Orthanc in a folder of its own, waited for, and ended by its id."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 30.0
"""Seconds that it may take to start."""


@dataclass(frozen=True)
class Orthanc:
    """A running Orthanc.

    Attributes:
        address: of its REST API.
    """

    address: str

    def ask(self, path: str, body: bytes | None = None) -> Any:
        """What it answers, parsed."""
        request = urllib.request.Request(f"{self.address}/{path}", data=body)
        with urllib.request.urlopen(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content[:1] in b"{[" else content

    def store(self, file: Path) -> dict[str, Any]:
        """Send it an object; its answer."""
        return self.ask("instances", file.read_bytes())


@contextmanager
def orthanc(program: str, folder: Path) -> Iterator[Orthanc]:
    """Run Orthanc on loopback while the block lasts."""
    web, dicom = _free_port(), _free_port()
    settings = {
        "Name": "tests",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": web,
        "DicomPort": dicom,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [],
        "OverwriteInstances": False,
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([program, str(folder / "orthanc.json")], stdout=log, stderr=log, cwd=folder)
    try:
        pacs = Orthanc(f"http://127.0.0.1:{web}")
        _wait(pacs, running, folder / "log")
        yield pacs
    finally:
        running.terminate()
        running.wait(30)


def _wait(pacs: Orthanc, running: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and running.poll() is None:
        try:
            pacs.ask("system")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"Orthanc does not start: {log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
