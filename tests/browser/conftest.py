"""A real server on loopback with a case that is done, and a real Chromium, with and without WebGL."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.app.servers import free_port
from tests.programs import program, skip_or_fail

FLAGS = {
    "webgl": ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
    "pictures": ["--disable-gpu", "--disable-software-rasterizer"],
}


@pytest.fixture(scope="session")
def front_end() -> None:
    """The built scripts and styles, or a skip."""
    from gliomanet.app.server import STATIC

    skip_or_fail("browser", "" if (STATIC / "viewer.js").is_file() else "the front end is not built: make frontend")


@pytest.fixture(scope="session")
def served(
    front_end: None, predicted: Any, stack_bundle: Path, tiny_study: Any, tmp_path_factory: Any
) -> Iterator[SimpleNamespace]:
    """The server's address and two cases of one result, in which the originals are kept."""
    import uvicorn

    from gliomanet.app.server import create_app
    from gliomanet.app.settings import AppSettings
    from gliomanet.app.store.cases import Store
    from gliomanet.app.store.record import Asked

    root = tmp_path_factory.mktemp("browser") / "store"
    store, ids = Store(root), []
    for number in range(2):
        case_id, folder = store.begin()
        (folder / "input").mkdir()
        for name, path in tiny_study.images.items():
            shutil.copy(path, folder / "input" / f"{name}.nii.gz")
        shutil.copytree(predicted.folder, folder / "result")
        record = store.create(case_id, Asked(label=f"time point {number + 1}"))
        store.update(record.model_copy(update={"state": "done"}))
        ids.append(case_id)
    store.close()
    port = free_port()
    app = create_app(AppSettings(bundle=stack_bundle, store=root, port=port))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield SimpleNamespace(url=f"http://127.0.0.1:{port}", ids=ids, store=root)
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def play() -> Iterator[Any]:
    """Playwright, of which a process has one at a time; while it is there, no other test can start an event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module", params=["webgl", "pictures"])
def browser(request: pytest.FixtureRequest, play: Any) -> Iterator[Any]:
    """Chromium; its `kind` says which view it must come to show."""
    made = _launch(play, request.param)
    yield SimpleNamespace(kind=request.param, new_page=made.new_page)
    made.close()


@pytest.fixture(scope="module")
def plain_browser(play: Any) -> Iterator[Any]:
    """Chromium without WebGL, for tests in which it makes no difference."""
    made = _launch(play, "pictures")
    yield made
    made.close()


def _launch(play: Any, kind: str) -> Any:
    path = program("browser", "chromium")
    return play.chromium.launch(executable_path=path, args=["--no-sandbox", "--headless=new", *FLAGS[kind]])
