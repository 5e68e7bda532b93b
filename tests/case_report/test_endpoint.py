"""The address of a language model, and calls of it: what is refused, and what bounds a call."""

from __future__ import annotations

import json
import time

import pytest

from gliomanet.case_report.model.answer import draft_of
from gliomanet.case_report.model.call import MOST_BYTES, CallError, call, healthy
from gliomanet.case_report.model.endpoint import Endpoint, EndpointError
from gliomanet.case_report.model.probe import enforces_schema
from tests.case_report.stub_model import chat, send, stub

HERE = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/v1", "http://[::1]:8080/v1", "http://localhost/v1", "http://127.1.2.3/v1"]
)
def test_addresses_of_this_machine_are_called(url):
    assert not Endpoint(url, "m").remote


@pytest.mark.parametrize(
    "url",
    [
        "http://model.example/v1",
        "http://10.0.0.7:8080/v1",
        "http://0.0.0.0:8080/v1",
        "http://127.0.0.1.example/v1",
        "http://localhost.example/v1",
        "http://2130706433/v1",
        "http://0x7f000001/v1",
        "http://[::ffff:10.0.0.1]/v1",
    ],
)
def test_any_other_address_is_off_this_machine(url):
    with pytest.raises(EndpointError) as caught:
        Endpoint(url, "m")
    assert caught.value.problem.rule == "endpoint_off_this_machine"
    with pytest.raises(EndpointError) as caught:
        Endpoint(url, "m", allow_remote=True)
    assert caught.value.problem.rule == "endpoint_without_tls"
    assert Endpoint(url.replace("http:", "https:"), "m", allow_remote=True).remote


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:8080/v1",
        "ftp://127.0.0.1/v1",
        "file:///etc/passwd",
        "http://user:secret@127.0.0.1/v1",
        "http://127.0.0.1/v1?key=secret",
        "http://127.0.0.1/v1#a",
        "http://127.0.0.1:port/v1",
        "http://127.0.0.1/v1\r\nX: y",
        "http://",
    ],
)
def test_a_malformed_address_is_refused_and_not_repeated(url):
    with pytest.raises(EndpointError) as caught:
        Endpoint(url, "m", allow_remote=True)
    assert caught.value.problem.rule == "endpoint_malformed"
    assert "secret" not in str(caught.value)


def test_the_key_comes_from_the_environment_and_is_never_printed(monkeypatch):
    endpoint = Endpoint(HERE, "m", key_variable="A_KEY")
    monkeypatch.delenv("A_KEY", raising=False)
    with pytest.raises(EndpointError) as caught:
        call(endpoint, "models")
    assert caught.value.problem.rule == "endpoint_key_missing"
    monkeypatch.setenv("A_KEY", "s3cret")
    assert "s3cret" not in repr(endpoint)
    with stub(chat("{}")) as server:
        call(Endpoint(server.url, "m", key_variable="A_KEY"), "models")
        assert server.headers[0]["Authorization"] == "Bearer s3cret"
    monkeypatch.setenv("A_KEY", "two\nlines")
    with pytest.raises(EndpointError) as caught:
        endpoint.headers()
    assert caught.value.problem.rule == "endpoint_key_malformed"


def failure(answer, timeout=5.0) -> str:
    with stub(answer) as server, pytest.raises(CallError) as caught:
        call(Endpoint(server.url, "m", timeout=timeout), "chat/completions", {"messages": []})
    return caught.value.problem.rule


def drip(handler, _body):
    """A byte now and then: no single read is slow."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" * 3:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)


def flood(handler, _body):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(MOST_BYTES // 65536 + 2):
        handler.wfile.write(b" " * 65536)


def test_a_call_is_bounded_and_goes_nowhere_else():
    begun = time.monotonic()
    assert failure(drip, timeout=0.4) == "model_timed_out"
    assert time.monotonic() - begun < 3
    assert failure(flood) == "model_answer_too_long"
    assert failure(lambda h, b: send(h, b"", 302, Location="http://127.0.0.1:1/")) == "model_redirects"
    assert failure(lambda h, b: send(h, b"{}", 500)) == "model_status"
    assert failure(lambda h, b: send(h, b"not json")) == "model_answer_not_json"
    assert failure(lambda h, b: send(h, b"[" * 200_000)) == "model_answer_not_json"
    assert failure(lambda h, b: send(h, b"\x1f\x8b", Content_Encoding="gzip")) == "model_answer_encoded"
    with pytest.raises(CallError) as caught:
        call(Endpoint(HERE, "m", timeout=2), "models")
    assert caught.value.problem.rule == "model_unreachable"


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with stub(chat("{}")) as server:
        assert healthy(Endpoint(server.url, "m", timeout=5))
        assert server.paths == ["/v1/models"]


def test_health_tells_nothing_of_what_the_server_lists(capsys):
    with stub(lambda h, b: send(h, json.dumps({"data": [{"id": "/models/someone.gguf"}]}).encode())) as server:
        assert healthy(Endpoint(server.url, "m")) is True
    assert capsys.readouterr().out == ""
    assert healthy(Endpoint(HERE, "m", timeout=2)) is False


def enforced(handler, body):
    word = body["response_format"]["json_schema"]["schema"]["properties"]["word"]["enum"][0]
    chat({"word": word})(handler, body)


def test_the_probe_tells_an_enforced_schema_from_free_text():
    with stub(enforced) as server:
        endpoint = Endpoint(server.url, "m")
        assert enforces_schema(endpoint) is True
        assert server.got[0]["response_format"]["json_schema"]["strict"] is True
        server.answer = chat("Hello! How can I help?")
        assert enforces_schema(endpoint) is False
        server.answer = chat({"word": "hello"})
        assert enforces_schema(endpoint) is False


SCHEMA = {"type": "object", "required": ["sentences"], "properties": {"sentences": {"type": "array", "maxItems": 0}}}


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ({"choices": []}, "model_answer_form"),
        ({"error": {"message": "no"}}, "model_answer_form"),
        ([], "model_answer_form"),
        (
            {"choices": [{"message": {"content": None, "tool_calls": [{}]}, "finish_reason": "stop"}]},
            "model_answer_form",
        ),
        ({"choices": [{"message": {"content": "", "refusal": "I cannot"}, "finish_reason": "stop"}]}, "model_refused"),
        ({"choices": [{"message": {"content": '{"sentences": []}'}, "finish_reason": "length"}]}, "finish_reason"),
        ({"choices": [{"message": {"content": '{"sentences": ['}, "finish_reason": "stop"}]}, "draft_not_json"),
        (
            {"choices": [{"message": {"content": '{"sentences": [], "sentences": []}'}, "finish_reason": "stop"}]},
            "draft_not_json",
        ),
        ({"choices": [{"message": {"content": '{"sentences": NaN}'}, "finish_reason": "stop"}]}, "draft_not_json"),
        ({"choices": [{"message": {"content": '{"sentences": [1]}'}, "finish_reason": "stop"}]}, "draft_breaks_schema"),
    ],
)
def test_an_answer_is_taken_only_whole_and_of_its_schema(answer, rule):
    with pytest.raises(CallError) as caught:
        draft_of(answer, SCHEMA)
    assert caught.value.problem.rule == rule
