"""The storefront's own switcher between store views."""

from __future__ import annotations

from base64 import b64decode
from secrets import token_hex

from flask import Response, request

from handoff_sandbox.storefront.visit import Visit, go, page, room, visit

bp = room("stores", url_prefix="/stores/store")


@bp.get("/switch/")
def switch() -> Response:
    """Let the cookie name the store view, and go where the shopper wanted to be."""
    now = visit()
    views = now.shop.views
    target = views.by_code(request.args.get("___store"))
    if target is None:
        return page("not_found.html", 404)
    cookies = now.shop.cookies
    now.cookies += [
        cookies.no_store() if target == views.first else cookies.store(target.code),
        cookies.updated_content(token_hex(16)),
        cookies.section_data_clean(target.code),
    ]
    return go(_wanted(now))


def _wanted(now: Visit) -> str:
    """Read the address that the request carries, if it is one of this store view."""
    packed = request.args.get("uenc", "").translate(str.maketrans("-_,", "+/="))
    try:
        url = b64decode(packed, validate=True).decode()
    except ValueError:
        return "/"
    inside = url.startswith(f"{now.view.url}/")
    return url.removeprefix(now.view.url) if inside else "/"
