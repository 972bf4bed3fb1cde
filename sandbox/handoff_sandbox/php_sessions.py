"""Session files, read and written as PHP's `files` handler does.

With the serializer `php`, a file `sess_<id>` holds `name|serialize(value)` for each value, one
after the other. With `php_serialize` it holds one serialized array.
"""

from __future__ import annotations

import os
import re
import string
import time
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from secrets import choice
from tempfile import mkstemp
from urllib.parse import unquote

import phpserialize

VALID_ID = re.compile(r"[A-Za-z0-9,-]{1,256}")


class ForeignFileError(Exception):
    """The file belongs to another user. PHP refuses it even if it is readable."""


@dataclass(slots=True)
class PhpSession:
    """A shopper's session. Values that the sandbox does not read keep their bytes."""

    id: str
    raw: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str, key: str) -> object:
        """Return one value of a PHP array such as `checkout`, or None."""
        return self._read_array(name).get(key.encode())

    def get_text(self, name: str, key: str) -> str | None:
        """Return a value as text, or None. PHP keeps ids as strings, and accepts integers."""
        value = self.get(name, key)
        if isinstance(value, bytes):
            return value.decode(errors="replace")
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else None

    def get_number(self, name: str, key: str) -> int | None:
        """Return a value as a number, or None if it is not one."""
        text = self.get_text(name, key)
        return int(text) if text is not None and text.isascii() and text.isdigit() else None

    def get_texts(self, name: str, key: str) -> dict[str, str]:
        """Return the texts and integers of an array within a PHP array, as texts."""
        array = self.get(name, key)
        found = array.items() if isinstance(array, dict) else ()
        return {
            name.decode(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in found
            if isinstance(name, bytes) and isinstance(value, bytes | int)
        }

    def set_values(self, name: str, **values: str | int | dict[str, str] | None) -> None:
        """Set values of a PHP array, and keep its other values."""
        array = self._read_array(name)
        array.update({key.encode(): value for key, value in values.items()})
        self.raw[name] = phpserialize.dumps(array)

    def _read_array(self, name: str) -> dict[bytes | int, object]:
        stored = self.raw.get(name)
        if stored is None:
            return {}
        value = phpserialize.loads(stored, object_hook=phpserialize.phpobject)
        return dict(value) if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class PhpSessionFiles:
    """The folder in which PHP keeps sessions."""

    folder: Path
    serializer: str = "php"

    def start(self, cookie: str | None, *, lifetime: int = 0) -> PhpSession:
        """Return the session that a cookie names, an empty one if it is unknown.

        A missing or malformed id is replaced by a new one. A session ends `lifetime` seconds after
        it was written last; 0: never. Raises ForeignFileError.
        """
        session_id = unquote(cookie or "")  # PHP decodes each cookie
        if not VALID_ID.fullmatch(session_id):
            return PhpSession(generate_session_id())
        try:
            with self._get_path(session_id).open("rb") as file:
                stat = os.fstat(file.fileno())
                if stat.st_uid != os.geteuid():
                    raise ForeignFileError(session_id)
                if lifetime and time.time() - stat.st_mtime >= lifetime:
                    return PhpSession(session_id)
                return PhpSession(session_id, decode_session(file.read(), self.serializer))
        except FileNotFoundError:
            return PhpSession(session_id)

    def delete(self, session: PhpSession) -> None:
        """Delete the session's file, if there is one."""
        self._get_path(session.id).unlink(missing_ok=True)

    def save(self, session: PhpSession) -> None:
        """Write the file in one step, readable only for the user that the shop runs as."""
        descriptor, temporary = mkstemp(dir=self.folder, prefix="writing_")
        with os.fdopen(descriptor, "wb") as file:
            file.write(encode_session(session.raw, self.serializer))
        Path(temporary).replace(self._get_path(session.id))

    def _get_path(self, session_id: str) -> Path:
        return self.folder / f"sess_{session_id}"


def generate_session_id() -> str:
    """Return a random id as PHP makes them: 26 digits and letters up to v."""
    return "".join(choice(string.digits + "abcdefghijklmnopqrstuv") for _ in range(26))


def encode_session(raw: dict[str, bytes], serializer: str = "php") -> bytes:
    """Return the content of a session file."""
    if serializer == "php_serialize":
        items = (phpserialize.dumps(name) + value for name, value in raw.items())
        return b"a:%d:{%s}" % (len(raw), b"".join(items))
    return b"".join(name.encode() + b"|" + value for name, value in raw.items())


def decode_session(data: bytes, serializer: str = "php") -> dict[str, bytes]:
    """Return the values of a session file. An unreadable file is an empty session, as in PHP."""
    if serializer == "php_serialize":
        return _decode_array(data)
    stream = BytesIO(data)
    found: dict[str, bytes] = {}
    try:
        while stream.tell() < len(data):
            bar = data.index(b"|", stream.tell())
            name = data[stream.tell() : bar].decode()
            stream.seek(bar + 1)
            phpserialize.load(stream, object_hook=phpserialize.phpobject)
            found[name] = data[bar + 1 : stream.tell()]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return {}
    return found


def _decode_array(data: bytes) -> dict[str, bytes]:
    try:
        values = phpserialize.loads(data, object_hook=phpserialize.phpobject)
        return {name.decode(): phpserialize.dumps(value) for name, value in values.items()}
    except (ValueError, TypeError, OverflowError, RecursionError, AttributeError):
        return {}
