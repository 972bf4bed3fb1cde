"""The storefront's own switcher between store views."""

from __future__ import annotations

from base64 import b64decode
from secrets import token_hex

from flask import Response, request

from handoff_sandbox.storefront.responses import redirect_to, render_page
from handoff_sandbox.storefront.visit import Visit, get_current_visit
from handoff_sandbox.storefront.visit_blueprint import build_blueprint

blueprint = build_blueprint("store_switcher", url_prefix="/stores/store")


@blueprint.get("/switch/")
def switch_store() -> Response:
    """Set the cookie for a store view, and redirect to the page that the shopper wants."""
    visit = get_current_visit()
    views = visit.shop.views
    target = views.find_by_code(request.args.get("___store"))
    if target is None:
        return render_page("not_found.html", 404)
    cookies = visit.shop.cookies
    visit.cookies += [
        cookies.build_expired_store_cookie()
        if target == views.first
        else cookies.build_store_cookie(target.code),
        cookies.build_content_version_cookie_after_switch(token_hex(16)),
        cookies.build_section_data_clean_cookie(target.code),
    ]
    return redirect_to(_read_target_path(visit))


def _read_target_path(visit: Visit) -> str:
    """Return the path of the URL that the request carries, or / if it is of another site."""
    packed = request.args.get("uenc", "").translate(str.maketrans("-_,", "+/="))
    try:
        url = b64decode(packed, validate=True).decode()
    except ValueError:
        return "/"
    inside = url.startswith(f"{visit.view.url}/")
    return url.removeprefix(visit.view.url) if inside else "/"
