"""What tests of the app's server ask for."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gliomanet.app import server
from gliomanet.app.settings import AppSettings, Limits
from tests.app.servers import ADDRESS, OWN, QUICK, unopened


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., TestClient]]:
    """Start the app in this process, with the quick predictor and a bundle that nobody opens."""
    monkeypatch.setattr(server, "checked", unopened)
    with ExitStack() as stack:

        def start(headers: dict[str, str] | None = None, address: str = ADDRESS, **settings: Any) -> TestClient:
            own = {"bundle": tmp_path / "bundle", "store": tmp_path / "store", "work": QUICK, "limits": Limits()}
            app = server.create_app(AppSettings(**(own | settings)))
            client = TestClient(app, base_url=address, headers=OWN if headers is None else headers)
            return stack.enter_context(client)

        yield start
