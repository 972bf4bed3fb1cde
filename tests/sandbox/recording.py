"""The recorded exchanges with a real shop, and how an answer is compared with one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

FOLDER = Path(__file__).parent / "recordings"

NOT_REPLAYED = {
    "343-checkoutConfig-quoteData": "no exchange: cut out of a page's script that is not imitated",
    "820-checkoutConfig": "no exchange: cut out of a page's script; test_checkout.py reads it",
}
SPEAKS_GERMAN = "german-"
NOT_IMITATED = "options-and-a-free-line"

# Numbers and texts that are the recorded shop's own: only their kind is compared.
OWN = frozenset({"created_at", "updated_at", "data_id", "protect_code", "product_price", "src"})
# Hundreds of carts were made between the later recordings; until then the numbers are the same.
# The last ones are of a second shop of the same stock, which spells its addresses differently.
OWN_LATER = OWN | {"id", "item_id", "quote_id", "increment_id", "configure_url", "product_url"}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a shop: `cookies` without their values and dates, `body` parsed if JSON."""

    status: int
    content_type: str | None
    location: str | None
    cookies: frozenset[str]
    session: str | None
    body: object


@dataclass(frozen=True, slots=True)
class Recording:
    """An exchange; `written` is the session that stood in the store before it."""

    name: str
    at: float
    method: str
    path: str
    headers: Mapping[str, str]
    body: object
    answer: Answer
    written: str | None

    @property
    def sent_session(self) -> str | None:
        found = re.search(r"PHPSESSID=([^;]+)", self.headers.get("Cookie", ""))
        return found and found[1]


def read_recordings(folder: Path = FOLDER) -> list[Recording]:
    """Return all exchanges of a folder in the order in which they happened."""
    found = [_read(path) for path in folder.glob("*.json") if _is_replayed(path.stem)]
    return sorted(found, key=lambda one: (one.at, one.name))


def _is_replayed(name: str) -> bool:
    return name not in NOT_REPLAYED and SPEAKS_GERMAN not in name and NOT_IMITATED not in name


def build_answer(status: int, headers: Iterable[tuple[str, str]], body: object) -> Answer:
    pairs = list(headers)
    cookies = [value for name, value in pairs if name == "Set-Cookie"]
    sessions = [one for one in cookies if one.startswith("PHPSESSID=")]
    return Answer(
        status,
        content_type=_find_header(pairs, "Content-Type"),
        location=_find_header(pairs, "Location"),
        cookies=frozenset(mask_cookie_value(one) for one in cookies),
        session=sessions[-1].partition("=")[2].partition(";")[0] if sessions else None,
        body=body,
    )


def mask_cookie_value(line: str) -> str:
    """Return a Set-Cookie line without what differs each time: 'form_key=…; Max-Age=3600; …'."""
    without_date = re.sub(r"expires=[^;]*; ", "", line)
    value = "deleted" if "=deleted;" in line else "…"
    return re.sub(r"=[^;]*", f"={value}", without_date, count=1)


def find_differences(
    recorded: object, given: object, own: frozenset[str] = OWN, path: str = ""
) -> list[str]:
    """List where the shapes differ, or values that both shops should agree on."""
    if isinstance(recorded, dict) and isinstance(given, dict):
        if recorded.keys() != given.keys():
            return [f"{path}: keys {sorted(recorded.keys() ^ given.keys())}"]
        pairs = [(recorded[key], given[key], f"{path}.{key}") for key in recorded]
    elif isinstance(recorded, list) and isinstance(given, list):
        if len(recorded) != len(given):
            return [f"{path}: {len(given)} instead of {len(recorded)}"]
        pairs = [(r, given[n], f"{path}[{n}]") for n, r in enumerate(recorded)]
    else:
        return _find_value_differences(recorded, given, own, path)
    return [each for r, g, where in pairs for each in find_differences(r, g, own, where)]


def _find_value_differences(
    recorded: object, given: object, own: frozenset[str], path: str
) -> list[str]:
    if _get_kind(recorded) != _get_kind(given):
        return [f"{path}: {given!r} is no {_get_kind(recorded)}"]
    name = path.rpartition(".")[2]
    if name in own or mask_random_part(recorded) == mask_random_part(given):
        return []
    return [f"{path}: {given!r} instead of {recorded!r}"]


def mask_random_part(value: object) -> object:
    return re.sub(r"webapi-[0-9a-f]+", "webapi-…", value) if isinstance(value, str) else value


def _get_kind(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__


def _read(path: Path) -> Recording:
    data = json.loads(path.read_text())
    request, response = data["request"], data["response"]
    headers = [(name, value) for name, value in response["headers"]]
    at = parsedate_to_datetime(_find_header(headers, "Date") or "").timestamp()
    return Recording(
        # Two exchanges carry the same name; their files do not.
        name=path.stem,
        at=at,
        method=request["method"],
        path=request["path"],
        headers=request["headers"],
        body=request["body"],
        answer=build_answer(response["status"], headers, response["body"]),
        written=request.get("session"),
    )


def _find_header(pairs: Iterable[tuple[str, str]], wanted: str) -> str | None:
    return next((value for name, value in pairs if name == wanted), None)
