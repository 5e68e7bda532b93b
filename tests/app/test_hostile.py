"""What somebody could do at a wrong moment, or in bad faith: two things at once, a full disk, bodies without end."""

import shutil
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gliomanet.app.intake.limits import UploadError, UploadLimits
from gliomanet.app.intake.take_in import take_in
from gliomanet.app.pages.frame import in_language
from gliomanet.app.queue import line
from gliomanet.app.security.gate import MOST_BODY
from gliomanet.app.security.headers import ALWAYS
from gliomanet.app.settings import AppSettings, Limits
from gliomanet.app.store.audit import Audit
from gliomanet.app.store.cases import Store
from gliomanet.app.store.expiry import delete_expired
from gliomanet.app.store.record import Asked
from gliomanet.app.viewer import routes as viewer
from gliomanet.errors import ProblemError
from gliomanet.files.atomic import write_json
from tests.app.intake.forms import form, image, packed, sent
from tests.app.intake.opening import LIMITS
from tests.app.servers import ADDRESS, settled, upload

Start = Callable[..., TestClient]


def _store(client: TestClient) -> Store:
    found: Store = client.app.state.store  # type: ignore[attr-defined]
    return found


class TestBodies:
    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("/review", "application/x-www-form-urlencoded"),
            ("/review", "multipart/form-data"),
            ("/review/" + "0" * 32 + "/delete", "multipart/form-data"),
            ("/api/reviews", "application/json"),
        ],
    )
    def test_a_large_one_that_is_no_upload_is_refused(self, started: Start, path: str, kind: str) -> None:
        body = b"--x\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n" + b"1" * (MOST_BODY + 1)
        headers = {"Content-Type": kind + "; boundary=x", "Origin": ADDRESS}
        answer = started().post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["rule"]) == (413, "body_too_large")

    def test_an_upload_may_be_larger(self, started: Start) -> None:
        files = {"t1c": ("a.nii", bytes(2 * MOST_BODY))}
        assert started().post("/api/cases", data={"label": "good"}, files=files).status_code == 201


@pytest.mark.parametrize("path", ["/", "/api/cases", "/review", "/static/doctor.css"])
def test_head_is_answered_as_get_is(started: Start, path: str) -> None:
    client = started()
    answer = client.head(path)
    assert answer.status_code == 200
    assert ALWAYS.items() <= dict(answer.headers).items()
    assert not answer.content


def test_an_address_of_two_slashes_leads_nowhere_else(started: Start) -> None:
    page = started().get("http://127.0.0.1//evil.example/x", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "<!doctype html>" in page.text
    assert 'href="//' not in page.text
    assert in_language(_Request("//evil.example/x"), "zh") == "/evil.example/x?lang=zh"  # type: ignore[arg-type]


class _Request:
    def __init__(self, path: str) -> None:
        self.url = type("Url", (), {"path": path})
        self.query_params: dict[str, str] = {}


@pytest.mark.parametrize("host", ["127.0.0.1?x", "127.0.0.1#x", "127.0.0.1/", "127.0.0.1\t", "localhost."])
def test_a_host_with_more_than_a_name_and_a_port_is_refused(started: Start, host: str) -> None:
    assert started().get("/api/cases", headers={"Host": host}).status_code in (400, 421)


def test_its_own_address_passes_whichever_of_this_machine_it_is(tmp_path: Path) -> None:
    assert "127.0.0.5" in AppSettings(bundle=tmp_path / "b", store=tmp_path / "s", host="127.0.0.5").hosts


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", ["/nowhere", "/cases/" + "0" * 32, "/api/cases/" + "0" * 32 + "/result.pdf"])
def test_a_browser_is_told_by_a_page(started: Start, path: str, language: str) -> None:
    page = started().get(f"{path}?lang={language}", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"


class TestAtOnce:
    def test_no_more_wait_than_may(self, started: Start) -> None:
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
        self, started: Start, monkeypatch: pytest.MonkeyPatch
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
        self, started: Start, monkeypatch: pytest.MonkeyPatch
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

    def test_the_size_of_a_case_at_work_is_told_while_files_go(self, tmp_path: Path) -> None:
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
                store._sizes.clear()
                assert store.bytes_used() > 0
        finally:
            over.set()
            busy.join()
        store.close()

    def test_the_store_counts_what_is_added_to_a_case_later(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        case_id, _ = store.begin()
        store.create(case_id, Asked())
        before = store.bytes_used()
        write_json(store.folder(case_id) / "display/t1.json", {"a": "b" * 1000})
        assert store.bytes_used() > before + 1000
        store.close()


class _Source:
    kind, space, subject = "image", "atlas", "t1"


@pytest.mark.parametrize("state", ["queued", "cancelled"])
def test_the_viewer_shows_nothing_of_a_case_that_is_not_done(started: Start, state: str) -> None:
    client = started()
    first = upload(client, "slow").json()["id"]
    settled(client, first, "running")
    case_id = upload(client, "good").json()["id"]
    if state == "cancelled":
        client.post(f"/api/cases/{case_id}/cancel")
    answer = client.get(f"/api/cases/{case_id}/viewer.json")
    assert (answer.status_code, answer.json()["rule"]) == (409, "no_result_yet")


def test_a_result_without_a_pdf_says_so(started: Start) -> None:
    client = started()
    case_id = upload(client, "good").json()["id"]
    settled(client, case_id)
    answer = client.get(f"/api/cases/{case_id}/result.pdf")
    assert (answer.status_code, answer.json()["rule"]) == (404, "no_pdf")


class TestFullDisk:
    def test_the_queue_goes_on(self, started: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        client = started()
        store = _store(client)
        update, full = store.update, [True]

        def refused(record: Any, *, on_disk: bool = True) -> Any:
            found = update(record, on_disk=False)
            if on_disk and full:
                raise OSError(28, "No space left on device")
            return found

        monkeypatch.setattr(store, "update", refused)
        assert settled(client, upload(client, "good").json()["id"])["state"] == "done"
        full.clear()
        assert settled(client, upload(client, "good again").json()["id"])["state"] == "done"

    def test_cases_are_deleted_without_the_audit_log(
        self, started: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        client = started()
        case_id = upload(client, "Ada Testperson").json()["id"]
        settled(client, case_id)

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Audit, "_add", full)
        assert client.delete(f"/api/cases/{case_id}").status_code == 204
        assert not list((_store(client).root / "cases").iterdir())
        assert f'"deleted", "case": "{case_id}"' in caplog.text
        assert "Testperson" not in caplog.text


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


class TestWhatIsKept:
    def test_an_upload_that_is_refused_is_not_kept(self, tmp_path: Path) -> None:
        folder = tmp_path / "input"
        files = [("t1", "a.nii", image().to_bytes()), ("t1c", "b.nii", b"no image of Ada Testperson" * 40)]
        sent(form(files), folder / "upload", UploadLimits(spare_bytes=0))
        with pytest.raises(UploadError) as error:
            take_in(folder, LIMITS)
        assert error.value.problem.rule == "no_nifti"
        assert not [path for path in folder.rglob("*") if path.is_file()]
        with pytest.raises(UploadError) as error:
            take_in(folder, LIMITS)
        assert error.value.problem.rule == "upload_gone"

    def test_a_case_without_its_upload_is_not_tried_again(self, started: Start) -> None:
        client = started()
        case_id = upload(client, "refused").json()["id"]
        settled(client, case_id)
        form = f'action="/api/cases/{case_id}/retry'
        assert form in client.get(f"/cases/{case_id}").text
        shutil.rmtree(_store(client).folder(case_id) / "input/upload")
        assert form not in client.get(f"/cases/{case_id}").text
        answer = client.post(f"/api/cases/{case_id}/retry")
        assert (answer.status_code, answer.json()["rule"]) == (409, "upload_gone")

    def test_one_that_a_full_disk_stopped_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "input"
        sent(form([("t1", "a.nii.gz", packed(image()))]), folder / "upload", UploadLimits(spare_bytes=0))
        with pytest.raises(UploadError) as error:
            take_in(folder, UploadLimits(spare_bytes=2**62))
        assert error.value.problem.rule == "disk_full"
        assert take_in(folder, LIMITS).images.keys() == {"t1"}

    def test_what_a_kill_left_of_the_opening_is_removed(self, tmp_path: Path) -> None:
        folder = tmp_path / "input"
        sent(form([("t1", "a.nii", image().to_bytes())]), folder / "upload", UploadLimits(spare_bytes=0))
        take_in(folder, LIMITS)
        (folder / "opening/images").mkdir(parents=True)
        (folder / "opening/images/000000.dcm").write_bytes(b"Ada Testperson")
        take_in(folder, LIMITS)
        assert [path.name for path in folder.iterdir()] == ["files"]

    def test_sessions_are_their_owner_s_alone(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        Store(tmp_path).close()
        for name in ("cases", "incoming", "deleted", "reviews"):
            assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_a_broken_answer_is_logged_without_what_led_to_it(started: Start) -> None:
    from starlette.responses import StreamingResponse

    client = started()

    def broken() -> Any:
        yield b"begun"
        raise RuntimeError("Ada Testperson")

    client.app.add_api_route("/broken", lambda: StreamingResponse(broken()))  # type: ignore[attr-defined]
    with pytest.raises(BaseException) as error:
        client.get("/broken")
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_a_store_of_too_many_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path, most_cases=1)
    first, second = store.begin()[0], store.begin()[0]
    store.create(first, Asked())
    with pytest.raises(ProblemError) as error:
        store.create(second, Asked())
    assert error.value.problem.rule == "store_full"
    store.close()
