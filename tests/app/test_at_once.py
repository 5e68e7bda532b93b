"""Two things at once: uploads, deletions, expiry, reports and what the viewer writes."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gliomanet.app.queue import line
from gliomanet.app.routes import report
from gliomanet.app.settings import Limits
from gliomanet.app.store.cases import Store, UnknownCaseError
from gliomanet.app.store.expiry import delete_expired
from gliomanet.app.store.record import Asked
from gliomanet.app.viewer import routes as viewer
from gliomanet.case_report.model.endpoint import Endpoint
from gliomanet.errors import ProblemError
from gliomanet.files.atomic import write_json
from tests.app.servers import settled, upload

Start = Callable[..., TestClient]


def _store(client: TestClient) -> Store:
    found: Store = client.app.state.store  # type: ignore[attr-defined]
    return found


def test_no_more_wait_than_may(started: Start) -> None:
    client = started(limits=Limits(waiting=3))
    running = upload(client, "slow").json()["id"]
    settled(client, running, "running")
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(upload(client, "good").status_code)) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(codes) == [201] * 3 + [429] * 9
    assert len(_store(client).list("queued")) == 3


def test_a_case_that_is_tried_again_while_it_is_deleted_is_gone(
    started: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "PATIENCE", 20.0)
    client = started()
    queue, case_id = client.app.state.queue, upload(client, "slow").json()["id"]  # type: ignore[attr-defined]
    settled(client, case_id, "running")
    end_of, done = queue._end_of, []

    def tried_again_at_once(case: str, outcome: Any) -> None:
        end_of(case, outcome)
        if not done:
            done.append(case)
            _store(client).again(_store(client).state(case))

    monkeypatch.setattr(queue, "_end_of", tried_again_at_once)
    assert client.delete(f"/api/cases/{case_id}").status_code == 204
    assert client.get(f"/api/cases/{case_id}").status_code == 404


def test_a_case_deleted_while_a_copy_is_made_for_the_viewer_leaves_nothing(
    started: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = started()
    case_id = upload(client, "good").json()["id"]
    settled(client, case_id)
    begun = threading.Event()

    def info_of(source: object, folder: Path) -> object:
        begun.set()
        time.sleep(1)
        write_json(folder / "display/t1.json", {})
        raise viewer.UnknownVolumeError

    monkeypatch.setattr(viewer, "sources_of", lambda _: {"t1": _Source()})
    monkeypatch.setattr(viewer, "info_of", info_of)
    looking = threading.Thread(target=lambda: client.get(f"/api/cases/{case_id}/volumes/t1.json"))
    looking.start()
    assert begun.wait(10)
    assert client.delete(f"/api/cases/{case_id}").status_code == 204
    looking.join()
    assert not list((_store(client).root / "cases").iterdir())


def test_the_size_of_a_case_at_work_is_told_while_files_go(tmp_path: Path) -> None:
    store = Store(tmp_path)
    case_id, folder = store.begin()
    (folder / "input").mkdir()
    store.create(case_id, Asked())
    over = threading.Event()
    folder = store.folder(case_id)

    def work() -> None:
        while not over.is_set():
            for number in range(30):
                (folder / "input" / str(number)).mkdir()
                (folder / "input" / str(number) / "a").write_bytes(b"1")
            for number in range(30):
                (folder / "input" / str(number) / "a").unlink()
                (folder / "input" / str(number)).rmdir()

    busy = threading.Thread(target=work)
    busy.start()
    try:
        for _ in range(300):
            store._sizes.forget(case_id)
            assert store.bytes_used() > 0
    finally:
        over.set()
        busy.join()
    store.close()


def test_the_store_counts_what_is_added_to_a_case_later(tmp_path: Path) -> None:
    store = Store(tmp_path)
    case_id, _ = store.begin()
    store.create(case_id, Asked())
    before = store.bytes_used()
    write_json(store.folder(case_id) / "display/t1.json", {"a": "b" * 1000})
    assert store.bytes_used() > before + 1000
    store.close()


class _Source:
    kind, space, subject = "image", "atlas", "t1"


class TestLending:
    """A case's folder that something is written to while the case is deleted."""

    def test_the_queue_goes_on_and_the_deletion_gives_up(self, started: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(line, "PATIENCE", 5.0)
        client = started()
        case_id = upload(client, "good").json()["id"]
        settled(client, case_id)
        with _store(client).lent(case_id):
            answers: list[Any] = []
            deleting = threading.Thread(target=lambda: answers.append(client.delete(f"/api/cases/{case_id}")))
            deleting.start()
            settled(client, upload(client, "good again").json()["id"], "done", seconds=4)
            assert deleting.is_alive()
            with pytest.raises(UnknownCaseError), _store(client).lent(case_id):
                pass
            deleting.join(20)
            assert (answers[0].status_code, answers[0].json()["rule"]) == (503, "case_in_use")
        assert client.get(f"/api/cases/{case_id}").json()["state"] == "done"
        assert client.delete(f"/api/cases/{case_id}").status_code == 204

    def test_a_case_that_expires_meanwhile_goes_the_next_time(self, started: Start) -> None:
        client = started()
        case_id = upload(client, "good").json()["id"]
        settled(client, case_id)
        store, then = _store(client), datetime.now(UTC) + timedelta(days=2)
        with store.lent(case_id):
            assert delete_expired(store, 1, then) == []
        assert delete_expired(store, 1, then) == [case_id]


class TestReports:
    """Reports that are asked for while a language model writes one."""

    def test_a_template_s_does_not_wait_and_a_second_model_s_is_told_to(
        self, started: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, over = threading.Event(), threading.Event()

        def made(_folder: Path, language: str, *, out: Path, writer: object) -> Any:
            if writer is not report.write_template:
                begun.set()
                assert over.wait(30)
            (out / f"case-report.{language}.html").write_text("a report")
            return SimpleNamespace(files=tuple(out.iterdir()))

        monkeypatch.setattr(report, "make_report", made)
        client = started(endpoint=Endpoint("http://127.0.0.1:9/v1", "none"))
        case_id = upload(client, "good").json()["id"]
        settled(client, case_id)

        def asked(by: str) -> Any:
            return client.post(f"/api/cases/{case_id}/report?by={by}", follow_redirects=False)

        answers: list[int] = []
        writing = threading.Thread(target=lambda: answers.append(asked("model").status_code))
        writing.start()
        try:
            assert begun.wait(10)
            assert asked("template").status_code == 303
            assert client.get(f"/api/cases/{case_id}/report.html").text == "a report"
            assert asked("model").json()["rule"] == "report_at_work"
        finally:
            over.set()
            writing.join(20)
        assert answers == [303]


def test_expiry_goes_on_where_somebody_was_faster(started: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    client = started()
    ids = [upload(client, f"good {number}").json()["id"] for number in range(2)]
    for one in ids:
        settled(client, one)
    store = _store(client)
    listed = store.list()
    monkeypatch.setattr(store, "list", lambda *_: listed)
    store.delete(ids[0])
    delete_expired(store, 1, datetime.now(UTC) + timedelta(days=2))
    assert not list((store.root / "cases").iterdir())


def test_a_store_of_too_many_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path, most_cases=1)
    first, second = store.begin()[0], store.begin()[0]
    store.create(first, Asked())
    with pytest.raises(ProblemError) as error:
        store.create(second, Asked())
    assert error.value.problem.rule == "store_full"
    store.close()
