"""The pages that a web view gets: the one that takes it to checkout, and the endings."""

from __future__ import annotations

import structlog
from flask import Response, g, make_response, render_template, request

from handoff.entry.endings import Ending
from handoff.entry.languages import prefer
from handoff.entry.navigation import from_another_site
from handoff.entry.opener import Openers
from handoff.ledger import Handoff
from handoff.places import Place
from handoff.services import services


def waiting_page(row: Handoff, token: str, openers: Openers) -> Response:
    """Answer with the page that posts itself, or asks whom another website has sent."""
    place = _place(row)
    forced = from_another_site(request, place.public_origin)
    _speak_as(row)
    response = _page("waiting.html", row, token=token, forced=forced)
    openers.hand_over(response, place, services().settings)
    return response


def ending_page(ending: Ending, row: Handoff | None = None, token: str | None = None) -> Response:
    """Answer with one of the endings; `token` lets the page try again."""
    structlog.contextvars.bind_contextvars(ending=ending.code)
    _speak_as(row)
    handoff_id = row.id if row else g.get("handoff_id", "")
    response = _page("ending.html", row, ending=ending, code=handoff_id[:8], token=token)
    response.status_code = ending.status
    if ending.retry_after is not None:
        response.headers["Retry-After"] = str(ending.retry_after)
    return response


def _speak_as(row: Handoff | None) -> None:
    store = services().settings.store_views.by_code(row.store) if row else None
    prefer(store.language if store else None)


def _place(row: Handoff | None) -> Place:
    places = services().places
    return places.of_code(row.store) if row else places.at(request.host)


def _page(template: str, row: Handoff | None, **values: object) -> Response:
    settings, place = services().settings, _place(row)
    return make_response(
        render_template(
            template,
            row=row,
            base=place.public.path,
            shop=settings.shop_name or place.storefront.hostname,
            logo_url=settings.shop_logo_url,
            poq_script_url=settings.poq_script_url,
            poq_script_integrity=settings.poq_script_integrity,
            app_return_url=settings.app_return_url,
            **values,
        )
    )
