"""A store whose tables are there already: MLflow takes seconds to make them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from gliomanet.tracking.store import open_store


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    open_store(f"sqlite:///{file}", "gliomanet")
    return file


@pytest.fixture
def uri(empty_store: Path, tmp_path: Path) -> str:
    (tmp_path / "db").mkdir()
    shutil.copy(empty_store, tmp_path / "db/mlflow.db")
    return f"sqlite:///{tmp_path}/db/mlflow.db"


class Server:
    """A real MLflow server on loopback, which can be ended and started again on its port."""

    def __init__(self, database: Path) -> None:
        self.database = database
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--backend-store-uri", f"sqlite:///{self.database}"]
        command += ["--artifacts-destination", str(self.database.parent / "mlartifacts")]
        with (self.database.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.database.parent, stdout=log, stderr=log, start_new_session=True
            )
        for _ in range(3000):
            try:
                urllib.request.urlopen(f"{self.uri}/health", timeout=5).read()
                return
            except OSError:
                assert self.process.poll() is None, (self.database.parent / "server.log").read_text()
                time.sleep(0.2)
        raise AssertionError("the server did not answer within ten minutes")

    def end(self) -> None:
        """End its process and those that it started, by their own session."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture(scope="module")
def server(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(empty_store, folder / "mlflow.db")
    running = Server(folder / "mlflow.db")
    running.start()
    yield running
    running.end()
