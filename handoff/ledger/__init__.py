"""The ledger: one row for each handoff, from the transfer to the order.

The package does not use Flask. All it knows about the shop are numbers.
"""

from handoff.ledger.admin_login_block import LedgerLoginBlock
from handoff.ledger.completion_claim_repository import CompletionClaimRepository
from handoff.ledger.database import (
    Clock,
    Database,
    LedgerUnreachable,
    open_database,
    read_system_clock,
)
from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.lease_locks import Lease, LeaseLost, Leases
from handoff.ledger.migrate import (
    MigrationResult,
    find_newest_schema_version,
    migrate,
    read_schema_version,
    require_all_columns,
)
from handoff.ledger.models import (
    Handoff,
    LinkState,
    NewHandoff,
    build_reference_key,
    compute_digest,
    generate_handoff_id,
)
from handoff.ledger.refused_transfer_repository import RefusedTransfer, RefusedTransferRepository
from handoff.ledger.shown_page_repository import ShownPageRepository
from handoff.ledger.stored_session_repository import StoredSessionRepository, StorefrontSession

__all__ = [
    "Clock",
    "CompletionClaimRepository",
    "Database",
    "Handoff",
    "HandoffRepository",
    "Lease",
    "LeaseLost",
    "Leases",
    "LedgerLoginBlock",
    "LedgerUnreachable",
    "LinkState",
    "MigrationResult",
    "NewHandoff",
    "RefusedTransfer",
    "RefusedTransferRepository",
    "ShownPageRepository",
    "StoredSessionRepository",
    "StorefrontSession",
    "build_reference_key",
    "compute_digest",
    "find_newest_schema_version",
    "generate_handoff_id",
    "migrate",
    "open_database",
    "read_schema_version",
    "read_system_clock",
    "require_all_columns",
]
