"""The language of a page, and the completeness of the catalogues."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

import handoff
from handoff.page_text_overrides import LANGUAGES
from handoff.settings.store_view_models import StoreView
from tests.conftest import STORE, MakeApp, Poq

ROOT = Path(handoff.__file__).parents[1]
_PLACEHOLDERS = re.compile(r"%\(\w+\)[sd]")
TRANSLATED = [language for language in LANGUAGES if language != "en"]


def get_catalogue_path(language: str) -> Path:
    return ROOT / "translations" / language / "LC_MESSAGES" / "messages.po"


def extract_messages() -> set[str]:
    """Return all texts of the pages that have to be translated."""
    found = extract_from_dir(
        ROOT,
        method_map=[("handoff/entry/**.py", "python"), ("templates/**.html", "jinja2")],
        keywords={"_": None, "mark_translatable": None, "ngettext": (1, 2)},
    )
    return {item[2][0] if isinstance(item[2], tuple) else item[2] for item in found}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    with get_catalogue_path(language).open("rb") as stream:
        read = read_po(stream, locale=language)
    known = {m.id[0] if isinstance(m.id, tuple) else m.id: m for m in read if m.id}
    assert set(known) == extract_messages()
    for text, message in known.items():
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(forms), text
        assert not message.fuzzy, text
        for form in forms:
            assert sorted(_PLACEHOLDERS.findall(str(form))) == sorted(
                _PLACEHOLDERS.findall(str(text))
            ), text


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_up_to_date(language: str) -> None:
    """`make translations` compiles them."""
    with get_catalogue_path(language).open("rb") as text:
        written = read_po(text)
    with get_catalogue_path(language).with_suffix(".mo").open("rb") as compiled:
        read = read_mo(compiled)
    assert len(read) == len(written) > 20
    for message in written:
        if message.id:
            found = read.get(message.id)
            assert found is not None
            assert list(found.string or "") == list(message.string or "")


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("pl", "pl"),
        ("sv,fi;q=0.9", "en"),
        ("sv,fr;q=0.5", "fr"),
        ("", "en"),
        ("*", "en"),
    ],
)
def test_the_browser_decides_the_language(client: FlaskClient, asked: str, language: str) -> None:
    page = client.get("/h/x", headers={"Accept-Language": asked}).text
    assert f'<html lang="{language}" dir="ltr">' in page


def test_languages_beyond_the_first_200_characters_are_ignored(client: FlaskClient) -> None:
    for filler, language in (("sv," * 60, "de"), ("sv," * 70, "en"), ("s" * 7000 + ",", "en")):
        page = client.get("/h/x", headers={"Accept-Language": f"{filler}de"}).text
        assert f'<html lang="{language}"' in page


def test_arabic_pages_run_from_right_to_left(client: FlaskClient) -> None:
    page = client.get("/h/x", headers={"Accept-Language": "ar"}).text
    assert '<html lang="ar" dir="rtl">' in page
    assert "هذا الرابط لا يعمل" in page


def test_the_store_views_language_wins_over_the_browsers(make_app: MakeApp) -> None:
    store = StoreView(**{**STORE, "language": "nl_NL"})
    app = make_app(stores=(store,))
    link = Poq(app.test_client()).request_link()
    page = app.test_client().get(link, headers={"Accept-Language": "de"})
    assert '<html lang="nl"' in page.text
    unknown = app.test_client().get("/h/x", headers={"Accept-Language": "de"})
    assert '<html lang="de"' in unknown.text


def test_without_a_catalogue_for_the_store_views_language_the_browser_decides(
    make_app: MakeApp,
) -> None:
    app = make_app(stores=(StoreView(**{**STORE, "language": "sv-SE"}),))
    link = Poq(app.test_client()).request_link()
    page = app.test_client().get(link, headers={"Accept-Language": "de"})
    assert '<html lang="de"' in page.text


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (1, "jest 1 produkt."),
        (3, "są 3 produkty."),
        (5, "jest 5 produktów."),
        (22, "są 22 produkty."),
    ],
)
def test_plural_forms_follow_the_language(
    poq: Poq, client: FlaskClient, items: int, words: str
) -> None:
    link = poq.request_link(("ITEM-01", items))
    assert words in client.get(link, headers={"Accept-Language": "pl"}).text
