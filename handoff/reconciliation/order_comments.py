"""Adds Poq's reference to orders, as a comment that only the shop's staff can see."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass

from handoff.ledger.models import Handoff
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.magento.orders import Orders

_PAGE_SIZE = 50  # handoffs; one call reads the comments of all their orders


@dataclass(frozen=True, slots=True)
class OrderCommenter:
    """Adds comments to the orders of the handoffs that the ledger has marked as due.

    It reads an order's comments before it adds one. So an order gets only one comment, even if a
    run was killed after the shop accepted the comment and before the ledger recorded that.
    """

    repository: ReconciliationRepository
    orders: Orders

    def add_due_comments(self) -> Iterator[bool]:
        """Add the comments that are due, and yield for each handoff if the shop accepted them."""
        for page in self.repository.iterate_comments_due(_PAGE_SIZE):
            order_ids = [order["id"] for handoff in page for order in handoff.valid_orders]
            comments = self.orders.fetch_comments(order_ids) if order_ids else {}
            for handoff in page:
                is_accepted = self._try_to_add_missing_comments(handoff, comments)
                if is_accepted:
                    self.repository.mark_commented(handoff)
                yield is_accepted

    def _try_to_add_missing_comments(
        self, handoff: Handoff, comments: dict[int, list[str]]
    ) -> bool:
        text = _build_comment_text(handoff)
        order_ids = [order["id"] for order in handoff.valid_orders]
        # An order that the shop has deleted is not in `comments` and needs no comment.
        missing = [
            order_id
            for order_id in order_ids
            if order_id in comments and text not in comments[order_id]
        ]
        return all(self.orders.try_to_add_comment(order_id, text) for order_id in missing)


def _build_comment_text(handoff: Handoff) -> str:
    # Magento's table cannot hold characters beyond U+FFFF and stores ? for them; the comment
    # would not be recognised later.
    reference = (char if ord(char) < 0x10000 else "?" for char in handoff.reference or "")
    # Magento's admin shows links and bold text in comments.
    return f"Poq reference: {html.escape(''.join(reference), quote=False)}"
