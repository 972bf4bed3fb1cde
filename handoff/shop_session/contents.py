"""What a shop session says: the quote, the website, the signed-in customer and the currency."""

from __future__ import annotations

from dataclasses import dataclass

from handoff.ledger import NewHandoff
from handoff.settings.store_views import StoreViews


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
    """The quote by its number, the website that sells it, and the login, which a guest has not.

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
