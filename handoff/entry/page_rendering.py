"""Rendering the pages that a web view gets: the entry page and the result pages."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import structlog
from flask import Response, g, render_template, request

from handoff.entry.languages import get_page_language, set_page_language
from handoff.entry.result_pages import ResultPage
from handoff.ledger import Handoff
from handoff.settings import Settings
from handoff.settings.store_sites import StoreSite

# Stands for the token in a cached page. NUL occurs nowhere else in a page.
_PLACEHOLDER = "\0"


class _Branding(NamedTuple):
    """What all pages of a site have in common. `base` is the path prefix of this service."""

    base: str
    shop: str
    logo_url: str | None
    poq_script_url: str | None
    poq_script_integrity: str | None
    app_return_url: str | None


class PageRenderer:
    """Renders pages with the branding of a handoff's site, in the shopper's language."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sites = settings.store_sites
        self._store_views = settings.store_views

    def render_entry_page(self, handoff: Handoff, token: str, *, asks_first: bool) -> Response:
        """Return the page that posts itself, or, with `asks_first`, waits for a tap."""
        site = self._sites.find_by_code(handoff.store_code)
        self._set_language(handoff)
        page = _render_entry_page(
            get_page_language(),
            self._branding(site),
            handoff.item_count,
            handoff.customer_id is not None,
            asks_first,
        )
        return Response(page.replace(_PLACEHOLDER, token))

    def render_result_page(
        self, page: ResultPage, handoff: Handoff | None = None, token: str | None = None
    ) -> Response:
        """Return a result page. With a `token` it has a button that tries the link again."""
        structlog.contextvars.bind_contextvars(page=page.code)
        if handoff is None:
            site = self._sites.find_by_host(request.host)
        else:
            site = self._sites.find_by_code(handoff.store_code)
            self._set_language(handoff)
        handoff_id = handoff.id if handoff else g.get("handoff_id", "")
        html = render_template(
            "result_page.html",
            **self._branding(site)._asdict(),
            page=page,
            support_code=handoff_id[:8],
            token=token,
        )
        response = Response(html, page.status)
        if page.retry_after is not None:
            response.headers["Retry-After"] = str(page.retry_after)
        return response

    def _set_language(self, handoff: Handoff) -> None:
        store = self._store_views.find_by_code(handoff.store_code)
        set_page_language(store.language if store else None)

    def _branding(self, site: StoreSite) -> _Branding:
        settings = self._settings
        return _Branding(
            base=site.public_parts.path,
            shop=settings.shop_name or site.storefront_parts.hostname or "",
            logo_url=settings.shop_logo_url,
            poq_script_url=settings.poq_script_url,
            poq_script_integrity=settings.poq_script_integrity,
            app_return_url=settings.app_return_url,
        )


@lru_cache(maxsize=256)
def _render_entry_page(
    _language: str, branding: _Branding, item_count: int, signs_in: bool, asks_first: bool
) -> str:
    """Render the entry page with a placeholder for the token, in this request's language.

    Pages of different links differ in the token alone, so few have to be rendered.
    """
    return render_template(
        "entry_page.html",
        **branding._asdict(),
        item_count=item_count,
        signs_in=signs_in,
        asks_first=asks_first,
        token=_PLACEHOLDER,
    )
