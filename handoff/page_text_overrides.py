"""The shop's own wording of the pages: a folder with a catalogue `<language>.po` for each language.

A catalogue has gettext's format. It holds only the texts that the shop words differently.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from handoff.resource_folders import find_resource_folder

LANGUAGES = ("en", "ar", "de", "es", "fr", "it", "nl", "pl")

_VALUE = re.compile(r"%\(\w+\)[sd]")


def load_page_texts(folder: str) -> dict[str, Translations]:
    """Return the shop's translations by language; any other text comes from Handoff's own.

    Raises ValueError for a folder or a catalogue that cannot be used.
    """
    return {
        language: _build_translations(language, own)
        for language, own in _read_folder(folder).items()
    }


def check_page_texts(folder: str) -> str:
    """Return the folder, or raise ValueError with its faults."""
    known = _read_own_messages()
    for language, catalogue in _read_folder(folder).items():
        for message in catalogue:
            text = _get_id(message)
            if text and text not in known:
                raise ValueError(f"{language}.po: no page has the text “{text}”")
            for own in filter(None, _list_strings(message) if text else ()):
                _check_values(own, text, f"{language}.po")
    return folder


def _check_values(own: str, text: str, file: str) -> None:
    """Raise ValueError unless a text has the same `%(…)` values as ours, and no other `%`."""
    if sorted(_VALUE.findall(own)) != sorted(_VALUE.findall(text)):
        raise ValueError(f"{file}: “{own}” has other values than “{text}”")
    if "%" in _VALUE.sub("", own).replace("%%", ""):
        raise ValueError(f"{file}: “{own}” has a lone %; write %% for it")


def _read_own_messages() -> set[str]:
    file = find_resource_folder("translations") / "de" / "LC_MESSAGES" / "messages.po"
    return {_get_id(message) for message in _read_catalogue(file, "de")}


def _read_folder(folder: str) -> dict[str, Catalog]:
    try:
        files = {file.stem: file for file in sorted(Path(folder).glob("*.po"))}
        if unknown := files.keys() - {*LANGUAGES}:
            raise ValueError(f"has {min(unknown)}.po, but the pages are not in this language")
        catalogues = {stem: _read_catalogue(file, stem) for stem, file in files.items()}
    except (OSError, UnicodeDecodeError, PoFileError) as error:
        raise ValueError(f"has a catalogue that cannot be read: {type(error).__name__}") from None
    if not catalogues:
        raise ValueError("must be a folder with catalogues such as de.po")
    return catalogues


def _read_catalogue(file: Path, language: str) -> Catalog:
    with file.open(encoding="utf-8") as stream:
        # The language decides the forms of plurals if the file does not.
        return read_po(stream, locale=language, abort_invalid=True)


def _build_translations(language: str, catalogue: Catalog) -> Translations:
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    texts = Translations(compiled)
    texts.add_fallback(Translations.load(find_resource_folder("translations"), [language]))
    return texts


def _get_id(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _list_strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
