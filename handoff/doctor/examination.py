"""The checks in their order, and how they are gone through."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import chain, count

from handoff.doctor.access import (
    address,
    administrator,
    endpoints,
    limits,
    speed,
    stores,
)
from handoff.doctor.case import Case
from handoff.doctor.data import buying, products, search
from handoff.doctor.data import shop as catalogue
from handoff.doctor.finding import Finding, unknown, warning
from handoff.doctor.probe import OutOfTime, Silence
from handoff.doctor.report import Part, Report, Section
from handoff.doctor.way_in import clock, configured, cookie, ledger, passage, service, session_store

_SLOW = "Look why the shop is slow."

Look = Callable[[Case], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check; `needs_shop` ones are left out where the shop's REST does not serve."""

    name: str
    look: Look
    needs_shop: bool = True


@dataclass(frozen=True, slots=True)
class _Chapter:
    title: str
    checks: tuple[Check, ...]


def _here(name: str, look: Look) -> Check:
    return Check(name, look, needs_shop=False)


_WAY_IN = (
    _Chapter(
        "Settings",
        (
            _here("Settings", configured.settings_fit),
            _here("Keys", configured.keys_are_good),
            _here("Ledger", ledger.ledger_is_good),
        ),
    ),
    _Chapter(
        "Service and session store",
        (
            _here("Service", service.service_is_in_place),
            _here("Session store", session_store.store_takes_sessions),
            Check("Clock", clock.clocks_agree),
        ),
    ),
    _Chapter(
        "Session cookie",
        (
            _here("Cookie", cookie.cookie_is_the_shops),
            _here("Who shares the cookie", cookie.neighbours_are_few),
        ),
    ),
    _Chapter(
        "Into checkout",
        (
            Check("Bag into checkout", passage.bag_gets_into_checkout),
            Check("Customer's session", passage.customer_is_known),
            Check("Redirects of checkout", passage.redirects_are_allowed),
        ),
    ),
)
_ACCESS = (
    _Chapter(
        "Address",
        (_here("Address of REST", address.rest_is_there), _here("TLS", address.tls_is_good)),
    ),
    _Chapter(
        "Administrator",
        (
            Check("Administrator", administrator.administrator_gets_in),
            Check("Right to read orders", administrator.rights_are_enough),
        ),
    ),
    _Chapter("Store views", (Check("Store views", stores.stores_are_the_shops),)),
    _Chapter(
        "Endpoints of Poq's guide",
        (
            Check("Customer's login", endpoints.customer_gets_in),
            Check("Endpoints", endpoints.endpoints_serve),
        ),
    ),
    _Chapter(
        "Limits",
        (
            Check("Guest checkout", limits.guests_may_buy),
            Check("Lifetimes", limits.lifetimes_are_long_enough),
        ),
    ),
    _Chapter(
        "Speed",
        (
            Check("GraphQL", speed.graphql_is_there),
            Check("Time to build a bag", speed.bags_are_quick),
        ),
    ),
)
_DATA = (
    _Chapter("Shop", (Check("Category tree", catalogue.categories_are_filled),)),
    _Chapter("Product list", (Check("Products", products.products_can_be_listed),)),
    _Chapter("Product page", (Check("Product page", products.products_can_be_shown),)),
    _Chapter("Search", (Check("Search", search.words_are_found),)),
    _Chapter("Filters", (Check("Filters", search.filters_have_something_to_filter),)),
    _Chapter(
        "Cart",
        (
            Check("Test bag", buying.bag_is_taken),
            Check("By sku alone", buying.products_can_be_bought),
        ),
    ),
    _Chapter("Account", (Check("Details", buying.account_is_whole),)),
)
_CHAPTERS = {"way-in": _WAY_IN, "access": _ACCESS, "data": _DATA}
PARTS = {
    "way-in": "The way in",
    "access": "Access",
    "data": "The data behind the app's features",
}


def examine(
    case: Case,
    *,
    parts: Collection[str] = tuple(PARTS),
    progress: Callable[[str, int, int], None] = lambda name, done, of: None,
) -> Report:
    """Go through the checks, and take away what they made, also when interrupted.

    `progress` is told the name of each check before it, how many are done, and of how many.
    """
    began, started = datetime.now(UTC), time.monotonic()
    total = sum(len(chapter.checks) for code in parts for chapter in _CHAPTERS[code])
    numbers = count()

    def look(check: Check) -> list[Finding]:
        progress(check.name, next(numbers), total)
        return _findings(check, case)

    try:
        examined = tuple(_part(code, look) for code in PARTS if code in parts)
    finally:
        progress("Tidying up", total, total)
        case.traces.clear()
    return Report(
        shop=case.places[0].storefront_url,
        service=case.places[0].public_url,
        began=began,
        seconds=time.monotonic() - started,
        parts=examined,
        left=case.traces.left,
    )


def _part(code: str, look: Callable[[Check], list[Finding]]) -> Part:
    sections = (
        Section(chapter.title, tuple(chain.from_iterable(map(look, chapter.checks))))
        for chapter in _CHAPTERS[code]
    )
    return Part(code, PARTS[code], tuple(sections))


def _findings(check: Check, case: Case) -> list[Finding]:
    """Return what a check yields; what stops it is a finding, and stops no other."""
    found: list[Finding] = []
    try:
        if check.needs_shop and not _serves(case):
            return [unknown(check.name, "The shop's REST does not serve.")]
        for finding in check.look(case):
            found.append(finding)
    except Silence as silence:
        found.append(warning(check.name, f"Not heard to its end. {silence.words}", _SLOW))
    except OutOfTime:
        found.append(
            warning(check.name, "No time was left for it.", f"{_SLOW} Or raise --timeout.")
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        found.append(unknown(check.name, "The shop's answer has not the form of Magento's."))
    return found


def _serves(case: Case) -> bool:
    try:
        return case.front_door().status == HTTPStatus.OK
    except Silence:
        return False
