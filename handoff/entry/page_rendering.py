"""Rendering the pages that a web view gets, in the language of the shopper."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

import structlog
from babel import Locale
from babel.support import NullTranslations
from flask import Flask, Response, current_app, g, render_template, request
from flask_babel import Babel, get_translations
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from handoff.entry.inline_script import build_script_source, read_inline_script
from handoff.entry.result_pages import ResultPage
from handoff.ledger.database import Database
from handoff.ledger.models import Handoff
from handoff.ledger.shown_pages import record_shown_page
from handoff.operations.security_headers import POLICY_HEADER, build_policy
from handoff.page_text_overrides import LANGUAGES, load_page_texts
from handoff.problems import LedgerUnavailable
from handoff.resource_folders import find_resource_folder
from handoff.settings import Settings
from handoff.settings.store_view_models import StoreSite
from handoff.support_code import build_support_code

_TEXTS_EXTENSION = "handoff.page_text_overrides"

# The characters of `Accept-Language` that are read. Browsers send less, and each language costs
# time.
_MAX_ACCEPT_LANGUAGE = 200

# Replaces the token in a cached page. NUL occurs nowhere else in a page.
_PLACEHOLDER = "\0"


class _Branding(NamedTuple):
    """The values that all pages of a site share. `base` is the path prefix of this service.

    `texts_folder` only keeps pages with different wordings apart.
    """

    base: str
    shop: str
    logo_url: str | None
    dark_logo_url: str | None
    texts_folder: str | None
    poq_script_url: str | None
    poq_script_integrity: str | None
    app_return_url: str | None


class PageRenderer:
    """Renders pages with the branding of a handoff's site, in the shopper's language."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._sites = settings.store_sites
        self._store_views = settings.store_views
        self._posting_page_policy = build_policy(settings, build_script_source())

    def render_entry_page(self, handoff: Handoff, token: str, *, asks_first: bool) -> Response:
        """Return the page that posts itself or, with `asks_first`, waits for a tap."""
        site = self._sites.choose_by_code(handoff.store_code)
        self._set_language(handoff)
        page = _render_entry_page(
            get_page_language(),
            self._build_branding(site),
            handoff.item_count,
            handoff.customer_id is not None,
            asks_first,
        )
        response = Response(page.replace(_PLACEHOLDER, token))
        if not asks_first:
            response.headers[POLICY_HEADER] = self._posting_page_policy
        return response

    def render_result_page(
        self,
        page: ResultPage,
        handoff: Handoff | None = None,
        token: str | None = None,
        order_numbers: Sequence[str] = (),
    ) -> Response:
        """Return a result page. With a `token` it has a button that tries the link again."""
        structlog.contextvars.bind_contextvars(page=page.code)
        if handoff is None:
            site = self._sites.choose_by_host(request.host)
        else:
            site = self._sites.choose_by_code(handoff.store_code)
            self._set_language(handoff)
            self._record_shown_page(handoff, page)
        html = render_template(
            "result_page.html",
            **self._build_branding(site)._asdict(),
            page=page,
            order_numbers=order_numbers,
            support_code=build_support_code(structlog.contextvars.get_contextvars()),
            token=token,
        )
        response = Response(html, page.status)
        if page.retry_after is not None:
            response.headers["Retry-After"] = str(page.retry_after)
        return response

    def _record_shown_page(self, handoff: Handoff, page: ResultPage) -> None:
        with suppress(LedgerUnavailable):  # it is logged, and the shopper needs the page
            record_shown_page(self._database, handoff, page.code)

    def _set_language(self, handoff: Handoff) -> None:
        store = self._store_views.find_by_code(handoff.store_code)
        set_page_language(store.language if store else None)

    def _build_branding(self, site: StoreSite) -> _Branding:
        settings = self._settings
        return _Branding(
            base=site.public_parts.path,
            shop=settings.shop_name or site.storefront_parts.hostname or "",
            logo_url=settings.shop_logo_url or settings.shop_logo_dark_url,
            dark_logo_url=settings.shop_logo_dark_url,
            texts_folder=settings.page_texts,
            poq_script_url=settings.poq_script_url,
            poq_script_integrity=settings.poq_script_integrity,
            app_return_url=settings.app_return_url,
        )


@lru_cache(maxsize=256)
def _render_entry_page(
    _language: str, branding: _Branding, item_count: int, signs_in: bool, asks_first: bool
) -> str:
    """Render the entry page with a placeholder for the token, in this request's language.

    Pages of different links differ only in the token, so few pages have to be rendered.
    """
    return render_template(
        "entry_page.html",
        **branding._asdict(),
        item_count=item_count,
        signs_in=signs_in,
        asks_first=asks_first,
        token=_PLACEHOLDER,
        post_form_script=read_inline_script(),
    )


def init_babel(app: Flask, texts_folder: str | None) -> None:
    """Translate the templates of an app with the shop's own texts and those in `translations/`."""
    app.extensions[_TEXTS_EXTENSION] = load_page_texts(texts_folder) if texts_folder else {}
    Babel(
        app,
        default_locale="en",
        default_translation_directories=str(find_resource_folder("translations")),
        locale_selector=get_page_language,
    )
    # flask-babel's own functions look up the catalogue again for every message.
    environment: Any = app.jinja_env
    environment.install_gettext_callables(
        gettext=lambda message: _load_translations().ugettext(message),
        ngettext=lambda one, many, number: _load_translations().ungettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals["lang"] = get_page_language
    app.jinja_env.globals["direction"] = get_text_direction


def set_page_language(language: str | None) -> None:
    """Use a store view's language for this request, if there is a catalogue for it."""
    wanted = (language or "").replace("-", "_").split("_")[0].lower()
    if wanted in LANGUAGES:
        g.language = wanted


def get_page_language() -> str:
    """Return the language of this request's page, for the `lang` attribute."""
    if "language" not in g:
        g.language = _choose_language(request.headers.get("Accept-Language", ""))
    language: str = g.language
    return language


def get_text_direction() -> str:
    """Return `ltr` or `rtl`, for the `dir` attribute."""
    return Locale(get_page_language()).text_direction


def _choose_language(accept_language: str) -> str:
    if len(accept_language) > _MAX_ACCEPT_LANGUAGE:
        accept_language = accept_language[:_MAX_ACCEPT_LANGUAGE].rpartition(",")[0]
    accepted = parse_accept_header(accept_language, LanguageAccept)
    return accepted.best_match(LANGUAGES) or "en"


def _load_translations() -> NullTranslations:
    """Return the translations for this request's language, loaded once for each request."""
    if "catalogue" not in g:
        own_texts = current_app.extensions[_TEXTS_EXTENSION]
        g.catalogue = own_texts.get(get_page_language()) or get_translations()
    catalogue: NullTranslations = g.catalogue
    return catalogue
