"""From a handoff to the web session that the shop is given for it."""

from __future__ import annotations

from handoff.ledger import Draft
from handoff.magento.stores import Stores
from handoff.session import Binding, Login


def binding_of(draft: Draft, stores: Stores) -> Binding:
    """Return what the web session of a handoff says; raises LookupError for an unknown store."""
    store = stores.by_code(draft.store)
    if store is None:
        raise LookupError("the handoff's store view is no longer in HANDOFF_STORES")
    login = None
    if draft.customer_id is not None:
        website = None if stores.shared_accounts else store.website_code
        login = Login(draft.customer_id, draft.customer_group_id or 0, website)
    # Unsaid, the store view's own currency counts, also when the shopper goes to another.
    currency = draft.bag["currency"] if draft.bag["currency"] != store.currency else None
    return Binding(draft.quote_number, store.website_id, login=login, currency=currency)
