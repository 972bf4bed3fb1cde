"""Which language a page speaks, and in which direction that is read."""

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
    """Let pages speak the shopper's language, out of the catalogues in `translations/`."""
    Babel(
        app,
        default_locale="en",
        default_translation_directories=str(find_resource_folder("translations")),
        locale_selector=page_language,
    )
    # flask-babel's own find the language out at every word.
    environment: Any = app.jinja_env
    environment.install_gettext_callables(
        gettext=lambda words: _catalogue().ugettext(words),
        ngettext=lambda one, many, number: _catalogue().ungettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals["lang"] = page_language
    app.jinja_env.globals["direction"] = text_direction


def set_page_language(page_language: str | None) -> None:
    """Let this request's page speak a store view's language, where we speak that."""
    wanted = (page_language or "").replace("-", "_").split("_")[0].lower()
    if wanted in LANGUAGES:
        g.language = wanted


def page_language() -> str:
    """Return the language of this request's page, as `lang` has it."""
    if "language" not in g:
        g.language = _best_of(request.headers.get("Accept-Language", ""))
    chosen: str = g.language
    return chosen


@lru_cache(maxsize=256)  # there are few that browsers send
def _best_of(accepted: str) -> str:
    return parse_accept_header(accepted, LanguageAccept).best_match(LANGUAGES) or "en"


def text_direction() -> str:
    """Return `ltr` or `rtl`, as `dir` has it."""
    return Locale(page_language()).text_direction


def _catalogue() -> NullTranslations:
    """Return the words of this request's language, found out at the first of them."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    catalogue: NullTranslations = g.catalogue
    return catalogue
