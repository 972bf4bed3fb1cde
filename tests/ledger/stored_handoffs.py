"""A ledger of a test's own, and handoffs that are written straight into it."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection, Executable, select

from handoff.deadline import Deadline
from handoff.ledger.database import open_database
from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.lease_locks import Leases
from handoff.ledger.migrate import migrate
from handoff.ledger.models import Handoff, IssuePeriod, NewHandoff, OrderFinding
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.ledger.tables import handoff
from tests.conftest import FakeClock

HOUR = 3_600_000  # milliseconds
ORDERS = [{"id": 1, "number": "000000001", "state": "new", "replaced_by": None}]
NEW_HANDOFF = NewHandoff(
    caller="poq",
    transfer_key="ref:r1",
    content_hash="one",
    reference="r1",
    kind="guest",
    store_code="default",
    quote_number=27,
    customer_id=None,
    customer_group_id=None,
    bag={"currency": "GBP", "lines": [{"sku": "A", "quantity": "2"}]},
)


class LedgerWithHandoffs:
    """A ledger with everything that works on it."""

    def __init__(self, url: str, clock: FakeClock) -> None:
        self.clock = clock
        self.database = open_database(url, clock)
        migrate(self.database)
        self.handoffs = HandoffRepository(self.database, ttl=300, grace=60)
        self.leases = Leases(self.database, seconds=10)
        self.reconciliation = ReconciliationRepository(self.database)

    def issue(self, new: NewHandoff = NEW_HANDOFF) -> Handoff:
        """Issue a handoff as a transfer does."""
        with self.leases.acquire(new.transfer_key, Deadline.after(0)) as lease:
            assert lease is not None
            return self.handoffs.issue_or_renew(lease, new)

    def insert(self, count: int = 1, **changes: Any) -> list[str]:
        """Write handoffs that were issued an hour ago, one each millisecond, and opened.

        Returns their ids.
        """
        issued = self.clock.now - HOUR
        rows = [
            {
                "id": secrets.token_urlsafe(16),
                "transfer_key": f"ref:{secrets.token_hex(16)}",
                "content_hash": "c",
                "reference": f"r{number}",
                "kind": "bag",
                "store_code": "default",
                "quote_number": secrets.randbelow(2**40),
                "bag": {"currency": "GBP", "lines": [{"sku": "A", "quantity": "1"}]},
                "issued_at": issued + number,
                "expires_at": issued + number + 300_000,
                "used_at": issued + number + 1000,
                "session_written_at": issued + number + 1100,
                "web_view_hash": "o",
                "customer_id": 5,
                "customer_group_id": 1,
                "reopen_count": 0,
                **changes,
            }
            for number in range(count)
        ]
        self.database.write(
            lambda connection: connection.execute(handoff.insert(), rows), durable=False
        )
        return [str(row["id"]) for row in rows]

    def read_all(self) -> list[Handoff]:
        """Return every handoff, the oldest first."""
        pages = self.reconciliation.iterate_issued_handoffs(IssuePeriod(0, self.clock.now + 1))
        return [found for page in pages for found in page]

    def read_rows(self) -> list[dict[str, Any]]:
        """Return every row of the table as it is stored."""
        with self.database.open_read_connection() as connection:
            return [dict(row) for row in connection.execute(select(handoff)).mappings()]

    def record(self, found: Handoff, **finding: Any) -> None:
        """Write down one finding of reconciliation."""
        self.reconciliation.record_findings([OrderFinding(handoff=found, **finding)])

    def execute(self, statement: Executable, values: Any = None) -> None:
        """Run a statement in a transaction of its own."""

        def work(connection: Connection) -> None:
            connection.execute(statement, values)

        self.database.write(work)
