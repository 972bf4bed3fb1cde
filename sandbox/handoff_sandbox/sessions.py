"""PHP's own session files, read and written as its `files` handler does.

A file `sess_<id>` holds `name|serialize(value)` for each value, one after the other.
"""

from __future__ import annotations

import os
import re
import string
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from secrets import choice
from tempfile import mkstemp

import phpserialize

VALID_ID = re.compile(r"[A-Za-z0-9,-]{1,256}")


class ForeignFileError(Exception):
    """The file belongs to another user: PHP refuses it, readable or not."""


@dataclass(slots=True)
class Session:
    """One shopper's session; names that nobody here asks for keep their bytes."""

    id: str
    raw: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str, key: str) -> object:
        """Give one value of a PHP array such as `checkout`; None where there is none."""
        return self._array(name).get(key.encode())

    def text(self, name: str, key: str) -> str | None:
        """Give a value as text: PHP keeps ids as strings, and accepts integers."""
        value = self.get(name, key)
        if isinstance(value, bytes):
            return value.decode(errors="replace")
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else None

    def number(self, name: str, key: str) -> int | None:
        text = self.text(name, key)
        return int(text) if text is not None and text.isascii() and text.isdigit() else None

    def put(self, name: str, **values: str | int | None) -> None:
        """Set values of a PHP array and leave its others alone."""
        array = self._array(name)
        array.update({key.encode(): value for key, value in values.items()})
        self.raw[name] = phpserialize.dumps(array)

    def _array(self, name: str) -> dict[bytes | int, object]:
        stored = self.raw.get(name)
        if stored is None:
            return {}
        value = phpserialize.loads(stored, object_hook=phpserialize.phpobject)
        return dict(value) if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class SessionFiles:
    folder: Path

    def start(self, wanted: str | None) -> Session:
        """Give the session with that id: a new one where it is unknown, a new id if malformed."""
        if wanted is None or not VALID_ID.fullmatch(wanted):
            return Session(new_id())
        try:
            with self._path(wanted).open("rb") as file:
                if os.fstat(file.fileno()).st_uid != os.geteuid():
                    raise ForeignFileError(wanted)
                return Session(wanted, decode(file.read()))
        except FileNotFoundError:
            return Session(wanted)

    def save(self, session: Session) -> None:
        """Write all of it or nothing; nobody but the shop's own user may read it."""
        descriptor, temporary = mkstemp(dir=self.folder, prefix="writing_")
        with os.fdopen(descriptor, "wb") as file:
            file.write(encode(session.raw))
        Path(temporary).replace(self._path(session.id))

    def _path(self, session_id: str) -> Path:
        return self.folder / f"sess_{session_id}"


def new_id() -> str:
    """Give an id as PHP makes them: 26 digits and letters up to v."""
    return "".join(choice(string.digits + "abcdefghijklmnopqrstuv") for _ in range(26))


def encode(raw: dict[str, bytes]) -> bytes:
    return b"".join(name.encode() + b"|" + value for name, value in raw.items())


def decode(data: bytes) -> dict[str, bytes]:
    """Cut a session into its values; what PHP cannot read is, as in PHP, an empty session."""
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
