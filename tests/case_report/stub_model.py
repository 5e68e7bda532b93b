"""A scripted language model behind a real HTTP server on loopback: it answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


@dataclass
class Stub:
    """A running server: the bodies that it got, and how it answers next."""

    url: str
    answer: Answer
    got: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def chat(content: object, finish_reason: str = "stop", **message: object) -> Answer:
    """Answers with one choice, whose text is `content`, as JSON where it is none."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish_reason}

    def answer(handler: BaseHTTPRequestHandler, _body: dict[str, Any]) -> None:
        send(handler, json.dumps({"choices": [choice]}, ensure_ascii=False).encode())

    return answer


def rephrased(change: Callable[[list[dict[str, Any]]], Any], finish_reason: str = "stop") -> Answer:
    """Answers with the sentences that were sent, after `change`."""

    def answer(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        sentences = json.loads(body["messages"][1]["content"])["sentences"]
        changed = change([{"name": name, "text": text} for name, text in sentences.items()])
        content = changed if isinstance(changed, str) else {one["name"]: one["text"] for one in changed}
        chat(content, finish_reason)(handler, body)

    return answer


@contextmanager
def stub(answer: Answer) -> Iterator[Stub]:
    """A server on a free port of 127.0.0.1, for the length of the block."""
    running: Stub

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            running.got.append(body)
            self._answer(body)

        def do_GET(self) -> None:
            self._answer({})

        def _answer(self, body: dict[str, Any]) -> None:
            running.paths.append(self.path)
            running.headers.append(dict(self.headers))
            try:
                running.answer(self, body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running = Stub(f"http://127.0.0.1:{server.server_address[1]}/v1", answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
