"""Servers in the place of Redis or a Sentinel that answer wrongly or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from socketserver import StreamRequestHandler
from typing import Any

import pytest

from handoff.deadline import clear_request_deadline, set_request_deadline
from handoff.shop_session.session_contents import SessionContents
from handoff.shop_session.store import SessionStoreError, create_session
from tests.answering_server import serve
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


# By the command in whose place each comes.
ANSWERS_OF_NO_REDIS = {
    "SELECT": [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"$x\r\n",
        b":x\r\n",
    ],
    "HSET": [b"220 mail ESMTP\r\n", b"*abc\r\n", b"*1\r\n" * 3000, b"$99999999999999999999\r\n"],
    "EXPIRE": [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$\r\n", b":\r\n"],
    "SENTINEL": [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"+OK\r\n", b"$-1\r\n", b"*1\r\n+a\r\n"],
}


@pytest.mark.parametrize(
    ("command", "answer"),
    [(command, answer) for command, answers in ANSWERS_OF_NO_REDIS.items() for answer in answers],
    ids=lambda value: value if isinstance(value, str) else repr(value[:12]),
)
def test_a_server_that_is_no_redis_is_a_session_store_error(command: str, answer: bytes) -> None:
    scheme, path = ("redis+sentinel", "m") if command == "SENTINEL" else ("redis", "2")
    with (
        serve(AnsweringServer(answer_with(command, answer)).handle) as port,
        pytest.raises(SessionStoreError, match="InvalidResponse"),
    ):
        create_session(open_store(f"{scheme}://{HOST}:{port}/{path}"), CONTENTS)


def test_a_read_from_a_server_that_is_no_redis_is_a_session_store_error() -> None:
    with (
        serve(AnsweringServer(lambda name: GOOD_ANSWERS.get(name, b"*x\r\n")).handle) as port,
        pytest.raises(SessionStoreError, match="InvalidResponse"),
    ):
        open_store(f"redis://{HOST}:{port}/2").read("abc")


def test_a_session_that_redis_no_longer_has_is_an_error() -> None:
    """A Redis without memory may evict a session before it gets its lifetime."""
    with (
        serve(AnsweringServer(answer_with("EXPIRE", b":0\r\n")).handle) as port,
        pytest.raises(SessionStoreError, match="SessionLostError"),
    ):
        create_session(open_store(f"redis://{HOST}:{port}/2"), CONTENTS)


def test_a_unix_socket_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    with serve(AnsweringServer(lambda _command: b"").handle, path):
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
    with serve(server.handle) as port:
        store = open_store(f"redis://{HOST}:{port}/2")
        with pytest.raises(SessionStoreError):
            create_session(store, CONTENTS)
        assert server.connections == 2  # one for each attempt
        assert create_session(store, CONTENTS)
        assert create_session(store, CONTENTS)
        assert server.connections == 3
