"""Parser for the `Set-Cookie` headers of a response."""

from __future__ import annotations

from dataclasses import dataclass, field

from handoff.magento.http_transport import HttpResponse

OTHER_COOKIES = frozenset(
    {"form_key", "mage-messages", "private_content_version", "X-Magento-Vary"}
)
"""The cookies, besides the session's, that Magento's checkout may set."""


@dataclass(frozen=True, slots=True)
class SetCookie:
    """A cookie as a response sets it; the names of its attributes are in lower case."""

    name: str
    value: str = field(repr=False)
    attributes: dict[str, str]

    def get(self, attribute: str) -> str:
        """Return the value of an attribute, empty if it is not set."""
        return self.attributes.get(attribute, "")


def parse_set_cookies(response: HttpResponse) -> list[SetCookie]:
    """Return the cookies that a response sets, in its order."""
    cookies = []
    for header in response.set_cookies:
        pairs = [part.partition("=") for part in header.split(";")]
        (name, value), *attributes = [(key.strip(), text.strip()) for key, _, text in pairs]
        cookies.append(SetCookie(name, value, {key.lower(): text for key, text in attributes}))
    return cookies


def find_set_cookie(response: HttpResponse, name: str) -> SetCookie | None:
    """Return the last cookie of this name in a response: a browser keeps the last one."""
    cookies = reversed(parse_set_cookies(response))
    return next((cookie for cookie in cookies if cookie.name == name), None)


def find_cookie_value(response: HttpResponse, name: str) -> str:
    """Return the value of the last cookie of this name in a response, empty if there is none."""
    cookie = find_set_cookie(response, name)
    return cookie.value if cookie else ""
