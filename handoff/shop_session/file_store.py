"""Shop sessions in files, as PHP's own handler keeps them (`session.save_handler=files`)."""

from __future__ import annotations

import os
import pwd
import re
from contextlib import suppress
from pathlib import Path

from handoff.shop_session.session_contents import SessionSerializer
from handoff.shop_session.store import SessionStoreError, generate_session_id

# The shop may have chosen the id, and it must not lead to another folder.
_SESSION_ID = re.compile("[A-Za-z0-9,-]{1,256}")


class FileSessionStore:
    """Writes `sess_<id>` files into PHP's save path.

    PHP refuses a file that another user owns. So the service must run as PHP's user, or have
    the right to change the owner of each file to `owner`.
    """

    def __init__(
        self, path: str, *, owner: str | None = None, serializer: SessionSerializer = "php"
    ) -> None:
        self.serializer: SessionSerializer = serializer
        self._folder = Path(path)
        self._owner = owner

    def write(self, session_id: str, data: bytes, *, lifetime: int | None = None) -> None:
        """Create the session's file. `lifetime` has no effect: PHP's own cleanup removes files."""
        file = self._folder / f"sess_{session_id}"
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

    def remove(self, session_id: str) -> None:
        """Remove a session's file, for which PHP's own cleanup would take long.

        The service may have no right to remove a file of PHP's user. Then that cleanup does it.
        """
        if _SESSION_ID.fullmatch(session_id):
            with suppress(OSError):
                (self._folder / f"sess_{session_id}").unlink()

    def read(self, session_id: str) -> bytes | None:
        """Return the content of the session's file, or None if there is no such file."""
        if not _SESSION_ID.fullmatch(session_id):
            return None
        try:
            return (self._folder / f"sess_{session_id}").read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SessionStoreError(type(error).__name__) from None

    def check_writable(self) -> None:
        """Create a session file that belongs to no shopper, and remove it."""
        session_id = generate_session_id()
        self.write(session_id, b"_|N;")  # not empty, so that a full disk is noticed
        self.remove(session_id)
