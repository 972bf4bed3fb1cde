from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from werkzeug.http import http_date

from handoff_sandbox.clock import Clock

HOUR = 3600
YEAR = 31_536_000


@dataclass(frozen=True, slots=True)
class Cookies:
    """Writes Set-Cookie lines letter by letter as PHP and Magento do."""

    domain: str
    secure: bool
    clock: Clock

    def session(self, session_id: str) -> str:
        return self._kept("PHPSESSID", session_id, HOUR, self._with_domain, http_only=True)

    def form_key(self, value: str) -> str:
        return self._kept("form_key", value, HOUR, self._with_domain)

    def private_content_version(self, value: str) -> str:
        return self._kept("private_content_version", value, 10 * YEAR)

    def store(self, code: str) -> str:
        return self._kept("store", code, YEAR, "")

    def no_store(self) -> str:
        return self._deleted("store", "")

    def updated_content(self, value: str) -> str:
        return self._kept("private_content_version", value, YEAR, "")

    def section_data_clean(self, code: str) -> str:
        return self._kept("section_data_clean", code, 15, "")

    def vary(self, value: str) -> str:
        return self._kept("X-Magento-Vary", value, HOUR, http_only=True)

    def messages(self, text: str) -> str:
        text = quote(text, safe="-_.~")
        return self._kept("mage-messages", text, YEAR, same_site="Strict")

    def no_form_key(self) -> str:
        return self._deleted("form_key", self._with_domain)

    def no_persistent_cart(self) -> str:
        return self._deleted("persistent_shopping_cart", f"{self._secure}; HttpOnly")

    def no_vary(self) -> str:
        return self._deleted("X-Magento-Vary", f"{self._secure}; HttpOnly")

    def no_browser_cache(self) -> str:
        return self._deleted("mage-cache-sessid", "")

    @property
    def _with_domain(self) -> str:
        return f"; domain={self.domain}"

    @property
    def _secure(self) -> str:
        return "; secure" if self.secure else ""

    def _kept(
        self,
        name: str,
        value: str,
        seconds: int,
        domain: str = "",
        *,
        http_only: bool = False,
        same_site: str = "Lax",
    ) -> str:
        until = http_date(self.clock() + seconds)
        extras = f"{domain}{self._secure}{'; HttpOnly' if http_only else ''}"
        return (
            f"{name}={value}; expires={until}; Max-Age={seconds}; path=/{extras}; "
            f"SameSite={same_site}"
        )

    def _deleted(self, name: str, extras: str) -> str:
        return (
            f"{name}=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/{extras}; "
            "SameSite=Lax"
        )
