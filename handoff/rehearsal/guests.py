"""The guests: one with a quote that the app has made, and one with a bag."""

from __future__ import annotations

import secrets
from typing import Any

from handoff.reconciliation.report import ReportState
from handoff.rehearsal.carts import Cart, in_words
from handoff.rehearsal.checkout import Checkout
from handoff.rehearsal.outcome import BREACH, Step, Unexpected
from handoff.rehearsal.passage import Passage, require_bag, require_total
from handoff.rehearsal.purchase import Purchase, buy
from handoff.rehearsal.stage import Stage

_EMAIL = "handoff-rehearsal@example.com"  # a domain that nobody has
_NO_ORDERS = "orders may not be read: set HANDOFF_MAGENTO_ACCESS_TOKEN, or an administrator"
_NOT_MATCHED = (
    "Does the running service write another ledger than HANDOFF_DATABASE_URL names here? What "
    "`handoff reconcile` says of the reference tells more."
)
_IN_TIME = "The shop removes guests' carts in time."
_BY_HAND = "Cancel it by hand, in the shop's admin."


class GuestQuote:
    """A guest whose cart the app keeps in the shop, and transfers by its masked id.

    It comes first: a service that asks another shop does not know the cart, and harms nothing.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._passage = Passage(stage.cloud, stage.shop.store, stage.stop)
        self._cart: Cart | None = None

    def steps(self) -> list[Step]:
        """Return the steps in their order."""
        part, step = "guest's quote", self._stage.step
        direct = self._stage.cloud.settings.direct_entry
        return [
            step(part, "cart made and changed", self._make),
            step(part, "transferred", self._transfer),
            step(part, "let into checkout", self._passage.enter),
            step(part, "exactly the bag in checkout", self._check),
            step(part, "opened and loaded again", self._again),
            step(part, "second web view refused", self._passage.second_web_view),
            *([step(part, "direct entry", self._enter_directly)] if direct else []),
        ]

    def _make(self) -> str:
        first, second = self._stage.products
        cart = self._cart = Cart.for_guest(self._stage.shop)
        self._stage.cleanup.later("a guest's cart", lambda: _empty(cart))
        item = cart.add(first, 1)
        cart.add(second, 1)
        cart.change(item, 2)
        return in_words(self._stage.lines(2, 1))

    def _transfer(self) -> str:
        return self._passage.transfer({"quote_id": self._made.masked_id})

    def _check(self) -> str:
        return _checked(self._stage, self._passage.see_checkout()).told

    def _again(self) -> str:
        words = self._passage.reopen()
        self._check()
        return words

    def _enter_directly(self) -> str:
        seen = self._passage.enter_directly(quote_id=self._made.masked_id)
        return _checked(self._stage, seen).told

    @property
    def _made(self) -> Cart:
        if self._cart is None:
            raise LookupError("no cart has been made yet")
        return self._cart


class GuestBag:
    """A guest whose bag the app keeps to itself; the service makes the cart."""

    def __init__(self, stage: Stage, *, place_order: bool) -> None:
        self._stage = stage
        self._place_order = place_order
        self._passage = Passage(stage.cloud, stage.shop.store, stage.stop)
        self._reference = f"rehearsal-{secrets.token_hex(8)}"
        self._seen: Checkout | None = None
        self._bought: Purchase | None = None
        self._number: str | None = None

    def steps(self) -> list[Step]:
        """Return the steps in their order."""
        part, step = "guest with a bag", self._stage.step
        steps = [
            step(part, "transferred", self._transfer),
            step(part, "let into checkout", self._passage.enter),
            step(part, "exactly the bag in checkout", self._check),
            step(part, "opened and loaded again", self._again),
            step(part, "second web view refused", self._passage.second_web_view),
            step(part, "altered link refused", self._passage.altered_link),
        ]
        if self._place_order:
            unreadable = "" if self._stage.reconciler else _NO_ORDERS
            steps += [
                step(part, "ordered, with an offline payment", self._buy),
                step(part, "order found by reconcile", self._find, unreadable),
            ]
        return steps

    def _transfer(self) -> str:
        bag = {**self._in_the_store(), "items": self._items(), "reference": self._reference}
        try:
            told = self._passage.transfer(bag)
        except Unexpected:
            self._stage.cleanup.leaves(f"Maybe a guest's cart, begun for the bag. {_IN_TIME}")
            raise
        self._stage.cleanup.later("the cart of the bag", self._empty)
        return f"{told}, reference {self._reference}"

    def _items(self) -> list[dict[str, Any]]:
        lines = self._stage.lines(2, 1)
        return [{"sku": line.sku, "quantity": int(line.quantity)} for line in lines]

    def _in_the_store(self) -> dict[str, Any]:
        """Name the currency, as Poq does, and the store view where that is not enough."""
        store = self._stage.shop.store
        decides = self._stage.cloud.settings.store_views.find_by_currency(store.currency) == store
        return {"currency": store.currency, **({} if decides else {"store": store.code})}

    def _check(self) -> str:
        self._seen = self._passage.see_checkout()
        return _checked(self._stage, self._seen).told

    def _again(self) -> str:
        words = self._passage.reopen()
        self._check()
        return words

    def _buy(self) -> str:
        seen = self._seen or self._passage.see_checkout_anyhow()
        cart = _cart_of(self._stage, seen)
        bought = self._bought = buy(self._stage.shop, cart, country=seen.country, email=_EMAIL)
        self._clean_up(bought)
        return f"order {bought.order}, to be paid by {bought.payment}"

    def _find(self) -> str:
        if self._stage.reconciler is None:
            raise LookupError("orders may not be read")
        [entry] = self._stage.reconciler.references([self._reference])
        if entry.state is not ReportState.MATCHED:
            raise Unexpected(f"{self._reference} to be matched", entry.state.value, _NOT_MATCHED)
        self._number = str(entry.orders[0]["number"])
        return f"{self._reference} is order {self._number}, exactly the bag"

    def _clean_up(self, bought: Purchase) -> None:
        cleanup, name = self._stage.cleanup, f"Order {bought.order}"
        if self._stage.shop.access is None:
            cleanup.leaves(f"{name}: there is no administrator's right to cancel it. {_BY_HAND}")
        else:
            cleanup.later(name, lambda: self._cancel(bought))

    def _cancel(self, bought: Purchase) -> None:
        path = f"orders/{bought.order}/cancel"
        if self._stage.shop.as_admin("POST", path, todo=_BY_HAND) is not True:
            raise Unexpected("a cancelled order", "the shop does not cancel it", _BY_HAND)
        name = self._number or f"with the id {bought.order}"
        self._stage.cleanup.leaves(f"Order {name}, cancelled: a shop keeps its orders.")

    def _empty(self) -> None:
        """Empty the cart. Only the page of checkout tells what opens it."""
        if self._bought is not None:
            return
        try:
            seen = self._seen or self._passage.see_checkout_anyhow()
        except Unexpected:
            self._stage.cleanup.leaves(f"The guest's cart of the bag, out of reach. {_IN_TIME}")
            return
        _empty(_cart_of(self._stage, seen))


def _checked(stage: Stage, seen: Checkout) -> Checkout:
    """Require a guest's checkout with the bag, at the price that the shop's REST tells."""
    if seen.masked_id is None:
        raise Unexpected("a guest's checkout", "a customer is logged in", BREACH)
    require_bag(seen, stage.lines(2, 1), stage.shop.store.currency)
    require_total(seen, _cart_of(stage, seen).total())
    return seen


def _cart_of(stage: Stage, seen: Checkout) -> Cart:
    return Cart.of_guest(stage.shop, seen.masked_id or "")


def _empty(cart: Cart) -> None:
    """Empty a guest's cart; raises Unexpected where it has become an order meanwhile."""
    if not cart.is_active():
        todo = f"Look for {_EMAIL} among the shop's orders. {_BY_HAND}"
        raise Unexpected("an open cart", "it has become an order", todo)
    cart.empty()
