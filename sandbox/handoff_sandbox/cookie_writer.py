"""Cookies, written letter by letter as PHP and Magento write them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from werkzeug.http import http_date

from handoff_sandbox.formats import Clock

HOUR = 3600
YEAR = 31_536_000


@dataclass(frozen=True, slots=True)
class CookieWriter:
    """Returns values of the Set-Cookie header: `set_…` sets a cookie, `clear_…` deletes one."""

    domain: str
    secure: bool
    clock: Clock

    def set_session(self, session_id: str) -> str:
        value = quote(session_id, safe="")
        return self._set("PHPSESSID", value, HOUR, self._domain_part, http_only=True)

    def clear_session(self) -> str:
        return self._clear("PHPSESSID", f"{self._domain_part}{self._secure_part}; HttpOnly")

    def set_form_key(self, value: str) -> str:
        return self._set("form_key", value, HOUR, self._domain_part)

    def set_private_content_version(self, value: str) -> str:
        return self._set("private_content_version", value, 10 * YEAR)

    def set_store(self, code: str) -> str:
        return self._set("store", code, YEAR, "")

    def clear_store(self) -> str:
        return self._clear("store", "")

    def set_switched_content_version(self, value: str) -> str:
        return self._set("private_content_version", value, YEAR, "")

    def set_section_data_clean(self, code: str) -> str:
        return self._set("section_data_clean", code, 15, "")

    def set_vary(self, value: str) -> str:
        return self._set("X-Magento-Vary", value, HOUR, http_only=True)

    def set_messages(self, text: str) -> str:
        text = quote(text, safe="-_.~")
        return self._set("mage-messages", text, YEAR, same_site="Strict")

    def clear_form_key(self) -> str:
        return self._clear("form_key", self._domain_part)

    def clear_persistent_cart(self) -> str:
        return self._clear("persistent_shopping_cart", f"{self._secure_part}; HttpOnly")

    def clear_vary(self) -> str:
        return self._clear("X-Magento-Vary", f"{self._secure_part}; HttpOnly")

    def clear_browser_cache(self) -> str:
        return self._clear("mage-cache-sessid", "")

    @property
    def _domain_part(self) -> str:
        return f"; domain={self.domain}"

    @property
    def _secure_part(self) -> str:
        return "; secure" if self.secure else ""

    def _set(
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
        extras = f"{domain}{self._secure_part}{'; HttpOnly' if http_only else ''}"
        return (
            f"{name}={value}; expires={until}; Max-Age={seconds}; path=/{extras}; "
            f"SameSite={same_site}"
        )

    def _clear(self, name: str, extras: str) -> str:
        return (
            f"{name}=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/{extras}; "
            "SameSite=Lax"
        )
