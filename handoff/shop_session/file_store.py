"""Sessions in files, as PHP's own handler keeps them (`session.save_handler=files`)."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path

from handoff.shop_session.session_ids import new_session_id
from handoff.shop_session.store import SessionStoreError


class FileSessionStore:
    """Writes `sess_<id>` files into PHP's save path.

    PHP refuses a file that its own user does not own. So this service runs as PHP's user, or,
    with the right to, hands each file over to `owner`.
    """

    def __init__(self, path: str, *, owner: str | None = None) -> None:
        self._path = Path(path)
        self._owner = owner

    def write(self, session_id: str, data: bytes, *, lifetime: int | None = None) -> None:
        """Create the session's file; how long it lives is the shop's own clean-up to say."""
        file = self._path / f"sess_{session_id}"
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise SessionStoreError(type(error).__name__) from None
        try:
            with os.fdopen(descriptor, "wb") as stream:
                if self._owner is not None:
                    user = pwd.getpwnam(self._owner)
                    os.fchown(stream.fileno(), user.pw_uid, user.pw_gid)
                stream.write(data)
        except (OSError, KeyError) as error:
            file.unlink(missing_ok=True)
            raise SessionStoreError(type(error).__name__) from None

    def try_out(self) -> None:
        """Create a session's file that holds nothing of anybody's, and remove it."""
        session_id = new_session_id()
        self.write(session_id, b"_|N;")  # some bytes, for which a full disk has no room
        # Handed over to PHP's user it may not be ours to remove; PHP's own clean-up does.
        with suppress(OSError):
            (self._path / f"sess_{session_id}").unlink()
