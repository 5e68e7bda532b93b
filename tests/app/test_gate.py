"""The gate: headers on every answer, foreign hosts and origins refused, the token."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from gliomanet.app.security.headers import ALWAYS, headers_of
from gliomanet.app.security.token import COOKIE, new_token
from gliomanet.app.settings import AppSettings
from gliomanet.errors import ProblemError
from tests.app.servers import ADDRESS, OWN

Start = Callable[..., TestClient]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/api/cases", 200),
        ("GET", "/review", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/static/nowhere.js", 404),
        ("GET", "/static/../../settings.py", 404),
        ("GET", "/cases/" + "0" * 32, 404),
        ("GET", "/api/cases/" + "0" * 32, 404),
        ("GET", "/api/cases/..%2f..%2fetc", 404),
        ("DELETE", "/api/cases/" + "0" * 32, 404),
        ("POST", "/api/cases", 422),
        ("PUT", "/api/cases", 405),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("POST", "/api/study/cases/A/1", 404),
    ],
)
def test_every_answer_has_the_headers(started: Start, method: str, path: str, status: int) -> None:
    answer = started().request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert answer.headers["cache-control"] == headers_of(answer.url.path)["cache-control"]
    assert "content-encoding" not in answer.headers
    if status >= 400 and not path.startswith("/cases/"):
        assert {"rule", "found", "action"} == set(answer.json())


def test_a_failure_of_the_server_has_the_headers_and_tells_nothing(
    started: Start, caplog: pytest.LogCaptureFixture
) -> None:
    client, name = started(), "Ada Testperson"

    def broken() -> None:
        raise RuntimeError(name)

    client.app.add_api_route("/broken", broken)  # type: ignore[attr-defined]
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["rule"] == "server_error"
    assert ALWAYS.items() <= dict(answer.headers).items()
    assert "RuntimeError" in caplog.text
    assert "Testperson" not in answer.text + caplog.text


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example@127.0.0.1", "", "127.0.0.1:99:1"]
)
def test_another_host_name_is_refused(started: Start, host: str) -> None:
    answer = started().get("/api/cases", headers={"Host": host})
    assert (answer.status_code, answer.json()["rule"]) == (421, "foreign_host")


@pytest.mark.parametrize("host", ["localhost:8000", "LOCALHOST", "[::1]:8000", "127.0.0.1:9000"])
def test_names_of_this_machine_pass(started: Start, host: str) -> None:
    assert started().get("/api/cases", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:81"},
        {"Origin": ADDRESS, "Sec-Fetch-Site": "cross-site"},
        {"Origin": ADDRESS, "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "file:///127.0.0.1"},
    ],
)
@pytest.mark.parametrize("path", ["/api/cases", "/review", "/api/cases/" + "0" * 32 + "/cancel"])
def test_what_another_site_sends_is_refused(started: Start, headers: dict[str, str], path: str) -> None:
    answer = started({}).post(path, headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (403, "foreign_origin")


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, OWN | {"Sec-Fetch-Site": "same-origin"}])
def test_what_its_own_pages_send_passes(started: Start, headers: dict[str, str]) -> None:
    assert started({}).post("/api/cases", headers=headers).status_code == 422


class TestToken:
    ADDRESS = "http://hospital.example"

    def client(self, started: Start, token: str, scheme: str = "http") -> TestClient:
        address = f"{scheme}://hospital.example"
        return started({"Origin": address}, address, host="10.0.0.1", names=("hospital.example",), token=token)

    @pytest.mark.parametrize(
        "path", ["/", "/api/cases", "/static/app.css", "/review", "/?token=", "/?token=wrong", "/api/cases?token=%s"]
    )
    def test_without_it_nothing_is_told(self, started: Start, path: str) -> None:
        token = new_token()
        answer = self.client(started, token).get(path.replace("%s", token))
        assert (answer.status_code, answer.json()["rule"]) == (401, "no_token")
        assert ALWAYS.items() <= dict(answer.headers).items()

    @pytest.mark.parametrize(("language", "word"), [("en", "its token"), ("zh", "令牌")])
    def test_a_browser_without_it_is_told_by_a_page(self, started: Start, language: str, word: str) -> None:
        page = self.client(started, new_token()).get(f"/?lang={language}&token=wrong", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (401, "text/html; charset=utf-8")
        assert word in page.text
        assert "wrong" not in page.text

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_it_is_exchanged_for_a_cookie_that_is_another_secret(self, started: Start, scheme: str) -> None:
        token = new_token()
        client = self.client(started, token, scheme)
        answer = client.get(f"/?token={token}", follow_redirects=False)
        cookie = answer.headers["set-cookie"]
        assert answer.status_code == 303
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert ("Secure" in cookie) == (scheme == "https")
        assert token not in cookie
        assert token not in answer.headers["location"]
        assert client.get("/api/cases").status_code == 200
        client.cookies.set(COOKIE, token, domain="hospital.example")
        assert client.get("/api/cases", headers={"Cookie": f"{COOKIE}={token}"}).status_code == 401

    @pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "hospital.example"])
    def test_others_do_not_reach_a_server_without_one(self, tmp_path: object, host: str) -> None:
        with pytest.raises(ProblemError) as error:
            AppSettings(bundle=tmp_path, host=host)  # type: ignore[arg-type]
        assert error.value.problem.rule == "open_without_token"

    def test_a_proxy_s_name_needs_one_too(self, tmp_path: object) -> None:
        with pytest.raises(ProblemError) as error:
            AppSettings(bundle=tmp_path, names=("hospital.example",))  # type: ignore[arg-type]
        assert error.value.problem.rule == "open_without_token"

    def test_a_short_one_is_refused(self, tmp_path: object) -> None:
        with pytest.raises(ProblemError) as error:
            AppSettings(bundle=tmp_path, host="10.0.0.1", token="secret")  # type: ignore[arg-type]
        assert error.value.problem.rule == "short_token"


def test_a_length_told_twice_is_refused(started: Start) -> None:
    twice = {**OWN, "Content-Length": "5", "Transfer-Encoding": "chunked"}
    answer = started().post("/api/cases", content=b"12345", headers=twice)
    assert (answer.status_code, answer.json()["rule"]) == (400, "two_lengths")
