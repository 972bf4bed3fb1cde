"""Checks of the test bag: does checkout show it, and over which redirects?"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.doctor.checkout_trial import CheckoutTrialOutcome, try_checkout
from handoff.settings.session_store_url import SessionStoreUrl
from handoff.settings.store_view_models import StoreView
from handoff.transfer.checkout_preflight import CHECKOUT_TIMEOUT


def check_bag_into_checkout(context: CheckContext, store: StoreView) -> CheckResult:
    """Try checkout in a store view, and explain a failure."""
    trial = context.try_checkout(store)
    last = trial.pages[-1] if trial.pages else None
    facts = {
        "sku": trial.cart.sku,
        "problem": trial.problem,
        "status": trial.status,
        "shop_message": f" The shop says: {trial.message}" if trial.message else "",
        "store": store.code,
        "store_id": store.store_id,
        "website_id": store.website_id,
        "right_website_id": trial.right_website_id,
        "right_serializer": trial.right_serializer,
        "session_store": context.settings.session_store_url.description,
        "session_store_hint": _get_session_store_hint(context.settings.session_store_url),
        "url": urlsplit(last.url)._replace(query="").geturl() if last else "",
        "no_response_reason": last.failure.reason if last and last.failure else "",
    }
    outcome = trial.outcome
    is_guest_allowed = context.read_store_config(store).get("is_guest_checkout_enabled")
    is_refused = outcome is CheckoutTrialOutcome.CHECKOUT_REFUSED
    if is_guest_allowed and is_refused:
        outcome = CheckoutTrialOutcome.BAG_REFUSED
    elif is_guest_allowed is False:
        if is_refused or outcome is CheckoutTrialOutcome.QUOTE_NOT_FOUND:
            outcome = CheckoutTrialOutcome.GUESTS_REFUSED
    result = outcome.value
    seen, advice = result.seen.format_map(facts), result.advice.format_map(facts)
    return replace(result, seen=seen, advice=advice)


def _get_session_store_hint(url: SessionStoreUrl) -> str:
    """Return a sentence about a fault that only this kind of session store has, or nothing."""
    if url.is_database:
        return " See the check Key of the session store as well."
    if url.is_file_store:
        return ""
    return (
        " If it says save => valkey, as setup:install of Magento 2.4.9 writes it, the shop keeps "
        "its sessions in files and says nothing: write redis there instead."
    )


def check_test_bag(context: CheckContext) -> CheckResult:
    """Check whether the product of the trial could be added to a guest cart."""
    trial = context.try_checkout(context.default_store)
    if trial.cart.sku is not None:
        return ok(f"One {trial.cart.sku} was added to a guest cart.")
    if trial.outcome is CheckoutTrialOutcome.NO_PRODUCT and not trial.message:
        return unknown("No product was found to add to a guest cart.", trial.outcome.value.advice)
    return fault(
        f"Nothing could be added to a guest cart. The shop says: {trial.message or 'nothing'}",
        "Check that a simple product is for sale, in stock, and in the store view's website.",
    )


def check_checkout_time(context: CheckContext) -> CheckResult | None:
    """Compare the time of the checkout page with the time that the checkout preflight waits."""
    settings = context.settings
    if settings.checkout_preflight == "off" or settings.session_store_url.is_storefront:
        return None
    trial = context.try_checkout(context.default_store)
    if trial.outcome is not CheckoutTrialOutcome.BAG_IN_CHECKOUT:
        return unknown("Checkout was not opened.", "See the check Bag into checkout.")
    seconds = trial.pages[0].response.seconds
    if seconds > CHECKOUT_TIMEOUT:  # perhaps only because the shop's caches were empty
        again = try_checkout(context.shop, context.default_store, trial.cart, trial.cart.sku or "")
        seconds = min([seconds, *(page.response.seconds for page in again.pages[:1])])
    if seconds > CHECKOUT_TIMEOUT:
        return warning(
            f"The page takes {seconds:.1f} s. The checkout preflight waits {CHECKOUT_TIMEOUT:g} s "
            "for it. So most transfers wait that long, and learn nothing of checkout.",
            "Make the page faster, or set HANDOFF_CHECKOUT_PREFLIGHT=off.",
        )
    return ok(f"The page takes {seconds:.1f} s.")


def check_checkout_redirects(context: CheckContext, store: StoreView) -> CheckResult:
    """Compare the hosts on the way to checkout with those that our page's form may open."""
    allowed = {
        context.settings.build_store_site(store).public_origin,
        *context.settings.form_action_origins,
    }
    pages = context.try_checkout(store).pages
    if not pages:
        return unknown("Checkout was not opened.")
    origins = list(dict.fromkeys(page.origin for page in pages))
    refused = [origin for origin in origins if not _is_redirect_allowed(origin, allowed)]
    if refused:
        hosts = ",".join(urlsplit(origin).netloc for origin in refused)
        return fault(
            f"Browsers refuse the redirect of checkout to {', '.join(refused)} after our form.",
            f"Set HANDOFF_CHECKOUT_HOSTS={hosts}, or correct HANDOFF_STOREFRONT_URL.",
        )
    if len(origins) > 1:
        return warning(
            f"Checkout redirects through {', '.join(origins)}.",
            f"Set HANDOFF_STOREFRONT_URL to {origins[-1]}, which saves shoppers the redirect.",
        )
    return ok(f"None leads away from {origins[0]}.")


def _is_redirect_allowed(origin: str, allowed: set[str]) -> bool:
    # In a policy, http stands for https of the same host as well.
    return origin in allowed or origin.replace("https://", "http://", 1) in allowed
