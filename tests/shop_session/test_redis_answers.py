"""Servers in the place of Redis or a Sentinel that answer wrongly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer, ThreadingUnixStreamServer
from threading import Thread
from typing import Any

import pytest

from handoff.deadline import clear_request_deadline, set_request_deadline
from handoff.shop_session.session_contents import SessionContents
from handoff.shop_session.store import SessionStoreError, create_session
from tests.running_servers import HOST
from tests.shop_session.stores import open_store

CONTENTS = SessionContents(27, 1)
GOOD_ANSWERS = {"SELECT": b"+OK\r\n", "HSET": b":2\r\n", "EXPIRE": b":1\r\n"}


class AnsweringServer:
    """Answers each command with the bytes that `answer` returns for it."""

    def __init__(self, answer: Callable[[str], bytes]) -> None:
        self.answer = answer
        self.connections = 0

    def handle(self, handler: StreamRequestHandler) -> None:
        self.connections += 1
        with suppress(OSError):
            while header := handler.rfile.readline():
                command = [_read_bulk(handler.rfile) for _ in range(int(header[1:]))]
                handler.wfile.write(self.answer(command[0].decode()))


def _read_bulk(stream: Any) -> bytes:
    length = int(stream.readline()[1:])
    value: bytes = stream.read(length + 2)
    return value[:-2]


def answer_with(command: str, answer: bytes) -> Callable[[str], bytes]:
    """Answer one command in this way, and the others as Redis does."""
    return lambda name: answer if name == command else GOOD_ANSWERS[name]


@contextmanager
def serve(server: AnsweringServer, path: Path | None = None) -> Iterator[int]:
    """Serve on a free port, or on a Unix socket, and return the port."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            server.handle(self)

    listener: Any
    if path:
        listener = ThreadingUnixStreamServer(str(path), Handler)
    else:
        listener = ThreadingTCPServer((HOST, 0), Handler)
    listener.daemon_threads = True
    listener.block_on_close = False
    with listener:
        Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        yield 0 if path else listener.server_address[1]
        listener.shutdown()


@pytest.mark.parametrize(
    ("scheme", "path", "command"),
    [
        ("redis", "2", "SELECT"),
        ("redis", "2", "HSET"),
        ("redis", "2", "EXPIRE"),
        ("redis+sentinel", "m", "SENTINEL"),
    ],
)
def test_a_server_that_is_no_redis_is_a_session_store_error(
    scheme: str, path: str, command: str
) -> None:
    web_server_answer = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    with (
        serve(AnsweringServer(answer_with(command, web_server_answer))) as port,
        pytest.raises(SessionStoreError, match="InvalidResponse"),
    ):
        create_session(open_store(f"{scheme}://{HOST}:{port}/{path}"), CONTENTS)


def test_a_session_that_redis_no_longer_has_is_an_error() -> None:
    """A Redis without memory may evict a session before it gets its lifetime."""
    with (
        serve(AnsweringServer(answer_with("EXPIRE", b":0\r\n"))) as port,
        pytest.raises(SessionStoreError, match="SessionLostError"),
    ):
        create_session(open_store(f"redis://{HOST}:{port}/2"), CONTENTS)


def test_a_unix_socket_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    with serve(AnsweringServer(lambda _command: b""), path):
        set_request_deadline(0)
        try:
            with pytest.raises(SessionStoreError, match="TimeoutError"):
                open_store(f"unix://{path}").read("abc")
        finally:
            clear_request_deadline()


def test_an_answer_after_an_error_is_not_taken_for_that_of_the_next_session() -> None:
    """The first answer is an error that makes redis-py give up before it reads the second one."""
    hset_answers = iter([b"-LOADING Redis is loading\r\n"] * 2)
    server = AnsweringServer(
        lambda name: next(hset_answers, b":2\r\n") if name == "HSET" else GOOD_ANSWERS[name]
    )
    with serve(server) as port:
        store = open_store(f"redis://{HOST}:{port}/2")
        with pytest.raises(SessionStoreError):
            create_session(store, CONTENTS)
        assert server.connections == 2  # one for each attempt
        assert create_session(store, CONTENTS)
        assert create_session(store, CONTENTS)
        assert server.connections == 3
