"""A request to the storefront: its PHP session, and the cookies that go back."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from secrets import choice, token_hex

from flask import Blueprint, Response, g, render_template, request

from handoff.sandbox.people import Customer
from handoff.sandbox.quotes import Quote
from handoff.sandbox.sessions import ForeignFileError, Session, encode, new_id
from handoff.sandbox.shop import Shop, current_shop

LOGGED_IN_VARY = sha256(b"customer_logged_in").hexdigest()


@dataclass(slots=True)
class Visit:
    shop: Shop
    session: Session
    stored: bytes
    cookies: list[str] = field(default_factory=list)

    @property
    def customer(self) -> Customer | None:
        number = self.session.number("customer_base", "customer_id")
        return None if number is None else self.shop.people.customer(number)

    def form_key(self) -> str:
        """Give the cookie's key, and where there is none the session's own."""
        own = self.session.text("default", "_form_key")
        if own is None:
            own = "".join(choice(string.ascii_letters + string.digits) for _ in range(16))
            self.session.put("default", _form_key=own)
        return request.cookies.get("form_key") or own

    def quote(self) -> Quote | None:
        """Give the quote that this session may check out, and unbind any other."""
        quotes = self.shop.quotes
        number = self.session.number("checkout", "quote_id_1")
        bound = None if number is None else quotes.active(number)
        if bound is not None and bound.customer not in (None, self.customer):
            bound = None
        if bound is None and self.customer is not None:
            bound = quotes.active_of(self.customer)
        if (bound.number if bound else None) != number:
            self.bind(bound)
        return bound

    def bind(self, quote: Quote | None) -> None:
        self.session.put("checkout", quote_id_1=None if quote is None else str(quote.number))

    def regenerate(self) -> None:
        """Go on under a new id; the old session stays as it was, as in PHP."""
        self.shop.sessions.save(self.session)
        self.session = Session(new_id(), dict(self.session.raw))
        self.stored = b""

    def save(self) -> None:
        if encode(self.session.raw) != self.stored:
            self.shop.sessions.save(self.session)


def room(name: str, url_prefix: str | None = None) -> Blueprint:
    """Make a blueprint whose views have a visit."""
    bp = Blueprint(name, __name__, url_prefix=url_prefix)
    bp.before_request(begin)
    bp.after_request(finish)
    return bp


def begin() -> Response | None:
    """Open the session that the cookie names; a file of another user is PHP's 500."""
    shop = current_shop()
    try:
        session = shop.sessions.start(request.cookies.get("PHPSESSID"))
    except ForeignFileError:
        g.visit = None
        return error_page()
    g.visit = Visit(shop, session, encode(session.raw))
    if not session.raw:
        session.put("default", _form_key=g.visit.form_key())
    return None


def finish(response: Response) -> Response:
    found: Visit | None = g.visit
    if found is None:
        return response
    found.save()
    cookies = found.shop.cookies
    lines = [cookies.session(found.session.id)]
    if request.method == "POST":
        lines.append(cookies.private_content_version(token_hex(16)))
    if key := request.cookies.get("form_key"):
        lines.append(cookies.form_key(key))
    # What the view itself had to say of a cookie comes last, and so counts.
    lines += found.cookies
    if found.customer and not any(line.startswith("X-Magento-Vary=") for line in found.cookies):
        lines.append(cookies.vary(LOGGED_IN_VARY))
    for line in lines:
        response.headers.add("Set-Cookie", line)
    response.headers["Cache-Control"] = "max-age=0, must-revalidate, no-cache, no-store"
    return response


def visit() -> Visit:
    """Give the visit that this request belongs to."""
    found = g.visit
    if not isinstance(found, Visit):
        raise TypeError("no session was opened for this request")
    return found


def page(template: str, status: int = 200, **values: object) -> Response:
    """Render a page of the shop, with what its frame needs to know of the visit."""
    now = visit()
    quote = now.quote()
    html = render_template(
        template,
        customer=now.customer,
        form_key=now.form_key(),
        count=quote.total_qty() if quote else Decimal(0),
        quote=quote,
        **values,
    )
    return Response(html, status, content_type="text/html; charset=UTF-8")


def error_page() -> Response:
    return Response(render_template("error.html"), 500, content_type="text/html; charset=UTF-8")


def go(path: str) -> Response:
    """Redirect within the shop, with an absolute URL as Magento does."""
    where = f"{visit().shop.url}{path}"
    return Response(
        status=302, headers={"Location": where}, content_type="text/html; charset=UTF-8"
    )
