"""Requests in bad faith, or of a wrong moment: large bodies, foreign hosts, addresses of nothing, broken answers."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.responses import StreamingResponse

from gliomanet.app.pages.frame import in_language
from gliomanet.app.security.gate import MOST_BODY
from gliomanet.app.security.headers import ALWAYS
from gliomanet.app.settings import AppSettings
from tests.app.servers import ADDRESS, settled, upload

Start = Callable[..., TestClient]


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
def test_head_is_answered_as_get_is_but_for_the_body(started: Start, path: str) -> None:
    client = started()
    (begun, *rest), (_, *of_get) = (_answer(client, method, path) for method in ("HEAD", "GET"))
    headers = {name.decode().title(): value.decode() for name, value in begun["headers"]}
    assert begun["status"] == 200
    assert {name.title(): value for name, value in ALWAYS.items()}.items() <= headers.items()
    assert not any(one["body"] for one in rest)
    assert any(one["body"] for one in of_get)


def _answer(client: TestClient, method: str, path: str) -> list[dict[str, Any]]:
    """The messages of the app itself: the client for tests drops what follows the headers of a HEAD."""
    told: list[dict[str, Any]] = []
    scope = {"type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode()}
    scope |= {"scheme": "http", "query_string": b"", "root_path": "", "headers": [(b"host", b"127.0.0.1")]}
    scope |= {"server": ("127.0.0.1", 80), "client": ("127.0.0.1", 50000)}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    asyncio.run(client.app(scope, receive, send))  # type: ignore[arg-type]
    return told


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


def test_a_broken_answer_is_logged_without_what_led_to_it(started: Start) -> None:
    client = started()

    def broken() -> Any:
        yield b"begun"
        raise RuntimeError("Ada Testperson")

    client.app.add_api_route("/broken", lambda: StreamingResponse(broken()))  # type: ignore[attr-defined]
    with pytest.raises(BaseException) as error:
        client.get("/broken")
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_a_file_of_the_server_s_own_that_is_missing_is_its_failure(
    started: Start, caplog: pytest.LogCaptureFixture
) -> None:
    client, named = started(), "Ada Testperson"

    def missing() -> None:
        raise FileNotFoundError(named)

    client.app.add_api_route("/missing", missing)  # type: ignore[attr-defined]
    answer = client.get("/missing")
    assert (answer.status_code, answer.json()["rule"]) == (500, "server_error")
    assert "FileNotFoundError in answering a request" in caplog.text
    assert "Testperson" not in caplog.text
