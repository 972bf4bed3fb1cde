"""The pages that a web view gets: the one that takes it to checkout, and the endings."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import structlog
from flask import Response, g, render_template, request

from handoff.entry.cross_site import is_from_another_site
from handoff.entry.languages import page_language, set_page_language
from handoff.entry.result_pages import ResultPage
from handoff.entry.web_view_cookies import WebViewCookies
from handoff.ledger import Handoff
from handoff.services import services
from handoff.settings.store_sites import StoreSite

_GAP = "\0"  # where a page has the token of its link; nothing else of it can hold this


class _Look(NamedTuple):
    """What all pages of a place have in common."""

    base: str
    shop: str
    logo_url: str | None
    poq_script_url: str | None
    poq_script_integrity: str | None
    app_return_url: str | None


def render_entry_page(row: Handoff, token: str, openers: WebViewCookies) -> Response:
    """Answer with the page that posts itself, or asks whom another website has sent."""
    place = _place(row)
    forced = is_from_another_site(request, place.public_origin)
    _speak_as(row)
    page = _waiting(
        page_language(), _look(place), row.item_count, row.customer_id is not None, forced
    )
    response = Response(page.replace(_GAP, token))
    openers.hand_over(response, place, services().settings)
    return response


def render_result_page(
    ending: ResultPage, row: Handoff | None = None, token: str | None = None
) -> Response:
    """Answer with one of the endings; `token` lets the page try again."""
    structlog.contextvars.bind_contextvars(ending=ending.code)
    _speak_as(row)
    handoff_id = row.id if row else g.get("handoff_id", "")
    page = render_template(
        "result_page.html",
        **_look(_place(row))._asdict(),
        ending=ending,
        code=handoff_id[:8],
        token=token,
    )
    response = Response(page, ending.status)
    if ending.retry_after is not None:
        response.headers["Retry-After"] = str(ending.retry_after)
    return response


def _speak_as(row: Handoff | None) -> None:
    store = services().settings.store_views.find_by_code(row.store_code) if row else None
    set_page_language(store.language if store else None)


def _place(row: Handoff | None) -> StoreSite:
    places = services().places
    return places.find_by_code(row.store_code) if row else places.find_by_host(request.host)


def _look(place: StoreSite) -> _Look:
    settings = services().settings
    return _Look(
        base=place.public_parts.path,
        shop=settings.shop_name or place.storefront_parts.hostname or "",
        logo_url=settings.shop_logo_url,
        poq_script_url=settings.poq_script_url,
        poq_script_integrity=settings.poq_script_integrity,
        app_return_url=settings.app_return_url,
    )


@lru_cache(maxsize=256)
def _waiting(_language: str, look: _Look, item_count: int, signs_in: bool, forced: bool) -> str:
    """Return the page of all links that say the same, in the language of this request."""
    return render_template(
        "entry_page.html",
        **look._asdict(),
        item_count=item_count,
        signs_in=signs_in,
        forced=forced,
        token=_GAP,
    )
