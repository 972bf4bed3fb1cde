from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from urllib.parse import urlsplit

from flask import current_app

from handoff.sandbox.catalogue import Catalogue, lab_catalogue
from handoff.sandbox.clock import Clock
from handoff.sandbox.cookies import Cookies
from handoff.sandbox.orders import Orders
from handoff.sandbox.people import People, lab_people
from handoff.sandbox.quotes import Quotes
from handoff.sandbox.rules import Rules
from handoff.sandbox.sessions import SessionFiles
from handoff.sandbox.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Currency:
    code: str
    symbol: str

    def price(self, amount: object) -> str:
        return f"{self.symbol}{amount:,.2f}"


@dataclass(slots=True)
class Shop:
    """Everything that the stand-in shop knows; hold `lock` while touching it."""

    url: str
    currency: Currency
    clock: Clock
    sessions: SessionFiles
    catalogue: Catalogue
    people: People
    tokens: Tokens
    quotes: Quotes
    orders: Orders
    cookies: Cookies
    rules: Rules = field(default_factory=Rules)
    lock: RLock = field(default_factory=RLock)


def open_shop(
    *,
    url: str,
    session_path: Path,
    currency: Currency,
    cookie_domain: str | None,
    clock: Clock,
) -> Shop:
    """Stock the shop as the recorded one was, with nobody in it yet."""
    address = urlsplit(url)
    session_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Shop(
        url=url.rstrip("/"),
        currency=currency,
        clock=clock,
        sessions=SessionFiles(session_path),
        catalogue=lab_catalogue(),
        people=lab_people(clock),
        tokens=Tokens(clock),
        quotes=Quotes(clock),
        orders=Orders(clock),
        cookies=Cookies(
            cookie_domain or address.hostname or "localhost", address.scheme == "https", clock
        ),
    )


def current_shop() -> Shop:
    """Give the shop that the running Flask app serves."""
    shop = current_app.extensions["sandbox"]
    if not isinstance(shop, Shop):
        raise TypeError("this app was not made by create_shop")
    return shop
