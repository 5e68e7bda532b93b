"""Servers for tests: a quick stand-in for the predictor, and the app within the test's process or as one of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gliomanet.app.queue.job import Job
from gliomanet.app.start import Checked
from gliomanet.errors import CaseError, Problem

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "http://127.0.0.1"
OWN = {"Origin": ADDRESS}
"""What a browser sends with a request from a page of the server."""

IMAGE = bytes(range(256)) * 40
QUICK = "tests.app.servers:quick"


def quick(job: Job, report: Callable[[str], object]) -> None:
    """Stand in for the predictor: do what the case's label says, and leave its id and label in the result."""
    label = job.asked.label
    report(f"began {label}")
    (job.result).mkdir(exist_ok=True)
    with (job.folder / "begun.txt").open("a") as file:
        file.write(f"{os.getpid()}\n")
    if label.startswith("slow"):
        time.sleep(30)
    if label.startswith("short"):
        time.sleep(0.5)
    if label.startswith("refused"):
        raise CaseError(Problem("holds no brain", "send another file", image="t1c", rule="no_brain"))
    if label.startswith("broken"):
        raise KeyError("the name of a patient")
    if label.startswith("killed"):
        os.kill(os.getpid(), 9)
    if label.startswith("large"):
        held = bytearray(os.urandom(1 << 20) * 600)
        time.sleep(20)
        print(len(held))
    upload = job.input / "upload"
    content = b"".join(path.read_bytes() for path in sorted(upload.iterdir())) if upload.is_dir() else b""
    (job.result / "told.txt").write_text(f"{job.folder.name} {label} {len(content)}")


class _Description:
    title, simulated, centers = "A study", ("A",), dict[str, object]()


def unopened(folder: Path) -> Checked:
    """Stand in for the look at a bundle, for servers whose work asks none."""
    return Checked(_Description(), "d" * 64)  # type: ignore[arg-type]


@dataclass
class Process:
    """A server in a process of its own."""

    process: subprocess.Popen[bytes]
    client: httpx.Client

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(store: Path, bundle: Path | None = None, **settings: Any) -> Iterator[Process]:
    """Run a server as a process on loopback, and end it afterwards; without a bundle it asks nobody's networks."""
    port = free_port()
    code = (
        "import uvicorn; from pathlib import Path\n"
        "from gliomanet.app import server\n"
        "from gliomanet.app.settings import AppSettings, Limits\n"
        "from gliomanet.app.security.connections import server_options\n"
        "if __name__ == '__main__':\n"
        + ("    from tests.app.servers import unopened; server.checked = unopened\n" if bundle is None else "")
        + f"    how = AppSettings(bundle=Path({str(bundle)!r}), store=Path({str(store)!r}), port={port}, **{settings!r})\n"
        f"    uvicorn.run(server.create_app(how), port={port}, log_level='warning', **server_options(2.0, 64))\n"
    )
    script = store.parent / f"serve-{port}.py"
    script.write_text(code)
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    process = subprocess.Popen([sys.executable, str(script)], env=os.environ | {"PYTHONPATH": path}, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    client = httpx.Client(base_url=address, headers={"Origin": address}, timeout=30)
    try:
        wait_for(process, lambda: client.get("/api/cases"))
        yield Process(process, client)
    finally:
        client.close()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(process: subprocess.Popen[bytes], ask: Callable[[], object]) -> None:
    """Wait until a server answers."""
    until = time.monotonic() + 90
    while True:
        try:
            ask()
            return
        except httpx.TransportError:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.1)


def upload(client: Any, label: str, **fields: str) -> Any:
    """Send a case of one file."""
    files = {"t1c": ("Ada Testperson_t1c.nii", IMAGE, "application/octet-stream")}
    return client.post("/api/cases", data={"label": label, **fields}, files=files)


def settled(client: Any, case_id: str, *states: str, seconds: float = 60) -> dict[str, Any]:
    """A case's state once it is one of these (default: over)."""
    wanted = states or ("done", "failed", "cancelled")
    until = time.monotonic() + seconds
    while (found := client.get(f"/api/cases/{case_id}").json())["state"] not in wanted:
        assert time.monotonic() < until, found
        time.sleep(0.05)
    return dict(found)
