"""The answers of the storefront: pages, redirects, and messages for the next page."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.parse import unquote

from flask import Response, render_template, request

from handoff_sandbox.storefront.visit import Visit, get_current_visit

_HTML = "text/html; charset=UTF-8"


def render_page(template: str, status: int = 200, **values: object) -> Response:
    """Render a page of the shop with the shopper's name, cart and store view around it."""
    visit = get_current_visit()
    quote = visit.refresh_quote()
    html = render_template(
        template,
        customer=visit.customer,
        form_key=visit.get_or_create_form_key(),
        count=quote.total_qty if quote else Decimal(0),
        quote=quote,
        view=visit.view,
        head_includes=visit.shop.head_includes,
        **values,
    )
    return Response(html, status, content_type=_HTML)


def render_error_page() -> Response:
    """Render the page for a failure, which needs no session."""
    return Response(render_template("error.html"), 500, content_type=_HTML)


def redirect_to(path: str) -> Response:
    """Redirect within the shop, with an absolute URL as Magento does."""
    location = f"{get_current_visit().view.url}{path}"
    return Response(status=302, headers={"Location": location}, content_type=_HTML)


def add_message(visit: Visit, kind: str, text: str) -> None:
    """Add a message for the next page. The browser's script shows it and deletes it."""
    messages = [*_read_waiting_messages(), {"type": kind, "text": text}]
    # PHP escapes slashes.
    packed = json.dumps(messages, separators=(",", ":")).replace("/", "\\/")
    visit.cookies.append(visit.shop.cookies.build_messages_cookie(packed))


def reject_form(visit: Visit) -> None:
    """Add the message and the cookie that Magento sends for a wrong form key."""
    add_message(visit, "error", "Invalid Form Key. Please refresh the page.")
    if request.cookies.get("X-Magento-Vary"):
        visit.cookies.append(visit.shop.cookies.build_expired_vary_cookie())


def _read_waiting_messages() -> list[object]:
    try:
        messages = json.loads(unquote(request.cookies.get("mage-messages", "")))
    except ValueError:
        return []
    return messages if isinstance(messages, list) else []
