from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from werkzeug.http import http_date

from handoff.sandbox.clock import Clock

HOUR = 3600
YEAR = 31_536_000


@dataclass(frozen=True, slots=True)
class Cookies:
    """Writes Set-Cookie lines letter by letter as PHP and Magento do."""

    host: str
    clock: Clock

    def session(self, session_id: str) -> str:
        return self._kept("PHPSESSID", session_id, HOUR, f"; domain={self.host}; HttpOnly")

    def form_key(self, value: str) -> str:
        return self._kept("form_key", value, HOUR, f"; domain={self.host}")

    def private_content_version(self, value: str) -> str:
        return self._kept("private_content_version", value, 10 * YEAR, "")

    def vary(self, value: str) -> str:
        return self._kept("X-Magento-Vary", value, HOUR, "; HttpOnly")

    def messages(self, text: str) -> str:
        return self._kept("mage-messages", quote(text, safe="-_.~"), YEAR, "", "Strict")

    def no_form_key(self) -> str:
        return self._deleted("form_key", f"; domain={self.host}")

    def no_persistent_cart(self) -> str:
        return self._deleted("persistent_shopping_cart", "; HttpOnly")

    def no_vary(self) -> str:
        return self._deleted("X-Magento-Vary", "; HttpOnly")

    def no_browser_cache(self) -> str:
        return self._deleted("mage-cache-sessid", "")

    def _kept(
        self, name: str, value: str, seconds: int, extras: str, same_site: str = "Lax"
    ) -> str:
        until = http_date(self.clock() + seconds)
        return (
            f"{name}={value}; expires={until}; Max-Age={seconds}; path=/{extras}; "
            f"SameSite={same_site}"
        )

    def _deleted(self, name: str, extras: str) -> str:
        return (
            f"{name}=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/{extras}; "
            "SameSite=Lax"
        )
