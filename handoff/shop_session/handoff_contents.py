"""From a handoff to the web session that the shop is given for it."""

from __future__ import annotations

from handoff.ledger import NewHandoff
from handoff.settings.store_views import StoreViews
from handoff.shop_session import SessionContents, SessionLogin


def session_contents_for(draft: NewHandoff, stores: StoreViews) -> SessionContents:
    """Return what the web session of a handoff says; raises LookupError for an unknown store."""
    store = stores.by_code(draft.store_code)
    if store is None:
        raise LookupError("the handoff's store view is no longer in HANDOFF_STORES")
    login = None
    if draft.customer_id is not None:
        website = None if stores.shared_accounts else store.website_code
        login = SessionLogin(draft.customer_id, draft.customer_group_id or 0, website)
    # Unsaid, the store view's own currency counts, also when the shopper goes to another.
    currency = draft.bag["currency"] if draft.bag["currency"] != store.currency else None
    return SessionContents(draft.quote_number, store.website_id, login=login, currency=currency)
