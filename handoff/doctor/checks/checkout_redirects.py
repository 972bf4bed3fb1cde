"""Check: does our page's Content-Security-Policy allow the redirects on the way to checkout?"""

from __future__ import annotations

from urllib.parse import urlsplit

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.settings.store_views import StoreView


def check_checkout_redirects(context: CheckContext, store: StoreView) -> CheckResult:
    """Compare the hosts on the way to checkout with those that a form of our page may lead to."""
    allowed = {
        context.settings.build_store_site(store).public_origin,
        *context.settings.form_action_origins,
    }
    pages = context.try_checkout(store).pages
    if not pages:
        return unknown("Checkout was not opened.")
    origins = list(dict.fromkeys(page.origin for page in pages))
    refused = [origin for origin in origins if not _is_allowed(origin, allowed)]
    if refused:
        hosts = ",".join(urlsplit(origin).netloc for origin in refused)
        return fault(
            f"Checkout redirects to {', '.join(refused)}; browsers do not follow a form of our "
            "page to there.",
            f"Set HANDOFF_CHECKOUT_HOSTS={hosts}, or set HANDOFF_STOREFRONT_URL to the shop's "
            "real address.",
        )
    if len(origins) > 1:
        return warning(
            f"Checkout redirects through {', '.join(origins)}.",
            f"Set HANDOFF_STOREFRONT_URL to {origins[-1]}, which saves shoppers the redirect.",
        )
    return ok(f"None leads away from {origins[0]}.")


def _is_allowed(origin: str, allowed: set[str]) -> bool:
    # In a policy, http stands for https of the same host as well.
    return origin in allowed or origin.replace("https://", "http://", 1) in allowed
