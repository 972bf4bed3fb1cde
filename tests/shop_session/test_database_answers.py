"""Servers in the place of MySQL that answer wrongly."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from socketserver import StreamRequestHandler

import pytest

from handoff.settings.session_store_url import SessionStoreAccess
from handoff.shop_session.session_contents import SessionContents
from handoff.shop_session.store import SessionStoreError, create_session
from tests.answering_server import serve
from tests.running_servers import HOST
from tests.shop_session.stores import open_store

CONTENTS = SessionContents(27, 1)
_CAPABILITIES = 0x81BFF7FE


def build_packet(number: int, body: bytes) -> bytes:
    """Build a packet of MySQL's protocol: its length in three bytes, its number, its body."""
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


def build_greeting() -> bytes:
    """Build what MySQL sends first: version, thread, salt, capabilities and plugin."""
    low, high = struct.pack("<H", _CAPABILITIES & 0xFFFF), struct.pack("<H", _CAPABILITIES >> 16)
    return build_packet(
        0,
        b"\x0a10.6.5-MariaDB\0\x01\0\0\0salt1234\0"
        + (low + b"\x2d\x02\0" + high + b"\x15" + bytes(10))
        + b"salt12345678\0mysql_native_password\0",
    )


LOGGED_IN = [build_greeting(), build_packet(2, b"\0\0\0\2\0\0\0")]
ANSWERS = {
    "a mail server": [b"220 mail ESMTP\r\n"],
    "an SSH server": [b"SSH-2.0-OpenSSH_9.2\r\n"],
    "a greeting without capabilities": [build_packet(0, b"\x0a5\0\0\0\0\0\0\0\0")],
    "a greeting whose text never ends": [build_packet(0, b"\x0a" + b"5" * 9)],
    "an empty answer to the login": [build_greeting(), build_packet(2, b"")],
    "an unknown answer to the login": [build_greeting(), build_packet(2, b"mail ESMTP")],
    "an error without its text": [*LOGGED_IN, build_packet(1, b"\xff\x10\x04")],
    "a packet with a wrong number": [*LOGGED_IN, build_packet(7, b"\0\0\0\2\0\0\0")],
}


def send_in_turn(answers: Sequence[bytes]) -> Callable[[StreamRequestHandler], None]:
    """Send the first answer at once, and each of the others after a message of the client."""

    def handle(handler: StreamRequestHandler) -> None:
        with suppress(OSError):
            for number, answer in enumerate(answers):
                if number:
                    handler.connection.recv(65536)
                handler.wfile.write(answer)
            handler.connection.recv(65536)

    return handle


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=list(ANSWERS))
def test_a_server_that_is_no_mysql_is_a_session_store_error(
    answers: list[bytes], tmp_path: Path
) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("ab" * 64)
    access = SessionStoreAccess(key_file=str(key_file))
    with serve(send_in_turn(answers)) as port:
        store = open_store(f"mysql://handoff:a-password@{HOST}:{port}/magento", access)
        with pytest.raises(SessionStoreError, match="InvalidResponse"):
            create_session(store, CONTENTS)
        with pytest.raises(SessionStoreError, match="InvalidResponse"):
            store.read("abc")
