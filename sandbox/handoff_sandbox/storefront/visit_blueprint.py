"""Blueprints of the storefront: each request opens the shopper's session and saves it."""

from __future__ import annotations

from secrets import token_hex
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, request

from handoff_sandbox.php_sessions import ForeignFileError, encode_session
from handoff_sandbox.shop import get_current_shop
from handoff_sandbox.storefront.responses import redirect_to, render_error_page
from handoff_sandbox.storefront.visit import Visit


def build_blueprint(name: str, url_prefix: str | None = None) -> Blueprint:
    """Create a blueprint whose views have a visit."""
    blueprint = Blueprint(name, __name__, url_prefix=url_prefix)
    blueprint.before_request(_open_visit)
    blueprint.after_request(_close_visit)
    return blueprint


def _open_visit() -> Response | None:
    """Open the session that the cookie names. A file of another user is a 500, as in PHP."""
    shop = get_current_shop()
    code = request.args.get("___store") or request.cookies.get("store")
    host = request.host.partition(":")[0]
    view = g.view = shop.views.choose_view(code, host=host)
    try:
        session = shop.sessions.start(
            request.cookies.get("PHPSESSID"), lifetime=shop.rules.session_lifetime
        )
    except ForeignFileError:
        g.visit = None
        return render_error_page()
    cookie_view = shop.views.find_by_code(code) or view
    visit = g.visit = Visit(shop, view, cookie_view, session, encode_session(session.raw))
    if shop.visitors.has_ended(session, visit.customer) or not _is_tie_kept(visit):
        return _end_session(visit)
    _record_tie(visit)
    other_hosts = {other.host for other in shop.views.all} - {view.host}
    if request.method == "GET" and host in other_hosts:
        visit.redirects_to_other_host = True
        return redirect_to(request.full_path.removesuffix("?"))
    if shop.views.find_by_code(request.cookies.get("store", view.code)) is None:
        visit.cookies.append(shop.cookies.build_expired_store_cookie())
    if not session.raw or "form_key" in request.cookies:
        session.set_values("default", _form_key=visit.get_or_create_form_key())
    return None


def _is_tie_kept(visit: Visit) -> bool:
    """Return whether the request comes from where the session began, if the shop asks for it."""
    tie = visit.shop.rules.session_tie
    began = visit.session.get_text("_session_validator_data", tie) if tie else None
    return began is None or began == str(request.environ.get(tie.upper(), ""))


def _record_tie(visit: Visit) -> None:
    """Write into a new session where it began, if the shop asks for it."""
    tie = visit.shop.rules.session_tie
    if tie and visit.session.get_text("_session_validator_data", tie) is None:
        current = str(request.environ.get(tie.upper(), ""))
        visit.session.set_values("_session_validator_data", **{tie: current})


def _end_session(visit: Visit) -> Response:
    """Delete the session and its cookie, and redirect to the host, without its port."""
    visit.shop.sessions.delete(visit.session)
    response = redirect_to("/")
    parts = urlsplit(visit.view.url)
    response.headers["Location"] = f"{parts.scheme}://{parts.hostname}/"
    for line in (
        visit.shop.cookies.build_session_cookie(visit.session.id),
        visit.shop.cookies.build_expired_session_cookie(),
    ):
        response.headers.add("Set-Cookie", line)
    g.visit = None
    return response


def _close_visit(response: Response) -> Response:
    """Save the session and add the cookies that every page sends."""
    visit: Visit | None = g.visit
    if visit is None:
        return response
    is_safe_method = request.method in ("GET", "HEAD", "OPTIONS", "TRACE")
    visit.shop.visitors.store_visitor(visit.session, is_safe_method=is_safe_method)
    visit.save_session()
    cookies = visit.shop.cookies
    lines = [cookies.build_session_cookie(visit.session.id)]
    if request.method == "POST":
        lines.append(cookies.build_private_content_version_cookie(token_hex(16)))
    if key := request.cookies.get("form_key"):
        lines.append(cookies.build_form_key_cookie(key))
    # A browser takes the last of several cookies with one name: that of the view itself.
    lines += visit.cookies
    vary = visit.compute_vary()
    if vary and not any(line.startswith("X-Magento-Vary=") for line in visit.cookies):
        lines.append(cookies.build_vary_cookie(vary))
    for line in lines:
        response.headers.add("Set-Cookie", line)
    response.headers["Cache-Control"] = "max-age=0, must-revalidate, no-cache, no-store"
    return response
