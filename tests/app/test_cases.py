"""Cases from their upload to their end, with a stand-in for the predictor."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gliomanet.app.settings import Limits
from gliomanet.app.store.cases import Store
from gliomanet.app.store.expiry import delete_expired
from gliomanet.errors import ProblemError
from tests.app.servers import IMAGE, settled, upload

Start = Callable[..., TestClient]


def test_a_case_from_upload_to_deletion(started: Start, tmp_path: Path) -> None:
    client, store = started(), tmp_path / "store"
    made = upload(client, "Room 7", age="61", sex="F")
    assert made.status_code == 201
    case_id = made.json()["id"]
    found = settled(client, case_id)
    assert (found["state"], found["label"], found["lines"]) == ("done", "Room 7", ["began Room 7"])
    folder = store / "cases" / case_id
    assert (folder / "result/told.txt").read_text() == f"{case_id} Room 7 {len(IMAGE)}"
    kept = json.loads((folder / "case.json").read_text())
    assert (kept["asked"]["age"], kept["asked"]["sex"], kept["state"]) == (61.0, "F", "done")
    assert not any("Testperson" in str(path) for path in store.rglob("*"))
    assert client.delete(f"/api/cases/{case_id}").status_code == 204
    assert client.get(f"/api/cases/{case_id}").status_code == 404
    _nothing_left(store, case_id)


def _nothing_left(store: Path, case_id: str) -> None:
    """Nothing of a deleted case is on the disk but its id in the audit log."""
    files = [path for path in store.rglob("*") if path.is_file()]
    assert not [path for path in store.rglob("*") if case_id in path.name]
    for path in files:
        content = path.read_bytes()
        assert IMAGE[:64] not in content
        assert b"Room 7" not in content
        if path.name != "audit.jsonl":
            assert case_id.encode() not in content


def test_the_audit_log_tells_ids_and_events_alone(started: Start, tmp_path: Path) -> None:
    client = started()
    case_id = upload(client, "Ada Testperson", age="61").json()["id"]
    settled(client, case_id)
    client.delete(f"/api/cases/{case_id}")
    lines = [json.loads(line) for line in (tmp_path / "store/audit.jsonl").read_text().splitlines()]
    assert [one["event"] for one in lines] == ["started", "created", "running", "done", "deleted"]
    assert all(set(one) <= {"time", "event", "case", "bundle", "source", "rule"} for one in lines)
    assert "Testperson" not in (tmp_path / "store/audit.jsonl").read_text()


@pytest.mark.parametrize(
    ("label", "rule"), [("refused", "no_brain"), ("broken", "case_crashed"), ("killed", "worker_ended")]
)
def test_a_case_that_cannot_be_computed_fails_alone(started: Start, label: str, rule: str) -> None:
    client = started()
    bad, good = upload(client, label).json()["id"], upload(client, "good").json()["id"]
    found = settled(client, bad)
    assert (found["state"], found["problem"]["rule"]) == ("failed", rule)
    assert "patient" not in found["problem"]["found"]
    assert settled(client, good)["state"] == "done"


def test_a_killed_process_is_tried_once_more(started: Start, tmp_path: Path) -> None:
    client = started(limits=Limits(attempts=3))
    case_id = upload(client, "killed").json()["id"]
    settled(client, case_id)
    begun = (tmp_path / "store/cases" / case_id / "begun.txt").read_text().split()
    assert len(set(begun)) == 3


def test_a_case_beyond_its_time_is_ended(started: Start) -> None:
    client = started(limits=Limits(seconds=2.0))
    slow, good = upload(client, "slow").json()["id"], upload(client, "good").json()["id"]
    found = settled(client, slow)
    assert (found["state"], found["problem"]["rule"]) == ("failed", "out_of_time")
    assert settled(client, good)["state"] == "done"


def test_a_case_beyond_its_memory_is_ended(started: Start) -> None:
    client = started(limits=Limits(memory_bytes=500 * 2**20))
    large, good = upload(client, "large").json()["id"], upload(client, "good").json()["id"]
    found = settled(client, large)
    assert (found["state"], found["problem"]["rule"]) == ("failed", "out_of_memory")
    assert settled(client, good)["state"] == "done"


class TestQueue:
    def test_one_too_many_is_told_to_come_later(self, started: Start, tmp_path: Path) -> None:
        client = started(limits=Limits(waiting=2))
        running = upload(client, "slow").json()["id"]
        settled(client, running, "running")
        waiting = [upload(client, f"good {number}").json()["id"] for number in range(2)]
        answer = upload(client, "too many")
        assert (answer.status_code, answer.json()["rule"]) == (429, "queue_full")
        assert int(answer.headers["retry-after"]) > 0
        assert list((tmp_path / "store/incoming").iterdir()) == []
        assert [client.get(f"/api/cases/{one}").json()["place"] for one in waiting] == [0, 1]
        client.post(f"/api/cases/{running}/cancel")
        assert all(settled(client, one)["state"] == "done" for one in waiting)
        assert upload(client, "now").status_code == 201

    def test_a_case_at_work_is_cancelled_and_tried_again(self, started: Start) -> None:
        client = started()
        case_id = upload(client, "slow").json()["id"]
        settled(client, case_id, "running")
        began = time.monotonic()
        assert client.post(f"/api/cases/{case_id}/cancel").json()["state"] == "cancelled"
        assert time.monotonic() - began < 10
        assert client.post(f"/api/cases/{case_id}/cancel").json()["rule"] == "not_cancellable"
        assert client.post(f"/api/cases/{case_id}/retry").json()["state"] in ("queued", "running")
        settled(client, case_id, "running")
        assert client.post(f"/api/cases/{case_id}/retry").json()["rule"] == "not_retriable"

    def test_a_case_that_waits_is_cancelled(self, started: Start) -> None:
        client = started()
        first, second = (upload(client, label).json()["id"] for label in ("slow", "good"))
        settled(client, first, "running")
        assert client.post(f"/api/cases/{second}/cancel").json()["state"] == "cancelled"

    def test_a_case_at_work_is_deleted(self, started: Start, tmp_path: Path) -> None:
        client = started()
        case_id = upload(client, "slow Room 7").json()["id"]
        settled(client, case_id, "running")
        assert client.delete(f"/api/cases/{case_id}").status_code == 204
        _nothing_left(tmp_path / "store", case_id)
        assert settled(client, upload(client, "good").json()["id"])["state"] == "done"


class TestStore:
    def test_more_cases_than_it_takes_are_refused(self, started: Start) -> None:
        client = started(limits=Limits(cases=1))
        settled(client, upload(client, "good").json()["id"])
        answer = upload(client, "too many")
        assert (answer.status_code, answer.json()["rule"]) == (507, "store_full")

    def test_more_bytes_than_it_takes_are_refused(self, started: Start) -> None:
        client = started(limits=Limits(store_bytes=1000))
        settled(client, upload(client, "good").json()["id"])
        assert upload(client, "too many").json()["rule"] == "store_full"

    def test_it_has_one_server(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        with pytest.raises(ProblemError) as error:
            Store(tmp_path)
        assert error.value.problem.rule == "store_in_use"
        store.close()
        Store(tmp_path).close()

    def test_what_a_killed_server_left_is_removed(self, tmp_path: Path) -> None:
        for name in ("incoming", "deleted"):
            (tmp_path / name / "half/upload").mkdir(parents=True)
        store = Store(tmp_path)
        assert [list((tmp_path / name).iterdir()) for name in ("incoming", "deleted")] == [[], []]
        store.close()

    def test_only_its_owner_reads_it(self, started: Start, tmp_path: Path) -> None:
        client = started()
        case_id = upload(client, "good").json()["id"]
        for folder in (tmp_path / "store", tmp_path / "store/cases" / case_id):
            assert folder.stat().st_mode & 0o077 == 0

    def test_a_case_expires_once_it_is_over(self, started: Start, tmp_path: Path) -> None:
        client = started()
        over, slow = (upload(client, label).json()["id"] for label in ("good", "slow"))
        settled(client, over)
        settled(client, slow, "running")
        store = client.app.state.store  # type: ignore[attr-defined]
        now = datetime.now(UTC)
        assert delete_expired(store, 7, now + timedelta(days=6.9)) == []
        assert delete_expired(store, 7, now + timedelta(days=7.1)) == [over]
        assert client.get(f"/api/cases/{over}").status_code == 404


@pytest.mark.parametrize("fields", [{"age": "-1"}, {"age": "many"}, {"age": "nan"}, {"sex": "X"}, {"label": "x" * 81}])
def test_a_field_that_is_not_allowed_is_named(started: Start, tmp_path: Path, fields: dict[str, str]) -> None:
    client = started()
    files = {"t1c": ("a.nii", IMAGE)}
    answer = client.post("/api/cases", data=fields, files=files)
    assert (answer.status_code, answer.json()["rule"]) == (422, "malformed_request")
    assert next(iter(fields)) in answer.json()["found"]
    assert list((tmp_path / "store/incoming").iterdir()) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_without_scripts(started: Start, language: str) -> None:
    client = started()
    home = client.get(f"/?lang={language}")
    assert '<html lang="{}">'.format({"en": "en", "zh": "zh-Hans"}[language]) in home.text
    files = {"t1c": ("a.nii", IMAGE)}
    page = client.post("/api/cases", data={"label": "refused <b>"}, files=files, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.url.path.startswith("/cases/")
    assert "refused &lt;b&gt;" in page.text
    case_id = page.url.path.rsplit("/", 1)[-1]
    settled(client, case_id)
    again = client.get(f"/cases/{case_id}?lang={language}")
    assert "holds no brain" in again.text
    assert f'action="/api/cases/{case_id}/retry?lang={language}"' in again.text
    assert '<p lang="en"><strong>t1c holds no brain</strong></p>' in again.text
    assert ("程序用英文说明原因" in again.text) == (language == "zh")
    back = client.post(f"/api/cases/{case_id}/retry?lang={language}", headers={"Accept": "text/html"})
    assert (str(back.url.query, "ascii"), back.status_code) == (f"lang={language}", 200)
    settled(client, case_id)
    assert "<script>" not in again.text
    assert " style=" not in again.text
    gone = client.post(f"/api/cases/{case_id}/delete", headers={"Accept": "text/html"}, follow_redirects=False)
    assert (gone.status_code, gone.headers["location"]) == (303, "/")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_form_that_is_refused_is_answered_by_a_page(started: Start, language: str) -> None:
    client = started()
    case_id = upload(client, "good").json()["id"]
    settled(client, case_id)
    page = client.post(f"/api/cases/{case_id}/retry?lang={language}", headers={"Accept": "text/html,*/*"})
    assert (page.status_code, page.headers["content-type"]) == (409, "text/html; charset=utf-8")
    assert '<p lang="en"><strong>the case is done' in page.text
    assert ("程序用英文说明原因" in page.text) == (language == "zh")
    assert client.post(f"/api/cases/{case_id}/retry").json()["rule"] == "not_retriable"
