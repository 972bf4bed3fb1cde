"""Check: may another browser, at another address, use a session that the service has made?"""

from __future__ import annotations

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown
from handoff.doctor.storefront_session_trial import find_session_ties, has_second_address
from handoff.problems import Problem

_ADDRESS_NOTE = (
    " Whether they are tied to an address cannot be seen from here: "
    "`bin/magento config:show web/session/use_remote_addr` has to say 0."
)


def check_session_ties(context: CheckContext) -> CheckResult | None:
    """Open sessions with other headers, and from another address if this machine has one."""
    if not context.settings.session_store_url.is_storefront:
        return None
    store = context.default_store
    cart = context.try_checkout(store).cart
    if cart.sku is None:
        return unknown("There is no product for a trial.", "See the check Bag into checkout.")
    try:
        ties = list(find_session_ties(context.shop, store, cart))
    except Problem as problem:
        return unknown(f"No session could be made. {problem.detail}", "See Bag into checkout.")
    if not ties:
        note = "" if has_second_address(context.shop) else _ADDRESS_NOTE
        return ok(f"Another browser may use a session that the shop's pages have made.{note}")
    return fault(
        f"The shop ends a session that another browser or address uses: {', '.join(ties)}. "
        "Shoppers get an empty cart.",
        "Set these to 0 in Stores, Configuration, Web, Session Validation Settings.",
    )
