"""The contents of a shop session, and their bytes in PHP's session format.

The format is `session.serialize_handler=php`: a sequence of `name|serialize(value)`. Magento keeps
the quote of each website under `checkout`, a currency that the shopper chose under `default`, and
the login under `customer_<website code>`, or under `customer` if all websites share accounts. All
numbers are stored as text.
"""

from __future__ import annotations

from dataclasses import dataclass

from handoff.ledger import NewHandoff
from handoff.settings.store_view_models import StoreViews


@dataclass(frozen=True, slots=True)
class SessionLogin:
    """The signed-in customer: Magento's numbers of the customer and of the customer group.

    `website_code` names the website of the account, or is None if all websites share accounts.
    """

    customer_id: int
    group_id: int
    website_code: str | None


@dataclass(frozen=True, slots=True)
class SessionContents:
    """The number of the quote, the website that sells it, and the login, None for a guest.

    `currency` is set only if it differs from the currency of the store view.
    """

    quote_number: int
    website_id: int
    login: SessionLogin | None = None
    currency: str | None = None


def build_session_contents(handoff: NewHandoff, store_views: StoreViews) -> SessionContents:
    """Return the contents of the shop session for a handoff.

    Raises LookupError if the handoff's store view is no longer one of the service's store views.
    """
    store = store_views.find_by_code(handoff.store_code)
    if store is None:
        raise LookupError("the handoff's store view is no longer one of the service's store views")
    login = None
    if handoff.customer_id is not None:
        website = None if store_views.shared_accounts else store.website_code
        login = SessionLogin(handoff.customer_id, handoff.customer_group_id or 0, website)
    # Without a currency in the session, Magento uses the store view's own, also after the shopper
    # switches to another store view.
    currency = handoff.bag["currency"] if handoff.bag["currency"] != store.currency else None
    return SessionContents(handoff.quote_number, store.website_id, login=login, currency=currency)


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
