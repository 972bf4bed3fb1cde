"""The journeys of guests: with a quote that the app has created, and with a bag."""

from __future__ import annotations

import secrets
import time
from typing import Any

from handoff.console_table import format_count
from handoff.deadline import Deadline
from handoff.ledger.models import Handoff
from handoff.reconciliation.report_entry import ReportState
from handoff.rehearsal.app_cart_client import AppCartClient, describe_lines
from handoff.rehearsal.checkout_page import CheckoutPage
from handoff.rehearsal.context import RehearsalContext
from handoff.rehearsal.order_placement import PlacedOrder, place_order
from handoff.rehearsal.results import Observation, Step, StepFailure, get_advice
from handoff.rehearsal.shopper_journey import ShopperJourney

_EMAIL = "handoff-rehearsal@example.com"  # nobody owns this domain
_REPORT_TIMEOUT = 15.0  # seconds
_REMOVED_BY_SHOP = "The shop removes guests' carts in time."


class GuestJourney(ShopperJourney):
    """A guest with two lines in the bag."""

    quantities = (2, 1)

    def require_own_cart(self, page: CheckoutPage) -> AppCartClient:
        """Return the guest's cart; raise StepFailure if a customer is logged in."""
        if page.masked_id is None:
            actual = "a customer is logged in"
            raise StepFailure("a guest's checkout", actual, "security_breach")
        return AppCartClient(self._context.shop, masked_id=page.masked_id)


class GuestQuoteJourney(GuestJourney):
    """A guest whose cart the app keeps in the shop, and transfers by its masked id."""

    part = "guest's quote"
    _cart: AppCartClient  # from the step that fills it

    def build_steps(self) -> list[Step]:
        """Return the steps in their order."""
        return [
            self._build_step("cart made and changed", self.fill_cart),
            *self._build_link_steps(),
            *self._build_direct_entry_steps(),
        ]

    def fill_cart(self) -> Observation:
        """Create a cart, add both products, and change a quantity."""
        first, second = self._context.products
        cart = self._cart = AppCartClient.create_for_guest(self._context.shop)
        self._context.undo_stack.defer("A guest's cart", lambda: _empty_cart(cart))
        item_id = cart.add_item(first, 1)
        cart.add_item(second, 1)
        cart.change_quantity(item_id, 2)
        return describe_lines(self._build_bag_lines())

    def build_transfer(self) -> dict[str, Any]:
        """Return the body of a transfer by masked id."""
        return {"quote_id": self._cart.masked_id}


class GuestBagJourney(GuestJourney):
    """A guest whose bag is only in the app; the service creates the cart."""

    part = "guest with a bag"

    def __init__(self, context: RehearsalContext, *, place_order: bool) -> None:
        super().__init__(context)
        self._place_order = place_order
        self._reference = f"rehearsal-{secrets.token_hex(8)}"
        self._order: PlacedOrder | None = None
        self._order_number: str | None = None
        self._handoff: Handoff | None = None

    def build_steps(self) -> list[Step]:
        """Return the steps in their order."""
        steps = self._build_link_steps()
        steps.append(self._build_step("altered link refused", self.open_altered_link))
        if self._place_order:
            skip_reason = "" if self._context.reconciler else get_advice("no_permission_for_orders")
            steps += [
                self._build_step("ordered, with an offline payment", self.order_cart),
                self._build_step(
                    "the app learns of the order", self.check_order_message, skip_reason
                ),
                self._build_step(
                    "order found by reconcile", self.reconcile_order_by_reference, skip_reason
                ),
            ]
            if self._context.deliveries:
                steps.append(self._build_step("webhooks received", self.wait_for_webhooks))
        return steps

    def build_transfer(self) -> dict[str, Any]:
        """Return the body of a transfer of the bag.

        It names the currency, as Poq does, and the store view if the currency is not enough.
        """
        store = self._context.shop.store
        decides = self._settings.store_views.find_by_currency(store.currency) == store
        return {
            "currency": store.currency,
            **({} if decides else {"store": store.code}),
            "items": [
                {"sku": line.sku, "quantity": int(line.quantity)}
                for line in self._build_bag_lines()
            ],
            "reference": self._reference,
        }

    def send_transfer(self) -> Observation:
        """Send the transfer. A service that refuses it may have created a cart."""
        undo_stack = self._context.undo_stack
        try:
            observation = super().send_transfer()
        except StepFailure:
            undo_stack.record_leftover(
                f"Perhaps a guest's cart that the transfer has begun. {_REMOVED_BY_SHOP}"
            )
            raise
        undo_stack.defer("The cart of the bag", self._empty_cart_unless_ordered)
        return f"{observation}, reference {self._reference}"

    def order_cart(self) -> Observation:
        """Order the cart."""
        page, shop = self._load_checkout_once(), self._context.shop
        order = place_order(shop, self.require_own_cart(page), country=page.country, email=_EMAIL)
        self._order = order
        name, undo_stack = f"Order {order.order_id}", self._context.undo_stack
        if shop.access is None:
            reason = "there is no administrator's right to cancel it"
            undo_stack.record_leftover(f"{name}: {reason}. {get_advice('cancel_by_hand')}")
        else:
            undo_stack.defer(name, lambda: self._cancel_order(order))
        return f"order {order.order_id}, to be paid by {order.payment_method}"

    def check_order_message(self) -> Observation:
        """Ask in the place of the success page, and require one message with the order's total."""
        page, second_page = secrets.token_hex(16), secrets.token_hex(16)
        report = self._wait_for_order_message(page)
        if [order.get("reference") for order in report] != [self._reference]:
            expected = "a message to the app about the order"
            raise StepFailure(expected, format_count(len(report), "message"), "order_not_reported")
        [order] = report
        if self._ask_for_orders(second_page):
            expected = "no second message about the order"
            raise StepFailure(expected, "one more", "order_reported_twice")
        self._order_number = str(order["orderId"])
        return f"order {self._order_number}, {order['total']:.2f} {order['currency']}, once"

    def _wait_for_order_message(self, page: str) -> list[dict[str, Any]]:
        """Ask until the order is found; the service asks the shop once in ten seconds."""
        deadline = Deadline.after(_REPORT_TIMEOUT)
        while not (orders := self._ask_for_orders(page)) and not deadline.has_passed:
            self._context.cancel.raise_if_requested()
            time.sleep(1)
        return orders

    def _ask_for_orders(self, page: str) -> list[dict[str, Any]]:
        shop = self._site.storefront_parts
        url = f"{self._site.public_url}/web-checkout/orders"
        origin = f"{shop.scheme}://{shop.netloc}"
        answer = self._web_view.ask_for_orders(url, shop_origin=origin, page=page)
        return [entry["order"] for entry in answer["orders"]]

    def reconcile_order_by_reference(self) -> Observation:
        """Find the order by the reference, as `handoff reconcile` does."""
        if self._context.reconciler is None:
            raise LookupError("orders may not be read")
        [entry] = self._context.reconciler.reconcile_references([self._reference])
        if entry.state is not ReportState.MATCHED:
            expected = f"{self._reference} to be matched"
            raise StepFailure(expected, entry.state.value, "order_not_matched")
        self._order_number = str(entry.orders[0]["number"])
        self._handoff = entry.handoff
        return f"{self._reference} is order {self._order_number}, exactly the bag"

    def wait_for_webhooks(self) -> Observation:
        """Wait until every receiver of webhooks has the event of the order."""
        if self._context.deliveries is None or self._handoff is None:
            raise LookupError("there is no receiver, or no order was found")
        return self._context.deliveries.wait_for_order(self._handoff.id)

    def _cancel_order(self, order: PlacedOrder) -> None:
        shop, advice = self._context.shop, "cancel_by_hand"
        path, token = f"orders/{order.order_id}/cancel", shop.require_admin_token(advice)
        if shop.call_or_fail("POST", path, token=token, advice=advice) is not True:
            raise StepFailure("a cancelled order", "the shop does not cancel it", advice)
        name = self._order_number or f"with the id {order.order_id}"
        text = f"Order {name}, cancelled: a shop keeps its orders."
        self._context.undo_stack.record_leftover(text)

    def _empty_cart_unless_ordered(self) -> None:
        """Empty the cart. Only the checkout page shows its masked id."""
        if self._order is not None:
            return
        try:
            cart = self.require_own_cart(self._load_checkout_once())
        except StepFailure:
            text = f"The guest's cart of the bag, out of reach. {_REMOVED_BY_SHOP}"
            self._context.undo_stack.record_leftover(text)
            return
        _empty_cart(cart)


def _empty_cart(cart: AppCartClient) -> None:
    """Empty a guest's cart; raise StepFailure if the shop has closed it meanwhile."""
    if not cart.is_active():
        raise StepFailure("an open cart", "the shop has closed it", "closed_meanwhile")
    cart.remove_all_items()
