"""A server that is killed and started again: no case is lost, mixed up, or computed by two processes at once."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from gliomanet.app.settings import Limits
from tests.app.servers import IMAGE, QUICK, serving, settled, upload


def _begun(case: Path, times: int) -> int:
    """The process that computes a case, once it was begun so many times."""
    until = time.monotonic() + 60
    while not (case / "begun.txt").is_file() or len(found := (case / "begun.txt").read_text().split()) < times:
        assert time.monotonic() < until, "the case is not begun"
        time.sleep(0.05)
    return int(found[-1])


def test_server_killed_and_started_again(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with serving(store, work=QUICK) as server:
        done = upload(server.client, "first").json()["id"]
        settled(server.client, done)
        running = upload(server.client, "slow once").json()["id"]
        settled(server.client, running, "running")
        waiting = [upload(server.client, f"short {number}").json()["id"] for number in range(3)]
        worker = _begun(store / "cases" / running, 1)
        server.kill()
    until = time.monotonic() + 5
    while psutil.pid_exists(worker):
        assert time.monotonic() < until, "the worker outlives its server"
        time.sleep(0.05)
    (store / "incoming/half/upload").mkdir(parents=True)
    with serving(store, work=QUICK) as server:
        assert not (store / "incoming/half").exists()
        assert [one["id"] for one in server.client.get("/api/cases").json()] == [done, running, *waiting]
        assert server.client.get(f"/api/cases/{done}").json()["state"] == "done"
        settled(server.client, running, "running")
        os.kill(_begun(store / "cases" / running, 2), signal.SIGKILL)
        found = settled(server.client, running)
        assert (found["state"], found["problem"]["rule"]) == ("failed", "worker_ended")
        for number, one in enumerate(waiting):
            assert settled(server.client, one)["state"] == "done"
            assert (store / "cases" / one / "result/told.txt").read_text() == f"{one} short {number} {len(IMAGE)}"


def test_a_server_that_is_ended_takes_no_attempt_from_a_case(tmp_path: Path) -> None:
    store = tmp_path / "store"
    case_id = ""
    for _ in range(2):  # as many as a case's attempts
        with serving(store, work=QUICK) as server:
            case_id = case_id or upload(server.client, "slow").json()["id"]
            settled(server.client, case_id, "running")
    with serving(store, work=QUICK) as server:
        assert settled(server.client, case_id, "running")["state"] == "running"


def test_a_case_that_is_deleted_at_work_stays_so_after_a_kill(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with serving(store, work=QUICK, limits=Limits(waiting=2)) as server:
        running = upload(server.client, "slow").json()["id"]
        settled(server.client, running, "running")
        worker = _begun(store / "cases" / running, 1)
        first, second = (upload(server.client, f"short {number}").json()["id"] for number in range(2))
        assert upload(server.client, "too many").json()["rule"] == "queue_full"
        assert server.client.delete(f"/api/cases/{running}").status_code == 204
        assert not psutil.pid_exists(worker)
        server.kill()
    with serving(store, work=QUICK) as server:
        assert [one["id"] for one in server.client.get("/api/cases").json()] == [first, second]
        for number, one in enumerate((first, second)):
            assert settled(server.client, one)["state"] == "done"
            assert (store / "cases" / one / "result/told.txt").read_text() == f"{one} short {number} {len(IMAGE)}"
    assert not [path for path in store.rglob("*") if running in path.name]


def test_a_head_that_does_not_come_ends_its_connection(tmp_path: Path) -> None:
    import socket

    with serving(tmp_path / "store", work=QUICK) as server:
        port = server.client.base_url.port
        assert port is not None
        with socket.create_connection(("127.0.0.1", port)) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            slow.settimeout(10)
            began = time.monotonic()
            for letter in b"X-Slow: 1":
                try:
                    slow.sendall(bytes([letter]))
                    time.sleep(0.3)
                except OSError:
                    break
            with suppress(ConnectionResetError):
                assert slow.recv(100) == b""
            assert time.monotonic() - began < 6


@pytest.mark.parametrize("name", ["t1c"])
def test_a_real_case_from_upload_to_views(tiny_study: object, stack_bundle: Path, tmp_path: Path, name: str) -> None:
    images = tiny_study.images  # type: ignore[attr-defined]
    with serving(tmp_path / "store", stack_bundle) as server:
        files = {
            "mask" if kind == "tumour_mask" else kind: ("Ada Testperson.nii.gz", path.read_bytes())
            for kind, path in images.items()
        }
        told = {"label": "Room 7", "age": "61", "sex": "F", "fast": "on"}
        made = server.client.post("/api/cases", data=told, files=files)
        assert made.status_code == 201, made.text
        case_id = made.json()["id"]
        found = settled(server.client, case_id, seconds=300)
        assert found["state"] == "done", found
        assert found["lines"]
        for language in ("en", "zh"):
            for view in ("doctor", "patient", "report"):
                page = server.client.get(f"/cases/{case_id}?view={view}&lang={language}")
                assert page.status_code == 200
                assert " style=" not in page.text
                assert "<style" not in page.text
        assert server.client.get(f"/api/cases/{case_id}/result.pdf").content[:5] == b"%PDF-"
        assert not [path for path in (tmp_path / "store").rglob("*") if b"Testperson" in str(path).encode()]
        server.client.delete(f"/api/cases/{case_id}")
        assert not [path for path in (tmp_path / "store").rglob("*") if case_id in str(path)]
