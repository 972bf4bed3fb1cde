"""Visitors, as Magento stores them: a password change ends the sessions of older ones.

A session names its visitor in `visitor_data`. Magento stores a visitor at every POST, and at a GET
only if `visitor_data` names another session id.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from handoff_sandbox.accounts import ShopCustomer
from handoff_sandbox.formats import Clock
from handoff_sandbox.php_sessions import PhpSession


@dataclass(frozen=True, slots=True)
class StoredVisitor:
    """A visitor, created at a whole second since 1970; `customer_id` is None for a guest."""

    created_at: int
    customer_id: int | None


@dataclass(slots=True)
class VisitorTable:
    """The visitors by number."""

    clock: Clock
    by_number: dict[int, StoredVisitor] = field(default_factory=dict)

    def store_visitor(self, session: PhpSession, *, is_safe_method: bool) -> None:
        """Store the session's visitor, if a request with this kind of method does so."""
        visitor = session.get_texts("default", "visitor_data")
        is_other_session = visitor.get("session_id", session.id) != session.id
        if is_safe_method and not is_other_session:
            return
        number = visitor.get("visitor_id") or str(len(self.by_number) + 1)
        if "visitor_id" not in visitor:
            customer = visitor.get("customer_id")
            self.by_number[int(number)] = StoredVisitor(
                int(self.clock()), None if customer is None else int(customer)
            )
        visitor |= {"visitor_id": number, "session_id": session.id}
        session.set_values("default", visitor_data=visitor)

    def has_ended(self, session: PhpSession, customer: ShopCustomer | None) -> bool:
        """Return whether the visitor's customer has changed the password after the visit began."""
        number = session.get_texts("default", "visitor_data").get("visitor_id", "")
        visitor = self.by_number.get(int(number)) if number.isdigit() else None
        if visitor is None or customer is None or customer.session_cutoff is None:
            return False
        return customer.session_cutoff > visitor.created_at
