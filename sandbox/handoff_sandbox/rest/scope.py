"""What the store view's code in a path of REST means, or the want of one."""

from __future__ import annotations

from flask import g, request

from handoff_sandbox.errors import InputError
from handoff_sandbox.quotes import Quote
from handoff_sandbox.rest.shapes import Shape, quote_shape
from handoff_sandbox.shop import current_shop

ALL = "all"


def enter_scope(code: str | None) -> None:
    """Serve the request in the store view of its path, or in the one that the storefront has."""
    views = current_shop().views
    named = views.by_code(code)
    if code not in (None, ALL) and named is None:
        raise InputError("Specified request cannot be processed.")
    asked = request.args.get("___store") or request.cookies.get("store")
    host = request.host.partition(":")[0]
    g.asked_in = named
    g.of_all = code == ALL
    g.view = named or views.asked_for(asked, host=host)


def shown(quote: Quote) -> Shape:
    """Give the quote as the request's scope shows it."""
    return quote_shape(quote, asked_in=g.asked_in, default=current_shop().views.first)
