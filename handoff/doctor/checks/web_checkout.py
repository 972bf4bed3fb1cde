"""Checks of the way back to the app: the script in the shop's pages, and their policy.

The success page cannot be opened without an order. Its policy comes with its redirect to the cart
page, and the cart page has the same head.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.doctor.content_security_policy import ContentSecurityPolicy
from handoff.doctor.trial_sessions import open_page_without_session
from handoff.magento.checkout_probe import VisitedPage
from handoff.magento.no_response import NoResponse
from handoff.settings.store_view_models import StoreSite, StoreView

_SCRIPT = re.compile(r"""<script\b[^>]*?\bsrc\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_SUCCESS_PATH, _CART_PATH = "/checkout/onepage/success/", "/checkout/cart/"
# The names of directives in Magento's configuration.
_CONFIG_NAMES = {"script-src": "scripts", "connect-src": "connections", "style-src": "styles"}


def check_script_in_checkout(context: CheckContext, store: StoreView) -> CheckResult:
    """Look for our script in the checkout page of the trial."""
    page = _get_checkout_page(context, store)
    if page is None:
        return unknown("Checkout was not opened.", "See the check Bag into checkout.")
    return _check_script(context.settings.build_store_site(store), page)


def check_script_on_cart_page(context: CheckContext, store: StoreView) -> CheckResult:
    """Look for our script in the cart page, whose head the success page shares."""
    site = context.settings.build_store_site(store)
    return _check_script(site, _open_page(context, site, _CART_PATH))


def check_checkout_page_policy(context: CheckContext, store: StoreView) -> CheckResult:
    """Check whether checkout lets the script and Poq's own script run."""
    page = _get_checkout_page(context, store)
    if page is None:
        return unknown("Checkout was not opened.", "See the check Bag into checkout.")
    return _check_policy(context, context.settings.build_store_site(store), page)


def check_success_page_policy(context: CheckContext, store: StoreView) -> CheckResult:
    """Check whether the success page lets the script and Poq's own script run."""
    site = context.settings.build_store_site(store)
    return _check_policy(context, site, _open_page(context, site, _SUCCESS_PATH))


def check_poq_script_host(context: CheckContext) -> CheckResult:
    """Check whether this machine reaches the host of Poq's script."""
    url = context.settings.poq_assets_url
    try:
        context.shop.head(url)
    except NoResponse as error:
        return warning(
            f"{url} cannot be reached: {error.reason} In checkout the app gets no messages.",
            f"Let the machine of the service reach {urlsplit(url).netloc}.",
        )
    return ok(f"{url} answers, so the script can be served from the shop's host.")


def _get_checkout_page(context: CheckContext, store: StoreView) -> VisitedPage | None:
    trial = context.try_checkout(store)
    return trial.pages[-1] if trial.has_reached_checkout else None


def _open_page(context: CheckContext, site: StoreSite, path: str) -> VisitedPage:
    url = f"{site.storefront_url}{path}"
    return VisitedPage(url, open_page_without_session(context.shop, url))


def _check_script(site: StoreSite, page: VisitedPage) -> CheckResult:
    wanted = f"{site.public_url}/web-checkout.js"
    sources = (unescape(source) for source in _SCRIPT.findall(page.response.text))
    if wanted in (urljoin(page.url, source).partition("?")[0] for source in sources):
        return ok(f"The page loads {wanted}.")
    return warning(
        f"The page does not load {wanted}, so the app learns nothing of checkout and the order.",
        "Content, Design, Configuration, HTML Head, Scripts and Style Sheets: add this line, and "
        f'clean the caches. `<script src="{wanted}" defer></script>`',
    )


def _check_policy(context: CheckContext, site: StoreSite, page: VisitedPage) -> CheckResult:
    enforced = page.response.headers.get("Content-Security-Policy", "")
    blocked = _find_blocking_directives(context, site, page, enforced)
    if blocked:
        host = site.public_parts.netloc
        names = ", ".join(_CONFIG_NAMES[directive] for directive in blocked)
        return fault(
            f"The policy of the page blocks the script: {', '.join(blocked)}. Nothing is sent to "
            "the app.",
            f"Put the service on the shop's own host. Or add {host} to csp/policies/storefront/"
            f"<name>/hosts in the shop's app/etc/env.php, for {names}.",
        )
    reported = page.response.headers.get("Content-Security-Policy-Report-Only", "")
    if _find_blocking_directives(context, site, page, reported):
        return ok("The script may run. The page's policy only reports it.")
    return ok("The script and Poq's own script may run, and ask for orders.")


def _find_blocking_directives(
    context: CheckContext, site: StoreSite, page: VisitedPage, header: str
) -> list[str]:
    """Return the directives that block something that the script needs."""
    policies = ContentSecurityPolicy.parse_all(header)
    return [
        directive
        for directive, url in _list_needed_urls(context, site)
        if not all(policy.is_url_allowed(directive, url, page_url=page.url) for policy in policies)
    ]


def _list_needed_urls(context: CheckContext, site: StoreSite) -> Iterator[tuple[str, str]]:
    yield "script-src", f"{site.public_url}/web-checkout.js"
    yield "connect-src", f"{site.public_url}/web-checkout/orders"
    style = context.settings.app_style
    if style is not None:
        own = f"{site.public_url}/static/checkout-in-app.css"
        yield "style-src", own if style == "true" else urljoin(site.storefront_url, style)
