"""Check: does a bag of one product get into checkout? One message for each trial outcome."""

from __future__ import annotations

from urllib.parse import urlsplit

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.doctor.checkout_trial import CheckoutTrial, CheckoutTrialOutcome
from handoff.doctor.trial_sessions import describe_session_store
from handoff.settings.store_views import StoreView

_GUEST_CHECKOUT_OFF = fault(
    "Guest checkout is switched off: guests get no further than the cart.{shop_message}",
    "Allow it in Magento: Stores, Configuration, Sales, Checkout, Allow Guest Checkout. Or let "
    "the app transfer customers only.",
)
_GUEST_CHECKOUT_ON = fault(
    "The bag is in the cart, and checkout redirects back to it, though guest checkout is allowed."
    "{shop_message}",
    "Is one {sku} below the minimum (Sales, Minimum Order Amount)? Then try a more expensive "
    "product: --sku. Otherwise open the cart and read its message.",
)
_NOT_FOUND = fault(
    "There is no page at {url} (404).",
    "Set HANDOFF_CHECKOUT_PATH to the path of the shop's checkout.",
)
_MESSAGES = {
    CheckoutTrialOutcome.BAG_IN_CHECKOUT: ok(
        "Checkout shows a bag of {sku} from a session that we have written: session store, "
        "cookie, website and path are right."
    ),
    CheckoutTrialOutcome.EMPTY_CHECKOUT: warning(
        "Checkout opens with our session, but its page does not contain {sku}.",
        "Open a link of the service by hand, and check whether the bag is right.",
    ),
    CheckoutTrialOutcome.SESSION_NOT_READ: fault(
        "The shop does not read the session that we have written to {session_store}.",
        "Compare HANDOFF_SESSION_STORE with `session` in the shop's app/etc/env.php: save, host, "
        "port, database. Then check HANDOFF_SESSION_COOKIE_NAME, and whether PHP's "
        "session.serialize_handler is php.",
    ),
    CheckoutTrialOutcome.WRONG_WEBSITE: fault(
        "The shop reads the session and finds no quote for website {website_id}, but it finds one "
        "for website {right_website_id}.",
        'Set "website_id": {right_website_id} for {store} in HANDOFF_STORES.',
    ),
    CheckoutTrialOutcome.CHECKOUT_REFUSED: fault(
        "The bag is in the cart, and checkout redirects back to it.{shop_message}",
        "Check whether guest checkout is allowed and whether there is a minimum order amount "
        "(Sales, Minimum Order Amount), and open the cart to read its message.",
    ),
    CheckoutTrialOutcome.QUOTE_NOT_FOUND: fault(
        "The shop reads the session, but does not find the quote.{shop_message}",
        "Check whether store view {store} (store_id {store_id}) belongs to the website at {url}.",
    ),
    CheckoutTrialOutcome.NO_RESPONSE: fault(
        "Checkout redirects to {url}, which does not answer. {no_response_reason}",
        "Set HANDOFF_STOREFRONT_URL to the shop's public address, and make sure that this machine "
        "can reach it.",
    ),
    CheckoutTrialOutcome.ERROR_STATUS: fault(
        "The shop answers {status} to checkout with our session.",
        "If sessions are files, PHP refuses files of another user: run Handoff as PHP's user. "
        "Otherwise see the shop's var/log and var/report.",
    ),
    CheckoutTrialOutcome.OTHER_PAGE: fault(
        "Checkout redirects to {url}, which does not show the bag.{shop_message}",
        "Set HANDOFF_CHECKOUT_PATH to the path of the shop's checkout, and check whether it "
        "requires a login.",
    ),
    CheckoutTrialOutcome.NO_CART: fault(
        "The shop creates no guest cart (status {status}).{shop_message}",
        "Check whether a firewall blocks POST /rest/…/V1/guest-carts.",
    ),
    CheckoutTrialOutcome.NO_PRODUCT: unknown(
        "No product was found that can be added to a cart without options.{shop_message}",
        "Name a simple product that is for sale: --sku.",
    ),
    CheckoutTrialOutcome.SESSION_NOT_WRITTEN: unknown(
        "No session could be written to the session store.", "See the check Session store."
    ),
}


def check_bag_into_checkout(context: CheckContext, store: StoreView) -> CheckResult:
    """Try checkout in a store view, and explain what went wrong."""
    trial = context.try_checkout(store)
    is_guest_allowed = context.read_store_config(store).get("is_guest_checkout_enabled")
    message = _select_message(trial, is_guest_allowed)
    last = trial.pages[-1] if trial.pages else None
    facts = {
        "sku": trial.cart.sku,
        "status": trial.status,
        "shop_message": f" The shop says: {trial.message}" if trial.message else "",
        "store": store.code,
        "store_id": store.store_id,
        "website_id": store.website_id,
        "right_website_id": trial.right_website_id,
        "session_store": describe_session_store(context.settings),
        "url": urlsplit(last.url)._replace(query="").geturl() if last else "",
        "no_response_reason": last.failure.reason if last and last.failure else "",
    }
    seen, advice = message.seen.format_map(facts), message.advice.format_map(facts)
    return CheckResult(message.severity, seen, advice)


def _select_message(trial: CheckoutTrial, is_guest_allowed: bool | None) -> CheckResult:
    """Return the message template; `is_guest_allowed` is None if the shop does not say."""
    refusals = (CheckoutTrialOutcome.CHECKOUT_REFUSED, CheckoutTrialOutcome.QUOTE_NOT_FOUND)
    if trial.outcome in refusals and is_guest_allowed is False:
        return _GUEST_CHECKOUT_OFF
    if trial.outcome is CheckoutTrialOutcome.CHECKOUT_REFUSED and is_guest_allowed:
        return _GUEST_CHECKOUT_ON
    if trial.outcome is CheckoutTrialOutcome.ERROR_STATUS and trial.status == 404:
        return _NOT_FOUND
    return _MESSAGES[trial.outcome]


def check_test_bag(context: CheckContext) -> CheckResult:
    """Check whether the product of the trial could be added to a guest cart."""
    trial = context.try_checkout(context.default_store)
    if trial.cart.sku is not None:
        return ok(f"One {trial.cart.sku} was added to a guest cart.")
    return fault(
        f"Nothing could be added to a guest cart. The shop says: {trial.message or 'nothing'}",
        "Check that a simple product is for sale, in stock, and in the store view's website.",
    )
