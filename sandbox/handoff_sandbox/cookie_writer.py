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
    """Builds values of the Set-Cookie header; an expired cookie is deleted by the browser."""

    domain: str
    secure: bool
    clock: Clock

    def build_session_cookie(self, session_id: str) -> str:
        value = quote(session_id, safe="")
        return self._build_cookie("PHPSESSID", value, HOUR, self._domain_part, http_only=True)

    def build_expired_session_cookie(self) -> str:
        return self._build_expired_cookie(
            "PHPSESSID", f"{self._domain_part}{self._secure_part}; HttpOnly"
        )

    def build_form_key_cookie(self, value: str) -> str:
        return self._build_cookie("form_key", value, HOUR, self._domain_part)

    def build_private_content_version_cookie(self, value: str) -> str:
        return self._build_cookie("private_content_version", value, 10 * YEAR)

    def build_store_cookie(self, code: str) -> str:
        return self._build_cookie("store", code, YEAR, "")

    def build_expired_store_cookie(self) -> str:
        return self._build_expired_cookie("store", "")

    def build_content_version_cookie_after_switch(self, value: str) -> str:
        return self._build_cookie("private_content_version", value, YEAR, "")

    def build_section_data_clean_cookie(self, code: str) -> str:
        return self._build_cookie("section_data_clean", code, 15, "")

    def build_vary_cookie(self, value: str) -> str:
        return self._build_cookie("X-Magento-Vary", value, HOUR, http_only=True)

    def build_messages_cookie(self, text: str) -> str:
        text = quote(text, safe="-_.~")
        return self._build_cookie("mage-messages", text, YEAR, same_site="Strict")

    def build_expired_form_key_cookie(self) -> str:
        return self._build_expired_cookie("form_key", self._domain_part)

    def build_expired_persistent_cart_cookie(self) -> str:
        return self._build_expired_cookie(
            "persistent_shopping_cart", f"{self._secure_part}; HttpOnly"
        )

    def build_expired_vary_cookie(self) -> str:
        return self._build_expired_cookie("X-Magento-Vary", f"{self._secure_part}; HttpOnly")

    def build_expired_cache_session_cookie(self) -> str:
        return self._build_expired_cookie("mage-cache-sessid", "")

    @property
    def _domain_part(self) -> str:
        return f"; domain={self.domain}"

    @property
    def _secure_part(self) -> str:
        return "; secure" if self.secure else ""

    def _build_cookie(
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

    def _build_expired_cookie(self, name: str, extras: str) -> str:
        return (
            f"{name}=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/{extras}; "
            "SameSite=Lax"
        )
