"""Forms of a page that sends no referrer: their `Origin` is `null`, and only the browser's own word tells whose it is.

A sandboxed frame, a `data:` address and a page of another site send `Origin: null`, too; browsers mark these with a
`Sec-Fetch-Site` that no script can set, and which is `same-origin` for the server's own pages alone.
"""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from tests.app.servers import ADDRESS

Start = Callable[..., TestClient]
PATHS = ("/api/cases/" + "0" * 32 + "/delete", "/api/cases/" + "0" * 32 + "/cancel", "/api/study/cases/A/1")


@pytest.mark.parametrize("path", PATHS)
def test_a_form_of_its_own_page_passes_the_gate(started: Start, path: str) -> None:
    answer = started({}).post(path, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 404
    assert answer.json()["rule"] in ("unknown_case", "unknown_study_case")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": ""},
        {"Origin": "null", "Sec-Fetch-Site": "none"},
        {"Origin": "null", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin, cross-site"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "", "Sec-Fetch-Site": "same-origin"},
        {"Origin": ADDRESS, "Sec-Fetch-Site": "none"},
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_any_other_is_refused(started: Start, headers: dict[str, str], path: str) -> None:
    answer = started({}).post(path, headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (403, "foreign_origin")


@pytest.mark.parametrize("name", ["Origin", "Sec-Fetch-Site"])
def test_a_header_that_is_sent_twice_is_refused(started: Start, name: str) -> None:
    """Of two words the first would be read here, and the second perhaps by a proxy."""
    own = [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")]
    twice = [*own, (name, "http://evil.example" if name == "Origin" else "cross-site")]
    answer = started({}).post(PATHS[0], headers=twice)
    assert (answer.status_code, answer.json()["rule"]) == (403, "foreign_origin")
