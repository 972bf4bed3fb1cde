"""Asks the shop for the orders of a transfer when somebody of the support desk wants to know."""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog

from handoff.concurrency_limit import ConcurrencyLimit
from handoff.ledger.database import Database
from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.magento.orders import Orders
from handoff.problems import Busy, Problem
from handoff.reconciliation.reconciler import Reconciler

_SLOTS = 1  # of a worker's threads; a slow shop must not keep more of them from shoppers

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """Compares the bags of a transfer with the shop's orders, as `handoff reconcile` does.

    `orders` is None without the right to read orders.
    """

    database: Database
    handoffs: HandoffRepository
    repository: ReconciliationRepository
    orders: Orders | None
    limit: ConcurrencyLimit = field(default_factory=lambda: ConcurrencyLimit(_SLOTS))

    @property
    def can_read_orders(self) -> bool:
        """Whether the settings give the right to read orders."""
        return self.orders is not None

    def reconcile_handoff(self, handoff_id: str) -> str:
        """Ask the shop, record what it says, and return `compared`, `unknown` or a problem's code.

        `unknown` means that there is no such handoff. A worker asks for one handoff at a time.
        """
        if self.orders is None:
            return "no_right"
        try:
            with self.limit.acquire_slot(0):
                found = self.handoffs.find(handoff_id)
                if found is None:
                    return "unknown"
                reconciler = Reconciler(self.repository, self.orders, self.database.read_time)
                reconciler.reconcile_transfer(found.transfer_key)
        except Busy:
            return Busy.code
        except Problem as problem:
            log.warning("ops_order_check_failed", code=problem.code)
            return problem.code
        return "compared"
