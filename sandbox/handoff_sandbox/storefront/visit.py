"""A request to the storefront: its PHP session, and the cookies that go back."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from secrets import choice, token_hex

from flask import Blueprint, Response, g, render_template, request

from handoff_sandbox.people import Customer
from handoff_sandbox.quotes import Quote
from handoff_sandbox.scopes import Currency, View
from handoff_sandbox.sessions import ForeignFileError, Session, encode, new_id
from handoff_sandbox.shop import Shop, current_shop


@dataclass(slots=True)
class Visit:
    """`named` is the store view that the cookie names, another website's too, or the visit's."""

    shop: Shop
    view: View
    named: View
    session: Session
    stored: bytes
    cookies: list[str] = field(default_factory=list)
    leaves: bool = False

    @property
    def account_key(self) -> str:
        return self.shop.account_key(self.view)

    @property
    def quote_key(self) -> str:
        return f"quote_id_{self.view.website.number}"

    @property
    def currency(self) -> Currency:
        """Give the currency that the session names, if the website has it, or the view's own."""
        chosen = self.session.text("default", "currency_code")
        return self.view.website.allowed(chosen) or self.view.currency

    @property
    def customer(self) -> Customer | None:
        number = self.session.number(self.account_key, "customer_id")
        return None if number is None else self.shop.people.customer(number)

    def form_key(self) -> str:
        """Give the cookie's key, and where there is none the session's own."""
        own = self.session.text("default", "_form_key")
        if own is None:
            own = "".join(choice(string.ascii_letters + string.digits) for _ in range(16))
            self.session.put("default", _form_key=own)
        return request.cookies.get("form_key") or own

    def quote(self) -> Quote | None:
        """Give the quote that this session may check out, and unbind any other.

        One in another currency than the page's is priced anew, and moves to its store view.
        """
        quotes = self.shop.quotes
        number = self.session.number("checkout", self.quote_key)
        bound = None if number is None else quotes.active(number)
        if bound is not None and bound.customer not in (None, self.customer):
            bound = None
        if bound is None and self.customer is not None:
            bound = quotes.active_of(self.customer, self.view.website)
        if (bound.number if bound else None) != number:
            self.bind(bound)
        if bound is not None and bound.currency != self.currency:
            quotes.move(bound, self.view, self.currency)
        return bound

    def bind(self, quote: Quote | None) -> None:
        number = None if quote is None else str(quote.number)
        self.session.put("checkout", **{self.quote_key: number})

    def vary(self) -> str | None:
        """Give the mark of pages that differ from those that most shoppers see, or None."""
        if self.leaves:
            return None
        usual = self.shop.views.first
        chosen = self.session.text("default", "currency_code")
        currency = self.named.website.allowed(chosen) or self.named.currency
        others = {
            "customer_logged_in": "1" if self.customer else None,
            "store": self.named.code if self.named != usual else None,
            "current_currency": currency.code if currency != usual.currency else None,
        }
        marks = sorted(f"{name}={value}" for name, value in others.items() if value)
        return sha256("&".join(marks).encode()).hexdigest() if marks else None

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
    wanted = request.args.get("___store") or request.cookies.get("store")
    host = request.host.partition(":")[0]
    view = g.view = shop.views.asked_for(wanted, host=host)
    try:
        session = shop.sessions.start(request.cookies.get("PHPSESSID"))
    except ForeignFileError:
        g.visit = None
        return error_page()
    named = shop.views.by_code(wanted) or view
    g.visit = Visit(shop, view, named, session, encode(session.raw))
    if request.method == "GET" and host in {one.host for one in shop.views.listed} - {view.host}:
        g.visit.leaves = True
        return go(request.full_path.removesuffix("?"))
    if shop.views.by_code(request.cookies.get("store", view.code)) is None:
        g.visit.cookies.append(shop.cookies.no_store())
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
    vary = found.vary()
    if vary and not any(line.startswith("X-Magento-Vary=") for line in found.cookies):
        lines.append(cookies.vary(vary))
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
        view=now.view,
        **values,
    )
    return Response(html, status, content_type="text/html; charset=UTF-8")


def error_page() -> Response:
    return Response(render_template("error.html"), 500, content_type="text/html; charset=UTF-8")


def go(path: str) -> Response:
    """Redirect within the shop, with an absolute URL as Magento does."""
    where = f"{visit().view.url}{path}"
    return Response(
        status=302, headers={"Location": where}, content_type="text/html; charset=UTF-8"
    )
