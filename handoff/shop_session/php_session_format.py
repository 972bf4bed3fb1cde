"""PHP's session format (`session.serialize_handler=php`), as Magento reads it.

A session is a sequence of `name|serialize(value)`. Magento keeps the quote of each website under
`checkout`, a currency that the shopper chose under `default`, and the login under
`customer_<website code>`, or under `customer` if all websites share accounts. Every number is text.
"""

from __future__ import annotations

from handoff.shop_session.contents import SessionContents, SessionLogin


def encode_contents(contents: SessionContents) -> bytes:
    """Return the bytes that PHP reads as a session with these contents."""
    entries = []
    if contents.login is not None:
        entries.append(encode_login(contents.login))
    if contents.currency is not None:
        entries.append(encode_entry("default", {"currency_code": contents.currency}))
    quote = {f"quote_id_{contents.website_id}": str(contents.quote_number)}
    entries.append(encode_entry("checkout", quote))
    return b"".join(entries)


def encode_login(login: SessionLogin) -> bytes:
    """Return the session entry that signs the customer in."""
    name = "customer" if login.website_code is None else f"customer_{login.website_code}"
    values = {
        "customer_id": str(login.customer_id),
        "customer_group_id": str(login.group_id),
    }
    return encode_entry(name, values)


def encode_entry(name: str, values: dict[str, str]) -> bytes:
    """Return one session entry that holds an array of texts.

    Raises ValueError for a name with `|`, which ends a name in this format.
    """
    if not name or "|" in name:
        raise ValueError("a session entry needs a name without '|'")
    body = b"".join(_encode_text(key) + _encode_text(value) for key, value in values.items())
    return name.encode() + b"|a:%d:{%s}" % (len(values), body)


def _encode_text(value: str) -> bytes:
    encoded = value.encode()
    return b's:%d:"%s";' % (len(encoded), encoded)
