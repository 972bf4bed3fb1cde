"""The journey of a registered customer, whose cart is the same in the app and on the web."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

from handoff.bag import find_quote_differences, normalize_sku
from handoff.rehearsal.app_cart_client import AppCartClient, describe_lines
from handoff.rehearsal.checkout_page import CheckoutPage, load_cart_section
from handoff.rehearsal.context import RehearsalContext
from handoff.rehearsal.customer_account import CustomerAccount, TemporaryAccount
from handoff.rehearsal.results import Observation, Step, StepFailure, get_advice
from handoff.rehearsal.shopper_journey import ShopperJourney, require_lines


class CustomerJourney(ShopperJourney):
    """A customer whose cart is transferred by its number and the customer's token."""

    part = "customer"
    quantities = (2,)

    def __init__(self, context: RehearsalContext, account: CustomerAccount) -> None:
        super().__init__(context)
        self._account = account
        self._quote_number = ""
        self._product_id = ""
        self._is_cart_empty = True

    def build_steps(self) -> list[Step]:
        """Return the steps in their order."""
        return [
            self._build_step("account made", self._account.ensure_exists),
            self._build_step("logged in", self._account.log_in),
            self._build_step("details read", self._account.read_own_details),
            self._build_step("details changed", self._account.change_first_name_and_back),
            self._build_step("cart made and changed", self.fill_cart),
            *self._build_link_steps(),
            *self._build_direct_entry_steps(),
            self._build_step("added in the app, shown on the web", self.check_app_item_on_web),
            self._build_step("added on the web, shown in the app", self.add_item_on_web),
            self._build_step("cart emptied", self.empty_cart),
            self._build_password_step(),
            self._build_step("invalid token refused", self.transfer_with_invalid_token),
        ]

    def build_transfer(self) -> dict[str, Any]:
        """Return the body of a transfer by number and token."""
        return {"quote_id": self._quote_number, "token_id": self._account.token}

    def require_own_cart(self, page: CheckoutPage) -> AppCartClient:
        """Return the customer's cart; raise StepFailure if checkout belongs to somebody else."""
        email = self._account.email
        if (page.email or "").lower() != email.lower():
            actual = "another customer's" if page.email else "a guest's"
            raise StepFailure(f"the checkout of {email}", actual, "other_cart")
        return self._cart

    def fill_cart(self) -> Observation:
        """Fill the customer's empty cart: add both products, change one, remove the other."""
        number = self._context.shop.call_or_fail(
            "POST", "carts/mine", token=self._account.token, advice="customer_cart_call"
        )
        self._quote_number = str(number)
        if self._cart.read_priced_lines():
            raise StepFailure(
                "an empty cart to begin with",
                f"the customer's cart {number} holds items",
                "cart_not_empty",
            )
        self._is_cart_empty = False
        self._context.undo_stack.defer("The customer's cart", self._empty_cart_if_needed)
        first, second = self._context.products
        first_item = self._cart.add_item(first, 1)
        second_item = self._cart.add_item(second, 1)
        self._cart.change_quantity(first_item, 2)
        self._cart.remove_item(second_item)
        lines = self._cart.read_priced_lines()
        require_lines(lines, self._build_bag_lines(), "cart_rules")
        return describe_lines(lines)

    def check_app_item_on_web(self) -> Observation:
        """Add the second product by REST, require the web session to show it, and remove it."""
        sku = self._context.products[1]
        item_id = self._cart.add_item(sku, 1)
        section = load_cart_section(self._web_view, self._site.storefront_url)
        self._cart.remove_item(item_id)
        for item in section.get("items") or []:
            if normalize_sku(str(item.get("product_sku"))) == normalize_sku(sku):
                self._product_id = str(item["product_id"])
                return sku
        raise StepFailure(f"{sku} on the web", "the web session's cart without it", "other_cart")

    def add_item_on_web(self) -> Observation:
        """Add the second product with the shop's form, and require REST to show it."""
        page = self._web_view.post_shop_form(
            f"{self._site.storefront_url}/checkout/cart/add",
            {"product": self._product_id, "qty": "1"},
        )
        lines = self._cart.read_priced_lines()
        if not find_quote_differences(lines, self._build_bag_lines()):
            raise StepFailure(
                f"{self._context.products[1]} in the app's cart",
                f"the cart without it; the form was answered with {page.status}",
                "not_added",
            )
        require_lines(lines, self._context.build_bag_lines(2, 1), "other_cart")
        return describe_lines(lines)

    def empty_cart(self) -> Observation:
        """Empty the cart by REST."""
        self._cart.remove_all_items()
        lines = self._cart.read_priced_lines()
        if lines:
            raise StepFailure("an empty cart", describe_lines(lines), "security_breach")
        self._is_cart_empty = True
        return "by the app"

    def end_session_by_password_change(self, account: TemporaryAccount) -> Observation:
        """Change the password, and require that the web view is no longer signed in."""
        url = f"{self._site.storefront_url}/customer/account/"
        before = self._web_view.load_without_redirects(url)
        if before.status != HTTPStatus.OK:
            raise StepFailure("the customer's account page", before.summary, "other_cart")
        time.sleep(1)  # Magento compares the change with the transfer, in whole seconds
        account.change_password()
        after = self._web_view.load_without_redirects(url)
        if not after.location:
            expected = "the session to end with the password"
            raise StepFailure(expected, after.summary, "session_outlives_password")
        return "signed out in the web view"

    def transfer_with_invalid_token(self) -> Observation:
        """Send the transfer with an invalid token, and require the service to refuse it."""
        token = self._account.create_invalid_token()
        return self._context.transfers.require_token_rejection(
            {**self.build_transfer(), "token_id": token}
        )

    def _build_password_step(self) -> Step:
        account, title = self._account, "session ended by a password change"
        if not isinstance(account, TemporaryAccount):
            return self._build_step(title, str, get_advice("password_kept"))
        return self._build_step(title, lambda: self.end_session_by_password_change(account))

    def _empty_cart_if_needed(self) -> None:
        if not self._is_cart_empty:
            self._cart.remove_all_items()

    @property
    def _cart(self) -> AppCartClient:
        return AppCartClient(self._context.shop, token=self._account.token)
