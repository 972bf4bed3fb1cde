"""The health of the service for the ops pages: the parts that it needs, and the versions."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass

from handoff import __version__
from handoff.deadline import Deadline
from handoff.ledger.database import Database
from handoff.ledger.migrate import get_newest_schema_version
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.magento.client import MagentoClient
from handoff.magento.no_response import NoResponse
from handoff.operations.health import ReadinessCheck
from handoff.problems import LedgerUnavailable, Problem
from handoff.recent_value import RecentValue
from handoff.settings import Settings

OK, FAILING, NOTE = "ok", "failing", "note"

_SHOP_TIMEOUT = 2.0  # seconds for each of two calls
_SHOP_FRESH_FOR = 15.0  # seconds
_MAGENTO_VERSION = re.compile(r"Magento/([0-9.]{1,20}) \(([A-Za-z ]{1,30})\)")


@dataclass(frozen=True, slots=True)
class PartState:
    """The state of a part: its name, `ok`, `failing` or `note`, and a sentence."""

    name: str
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class _ShopAnswer:
    part: PartState
    magento_version: str | None


class ServiceHealth:
    """Describes the parts of one service. Asking the shop takes four seconds at most."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        client: MagentoClient,
        readiness: ReadinessCheck,
        *,
        can_read_orders: bool,
    ) -> None:
        self._settings = settings
        self._client = client
        self._readiness = readiness
        self._reconciliation = ReconciliationRepository(database)
        self._can_read_orders = can_read_orders
        self._shop = RecentValue(self._ask_shop, seconds=_SHOP_FRESH_FOR)

    def list_parts(self) -> list[PartState]:
        """Return the state of each part, from the shop to the webhooks."""
        checked = self._readiness.check_parts()
        parts = [self._shop.get().part]
        if self._settings.paused:
            text = "Everyone is asked to come back later (HANDOFF_PAUSED)."
            parts.insert(0, PartState("Service", NOTE, text))
        parts.append(_build_session_store_state(checked["session_store"] == OK))
        parts.append(_build_ledger_state(checked["ledger"] == OK))
        parts += self._build_order_states(checked.get("admin_login"))
        parts.append(_build_webhooks_state(checked))
        return parts

    def list_versions(self) -> list[tuple[str, str]]:
        """Return the name and the version of each program that runs."""
        magento = self._shop.get().magento_version
        return [
            ("Handoff", __version__),
            ("Python", platform.python_version()),
            ("Ledger", get_newest_schema_version()),
            ("Magento", magento or "not known: the shop does not tell"),
        ]

    def _ask_shop(self) -> _ShopAnswer:
        name, store = "Shop", self._settings.store_views.default
        deadline = Deadline.within_request(_SHOP_TIMEOUT)
        try:
            self._client.call_rest("GET", "directory/currency", store=store.code, deadline=deadline)
        except Problem as problem:
            return _ShopAnswer(PartState(name, FAILING, problem.as_json()["detail"]), None)
        return _ShopAnswer(PartState(name, OK, "It answers."), self._read_magento_version())

    def _read_magento_version(self) -> str | None:
        site = self._settings.build_store_site(self._settings.store_views.default)
        url = f"{site.storefront_url}/magento_version"
        deadline = Deadline.within_request(_SHOP_TIMEOUT)
        try:
            answer = self._client.request_page("GET", url, headers={}, deadline=deadline)
        except NoResponse:
            return None
        match = _MAGENTO_VERSION.match(answer.text)
        return f"{match[1]} ({match[2]})" if match else None

    def _build_order_states(self, admin_login: str | int | None) -> Iterator[PartState]:
        name = "Orders"
        if not self._can_read_orders:
            text = "Handoff may not read the shop's orders, so it does not know which were placed."
            yield PartState(name, NOTE, text)
            return
        if admin_login not in (None, OK):
            text = "The shop refuses the administrator's login (admin_login_refused in the log)."
            yield PartState(name, FAILING, text)
            return
        try:
            count = self._reconciliation.count_due_handoffs()
        except LedgerUnavailable:
            return
        text = "handoff reconcile has nothing to do." if not count else ""
        text = text or f"{count:,} handoffs wait for handoff reconcile."
        yield PartState(name, OK, text)


def _build_session_store_state(is_writable: bool) -> PartState:
    if is_writable:
        return PartState("Session store", OK, "Sessions can be written.")
    text = "No session can be written (session_store_unavailable in the log says why)."
    return PartState("Session store", FAILING, f"{text} Shoppers are asked to try again.")


def _build_ledger_state(is_writable: bool) -> PartState:
    if is_writable:
        return PartState("Ledger", OK, "It can be read and written.")
    text = "It cannot be written (ledger_failed in the log says why). No link can be used."
    return PartState("Ledger", FAILING, text)


def _build_webhooks_state(checked: dict[str, str | int]) -> PartState:
    name, state = "Webhooks", checked.get("webhooks")
    if state is None:
        return PartState(name, NOTE, "There is no receiver.")
    if state != OK:
        text = f"The oldest event has waited for {checked.get('webhook_delay', 0):,} seconds."
        return PartState(name, FAILING, text)
    return PartState(name, OK, "Events are delivered in time.")
