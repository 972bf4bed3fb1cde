"""The ledger: one row for each passage of a shopper from app to checkout.

Knows nothing of Flask, and of the shop only numbers.
"""

from handoff.ledger.claims import Claim, ClaimLost, Claims
from handoff.ledger.clock import Clock, system_clock
from handoff.ledger.database import Database, LedgerAway, open_database
from handoff.ledger.ledger import Draft, Handoff, Ledger, State, new_id
from handoff.ledger.migrate import Migrated, migrate, newest_version, version_of
from handoff.ledger.tallies import Tallies, Tally

__all__ = [
    "Claim",
    "ClaimLost",
    "Claims",
    "Clock",
    "Database",
    "Draft",
    "Handoff",
    "Ledger",
    "LedgerAway",
    "Migrated",
    "State",
    "Tallies",
    "Tally",
    "migrate",
    "new_id",
    "newest_version",
    "open_database",
    "system_clock",
    "version_of",
]
