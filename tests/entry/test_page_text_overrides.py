"""`HANDOFF_PAGE_TEXTS`: the shop's own wording of the pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from handoff.page_text_overrides import load_page_texts
from handoff.settings import Settings, check_settings
from tests.conftest import MakeApp, Poq

GERMAN = """
msgid "Go back to the app and tap Checkout again."
msgstr "Gehen Sie zurück zur App und tippen Sie noch einmal auf Zur Kasse."

msgid "There is %(num)d item in your bag."
msgid_plural "There are %(num)d items in your bag."
msgstr[0] "In Ihrem Korb liegt %(num)d Artikel."
msgstr[1] "In Ihrem Korb liegen %(num)d Artikel."
"""
ENGLISH = """
msgid "This link does not work"
msgstr "Sorry, this link is broken"

msgid "Back to the app"
msgstr ""
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "de.po").write_text(GERMAN, "utf-8")
    (folder / "en.po").write_text(ENGLISH, "utf-8")
    return folder


def test_the_shops_words_replace_ours_and_the_rest_stays(make_app: MakeApp, folder: Path) -> None:
    phone = make_app(page_texts=str(folder), app_return_url="shopapp://x").test_client()
    german = phone.get("/h/nothing", headers={"Accept-Language": "de"}).text
    assert "Gehen Sie zurück zur App" in german
    assert "Dieser Link funktioniert nicht" in german
    english = phone.get("/h/nothing", headers={"Accept-Language": "en"}).text
    assert "Sorry, this link is broken" in english
    assert "Back to the app" in english  # an empty text is none
    assert "Ce lien" in phone.get("/h/nothing", headers={"Accept-Language": "fr"}).text


@pytest.mark.parametrize(("quantity", "text"), [(1, "liegt 1"), (3, "liegen 3")])
def test_a_text_with_a_number_has_its_plurals(
    make_app: MakeApp, folder: Path, quantity: int, text: str
) -> None:
    client = make_app(page_texts=str(folder)).test_client()
    link = Poq(client).request_link(("ITEM-01", quantity))
    page = client.get(link, headers={"Accept-Language": "de"})
    assert f"In Ihrem Korb {text} Artikel." in page.text


def test_a_percent_sign_is_written_twice(make_app: MakeApp, tmp_path: Path) -> None:
    (tmp_path / "en.po").write_text('msgid "It may be incomplete."\nmsgstr "100%% broken"\n')
    page = make_app(page_texts=str(tmp_path)).test_client().get("/h/nothing").text
    assert "100% broken" in page


def test_polish_plurals_need_no_header(tmp_path: Path) -> None:
    (tmp_path / "pl.po").write_text(
        GERMAN.replace("msgstr[1]", 'msgstr[2] "%(num)d wiele"\nmsgstr[1]'), "utf-8"
    )
    texts = load_page_texts(str(tmp_path))["pl"]
    one, many = "There is %(num)d item in your bag.", "There are %(num)d items in your bag."
    assert [texts.ungettext(one, many, number)[:11] for number in (1, 2, 5)] == [
        "In Ihrem Ko",
        "In Ihrem Ko",
        "%(num)d wie",
    ]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("de.po", 'msgid "No such text"\nmsgstr "x"\n', "no page has the text “No such text”"),
        ("de.po", GERMAN.replace("liegt %(num)d", "liegt"), "has other values than"),
        ("de.po", 'msgid "Try again"\nmsgstr "100% again"\n', "has a lone %; write %% for it"),
        ("de.po", "this is no catalogue", "cannot be read"),
        ("sv.po", GERMAN, "has sv.po, but the pages are not in this language"),
        ("readme.txt", "", "must be a folder with catalogues such as de.po"),
    ],
)
def test_a_folder_that_cannot_be_used_is_a_fault(
    tmp_path: Path, name: str, text: str, fault: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    [message] = [f for f in check_settings(page_texts=str(tmp_path)).faults if "PAGE_TEXTS" in f]
    assert message.startswith("HANDOFF_PAGE_TEXTS: ")
    assert fault in message
    with pytest.raises(ValidationError):
        Settings(page_texts=str(tmp_path))


def test_a_folder_that_does_not_exist_is_a_fault() -> None:
    faults = check_settings(page_texts="/no/such/folder").faults
    assert any("HANDOFF_PAGE_TEXTS: must be a folder" in fault for fault in faults)
