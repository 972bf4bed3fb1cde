"""What a web session of the shop says that is bound to a quote.

The format is PHP's own (`session.serialize_handler=php`): `name|serialize(value)`, one after the
other. Magento keeps the quote of each website under `checkout`, the login under the website's
code or, where accounts are shared, without one, a currency that the shopper chose under
`default`, and every number as text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionLogin:
    """A signed-in customer: Magento's number of the customer, and of the group.

    `website_code` is that of the account's website; None where all websites share accounts.
    """

    customer_id: int
    group_id: int
    website_code: str | None


@dataclass(frozen=True, slots=True)
class SessionContents:
    """A quote by its number, the website it is bought on, and who is signed in, if anyone.

    `currency` is named where it is not that of the store view.
    """

    quote_number: int
    website_id: int
    login: SessionLogin | None = None
    currency: str | None = None


def encode_contents(binding: SessionContents) -> bytes:
    """Return the bytes that PHP reads as a session holding the quote, and the login first."""
    parts = []
    if binding.login is not None:
        parts.append(encode_login(binding.login))
    if binding.currency is not None:
        parts.append(encode_entry("default", {"currency_code": binding.currency}))
    quote = {f"quote_id_{binding.website_id}": str(binding.quote_number)}
    parts.append(encode_entry("checkout", quote))
    return b"".join(parts)


def encode_login(login: SessionLogin) -> bytes:
    """Return the entry by which the shop knows who is signed in."""
    name = "customer" if login.website_code is None else f"customer_{login.website_code}"
    values = {
        "customer_id": str(login.customer_id),
        "customer_group_id": str(login.group_id),
    }
    return encode_entry(name, values)


def encode_entry(name: str, values: dict[str, str]) -> bytes:
    """Return one named array; `|` ends a name in this format, so a name cannot hold one."""
    if not name or "|" in name:
        raise ValueError("a session entry needs a name without '|'")
    body = b"".join(_text(key) + _text(value) for key, value in values.items())
    return name.encode() + b"|a:%d:{%s}" % (len(values), body)


def _text(value: str) -> bytes:
    encoded = value.encode()
    return b's:%d:"%s";' % (len(encoded), encoded)
