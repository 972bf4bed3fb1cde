"""The contents of a shop session, as the entries and the bytes that Magento's PHP reads.

Magento keeps the quote of each website under `checkout`, and the login under
`customer_<website code>`, or under `customer` if all websites share accounts. The array `default`
holds a currency that the shopper chose, and `visitor_data`. All numbers are stored as text.

A login also holds the customer's tax class and default addresses, if the shop shows prices with
tax. Without them the shop would calculate these prices as for a guest.

A password change ends the customer's sessions: Magento compares its time with the time at which it
stored the visitor of `visitor_data`, a row in its own table. A login without `visitor_data` would
outlive the password change.

PHP keeps a session in one of two formats. `php`, its default, is a sequence of
`name|serialize(value)`. `php_serialize` is one serialized array. PHP cannot read a session in
another format than its own: it starts an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from handoff.ledger.models import NewHandoff
from handoff.settings.store_view_models import StoreViews

SessionSerializer = Literal["php", "php_serialize"]
SessionValues = Mapping[str, "str | Mapping[str, str]"]
"""An entry of a session: an array of texts, or of arrays of texts."""

_VISITOR_DATA = re.compile(rb's:12:"visitor_data";a:\d+:\{([^{}]*)\}')
_VISITOR_ID = re.compile(rb's:10:"visitor_id";(?:i:|s:\d+:")(\d{1,18})\b')


@dataclass(frozen=True, slots=True)
class SessionLogin:
    """The signed-in customer: Magento's numbers of the customer and of the customer group.

    `website_code` names the website of the account, or is None if all websites share accounts.
    `tax` is as in a `QuoteCustomer`.
    `visitor_id` is the visitor that the shop stored for this customer's checkout preflight. If it
    is None, Magento stores a visitor at the session's first page.
    """

    customer_id: int
    group_id: int
    website_code: str | None
    visitor_id: int | None = None
    tax: Mapping[str, Any] = field(default_factory=dict)


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
        login = SessionLogin(
            handoff.customer_id,
            handoff.customer_group_id or 0,
            website,
            handoff.visitor_id,
            handoff.customer_tax or {},
        )
    # Without a currency in the session, Magento uses the store view's own, also after the shopper
    # switches to another store view.
    currency = handoff.bag["currency"] if handoff.bag["currency"] != store.currency else None
    return SessionContents(handoff.quote_number, store.website_id, login=login, currency=currency)


def build_entries(contents: SessionContents) -> dict[str, SessionValues]:
    """Return the entries of a session by their names."""
    entries: dict[str, SessionValues] = {}
    shared: dict[str, str | Mapping[str, str]] = {}
    if contents.currency is not None:
        shared["currency_code"] = contents.currency
    if contents.login is not None:
        entries |= build_login_entry(contents.login)
        shared["visitor_data"] = _build_visitor_data(contents.login)
    if shared:
        entries["default"] = shared
    entries["checkout"] = {f"quote_id_{contents.website_id}": str(contents.quote_number)}
    return entries


def build_login_entry(login: SessionLogin) -> dict[str, SessionValues]:
    """Return the session entry that signs the customer in, by its name."""
    name = "customer" if login.website_code is None else f"customer_{login.website_code}"
    values: dict[str, str | Mapping[str, str]] = {
        "customer_id": str(login.customer_id),
        "customer_group_id": str(login.group_id),
    }
    if "class_id" in login.tax:
        values["customer_tax_class_id"] = str(login.tax["class_id"])
    for kind in ("billing", "shipping"):
        if kind in login.tax:
            address = login.tax[kind].items()
            values[f"default_tax_{kind}_address"] = {
                key: str(value) for key, value in address if value is not None
            }
    return {name: values}


def serialize_session(entries: Mapping[str, SessionValues], serializer: SessionSerializer) -> bytes:
    """Return the bytes that PHP reads as a session with these entries.

    Raises ValueError for a name with `|`, which ends a name in the format `php`.
    """
    if any(not name or "|" in name for name in entries):
        raise ValueError("a session entry needs a name without '|'")
    if serializer == "php_serialize":
        return _serialize_array(entries)
    parts = (name.encode() + b"|" + _serialize_array(values) for name, values in entries.items())
    return b"".join(parts)


def find_visitor_id(data: bytes) -> int | None:
    """Return the number of the visitor in the data of a session that Magento has written."""
    visitor = _VISITOR_DATA.search(data)
    number = _VISITOR_ID.search(visitor[1]) if visitor else None
    return int(number[1]) if number else None


def _build_visitor_data(login: SessionLogin) -> dict[str, str]:
    # Magento stores the visitor at the next page, because this is not the id of the session.
    values = {"customer_id": str(login.customer_id), "session_id": "-"}
    if login.visitor_id is not None:
        values["visitor_id"] = str(login.visitor_id)
    return values


def _serialize_array(values: Mapping[str, str | SessionValues]) -> bytes:
    items = (
        _serialize_text(key)
        + (_serialize_text(value) if isinstance(value, str) else _serialize_array(value))
        for key, value in values.items()
    )
    return b"a:%d:{%s}" % (len(values), b"".join(items))


def _serialize_text(value: str) -> bytes:
    encoded = value.encode()
    return b's:%d:"%s";' % (len(encoded), encoded)
