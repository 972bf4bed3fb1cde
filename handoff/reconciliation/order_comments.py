"""The reference on the order: a comment that the shop's own people see, put there once."""

from __future__ import annotations

from collections.abc import Iterator

from handoff.ledger.reconciliation_repository import Passage, ReconciliationRepository
from handoff.magento.orders import Orders

_AT_ONCE = 50  # orders whose comments are looked at together


class OrderCommenter:
    """Puts references on orders.

    Before a comment is written, the order's own comments are looked at. So none comes twice, also
    when a run was killed between the shop's comment and the ledger's note of it.
    """

    def __init__(self, passages: ReconciliationRepository, orders: Orders) -> None:
        self._passages = passages
        self._orders = orders

    def run(self) -> Iterator[bool]:
        """Annotate what is to be annotated; give for each passage whether the shop took it."""
        for page in self._passages.to_annotate(_AT_ONCE):
            wanted = [order["id"] for passage in page for order in passage.orders or ()]
            comments = self._orders.get_comments(wanted)
            for passage in page:
                taken = self._annotate(passage, comments)
                if taken:
                    self._passages.annotated(passage)
                yield taken

    def _annotate(self, passage: Passage, comments: dict[int, list[str]]) -> bool:
        words = _words(passage)
        orders = (order["id"] for order in passage.orders or ())
        missing = [each for each in orders if words not in comments.get(each, (words,))]
        return all(self._orders.add_comment(each, words) for each in missing)


def _words(passage: Passage) -> str:
    # Magento's table has no room for characters beyond the first plane and makes ???? of them;
    # the comment would not be found again.
    reference = (char if ord(char) < 0x10000 else "?" for char in passage.reference or "")
    return f"Poq reference: {''.join(reference)}"
