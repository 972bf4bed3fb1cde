"""The languages of the pages: choosing one for a request, and its translations."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, g, request
from flask_babel import Babel, get_translations
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from handoff.resource_folders import find_resource_folder

LANGUAGES = ("en", "ar", "de", "es", "fr", "it", "nl", "pl")


def init_babel(app: Flask) -> None:
    """Translate the templates of an app with the catalogues in `translations/`."""
    Babel(
        app,
        default_locale="en",
        default_translation_directories=str(find_resource_folder("translations")),
        locale_selector=get_page_language,
    )
    # flask-babel's own functions look the catalogue up again for every message.
    environment: Any = app.jinja_env
    environment.install_gettext_callables(
        gettext=lambda message: _load_catalogue().ugettext(message),
        ngettext=lambda one, many, number: _load_catalogue().ungettext(one, many, number),
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


@lru_cache(maxsize=256)  # browsers send few different values
def _choose_language(accept_language: str) -> str:
    accepted = parse_accept_header(accept_language, LanguageAccept)
    return accepted.best_match(LANGUAGES) or "en"


def _load_catalogue() -> NullTranslations:
    """Return the translations for this request's language, loaded once for each request."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    catalogue: NullTranslations = g.catalogue
    return catalogue
