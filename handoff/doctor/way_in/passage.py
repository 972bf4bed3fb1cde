"""The way through: a bag bound to a session, into checkout, and the redirects on it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, fault, ok, unknown, warning
from handoff.doctor.signed_in import SignedIn
from handoff.doctor.way_in.outcomes import told


def bag_gets_into_checkout(case: Case) -> Iterator[Finding]:
    """Bind a bag of one product to a session in each store view, and open checkout with it."""
    for store in case.stores:
        trial = case.trial(store)
        guests_allowed = case.config(store).get("is_guest_checkout_enabled")
        yield told(
            case.titled("Bag into checkout", store.code),
            trial,
            store,
            settings=case.settings,
            guests_allowed=guests_allowed,
        )


def customer_is_known(case: Case) -> Iterator[Finding]:
    """See that a session of a customer is one for the shop, too."""
    name = "Customer's session"
    match case.signed_in(case.store):
        case None:
            yield unknown(
                name, "No customer has logged in.", "Name a test customer: --customer-email."
            )
        case SignedIn.YES:
            yield ok(name, "The shop takes the session that we wrote for the customer's own.")
        case SignedIn.BY_THE_OTHER_KIND_OF_ACCOUNTS:
            shared = case.settings.customer_accounts == "global"
            kind = "website" if shared else "global"
            yield fault(
                name,
                "The shop shares accounts among websites otherwise than the settings say: "
                "customers land in an empty cart.",
                f"Set HANDOFF_CUSTOMER_ACCOUNTS={kind}",
            )
        case SignedIn.NO:
            yield fault(
                name,
                "The shop does not take the session that we wrote for the customer's: customers "
                "land in an empty cart.",
                f"Look at website_code of {case.store.code} in HANDOFF_STORES, and whether the "
                "customer belongs to that website.",
            )
        case SignedIn.NOT_WRITTEN:
            yield unknown(name, "The session store took no session.", "Mend that first.")


def redirects_are_allowed(case: Case) -> Iterator[Finding]:
    """Compare the redirects on the way to checkout with what our page lets a form follow."""
    for store in case.stores:
        name = case.titled("Redirects of checkout", store.code)
        allowed = {
            case.settings.build_store_site(store).public_origin,
            *case.settings.form_action_origins,
        }
        hops = case.trial(store).hops
        if not hops:
            yield unknown(name, "Nobody got that far.")
            continue
        origins = list(dict.fromkeys(hop.origin for hop in hops))
        strangers = [origin for origin in origins if not _is_allowed(origin, allowed)]
        if strangers:
            yield fault(
                name,
                f"Checkout leads to {', '.join(strangers)}, where browsers do not follow a form of "
                "our page.",
                f"Set HANDOFF_CHECKOUT_HOSTS={','.join(_host(one) for one in strangers)}, or set "
                "HANDOFF_STOREFRONT_URL to where the shop really is.",
            )
        elif len(origins) > 1:
            yield warning(
                name,
                f"Checkout leads through {', '.join(origins)}.",
                f"Set HANDOFF_STOREFRONT_URL to {origins[-1]}, which saves shoppers the detour.",
            )
        else:
            yield ok(name, f"None leads away from {origins[0]}.")


def _is_allowed(origin: str, allowed: set[str]) -> bool:
    # Browsers let http in a policy stand for https of the same host, too.
    return origin in allowed or origin.replace("https://", "http://", 1) in allowed


def _host(origin: str) -> str:
    return urlsplit(origin).netloc
