"""What tests of whole pages share: a page that keeps its console's errors, and a server begun by `gliomanet serve`."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from tests.app.servers import free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]


def watched(page: Any) -> Any:
    """The page, with `page.problems`: what its console says of errors."""
    page.problems = []
    page.on("console", lambda said: page.problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    return page


def drawn(page: Any) -> None:
    """Wait until the viewer has drawn its images."""
    page.wait_for_selector("[data-viewer][data-drawn]", timeout=60_000)
    page.wait_for_timeout(600)


def pixels(page: Any) -> Any:
    """The first pane's pixels, as (rows, columns, 3)."""
    return np.asarray(Image.open(io.BytesIO(page.locator(".viewer-surface").first.screenshot())).convert("RGB"), float)


def colored(found: Any) -> int:
    """Pixels that are no grey: of an overlay."""
    return int((found.max(axis=2) - found.min(axis=2) > 60).sum())


@contextmanager
def served_by_command(bundle: Path, store: Path) -> Iterator[str]:
    """The address of a server that the command line starts."""
    port = free_port()
    asked = ["serve", "--bundle", str(bundle), "--store", str(store), "--port", str(port)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", "from gliomanet.cli.main import app; app()", *asked]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(process, lambda: httpx.get(f"{address}/api/cases"))
        yield address
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[0].decode()
        assert not re.search("Traceback", said), said


SETTLED = """() => new Promise(done => {
    const parts = () => [...document.querySelectorAll(".viewer-stage, .viewer-live")]
    const ready = () => parts().every(one => one.ariaBusy === "false")
    const look = () => ready() ? done() : setTimeout(look, 20)
    look()
})"""


def settled(page: Any) -> None:
    """Wait until the viewer has drawn, and said, all that it was asked for; the strict policy forbids polled strings."""
    page.evaluate(SETTLED)


def spoken(page: Any) -> str:
    """The line below the images, once nothing moves any more."""
    settled(page)
    return str(page.inner_text(".viewer-live"))


def stage(page: Any) -> Any:
    """All panes' pixels, as (rows, columns, 3)."""
    settled(page)
    return np.asarray(Image.open(io.BytesIO(page.locator(".viewer-stage").screenshot())).convert("RGB"), float)
