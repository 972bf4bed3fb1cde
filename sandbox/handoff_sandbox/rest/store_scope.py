"""The store view of a REST request, from the code in its path."""

from __future__ import annotations

from flask import g, request

from handoff_sandbox.errors import InputError
from handoff_sandbox.formats import JsonObject
from handoff_sandbox.quotes import SandboxQuote
from handoff_sandbox.rest.quote_serializers import serialize_quote
from handoff_sandbox.shop import get_current_shop

ALL_SCOPES = "all"


def apply_scope(code: str | None) -> None:
    """Set the store view of the request: that of its path, else that of the storefront."""
    views = get_current_shop().views
    named = views.find_by_code(code)
    if code not in (None, ALL_SCOPES) and named is None:
        raise InputError("Specified request cannot be processed.")
    code_of_cookie = request.args.get("___store") or request.cookies.get("store")
    host = request.host.partition(":")[0]
    g.path_view = named
    g.is_all_scope = code == ALL_SCOPES
    g.view = named or views.choose_view(code_of_cookie, host=host)


def serialize_in_scope(quote: SandboxQuote) -> JsonObject:
    """Return a quote as the scope of the request shows it."""
    return serialize_quote(quote, path_view=g.path_view, default=get_current_shop().views.first)
