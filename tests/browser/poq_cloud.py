"""Poq's cloud: the transfers that happen before a web view opens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from tests.running_servers import RunningShop
from tests.service_calls import post_transfer

Line = tuple[str, int]
Instruction = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Poq:
    """Posts transfers of each kind to the service at `url`."""

    url: str
    shop: RunningShop

    def transfer_bag(self, *lines: Line) -> Instruction:
        """Transfer a bag of (sku, quantity) lines, with a new reference."""
        items = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
        return self.transfer(items=items, currency="GBP", reference=secrets.token_hex(8))

    def transfer_guest_quote(self, *lines: Line) -> Instruction:
        """Transfer a guest's quote that the app has made in the shop."""
        return self.transfer(quote_id=self.shop.create_guest_quote(*lines))

    def transfer_customer_quote(
        self, *lines: Line, email: str = "shopper@example.com"
    ) -> Instruction:
        """Transfer a customer's quote, emptied first of what earlier tests left."""
        token = self.shop.log_in_customer(email)
        self.shop.call_rest("POST", "carts/mine", token=token)
        for item in self.shop.call_rest("GET", "carts/mine/items", token=token):
            self.shop.call_rest("DELETE", f"carts/mine/items/{item['item_id']}", token=token)
        number = self.shop.fill_customer_quote(token, *lines)
        return self.transfer(quote_id=number, token_id=token)

    def request_link(self, *lines: Line) -> str:
        """Transfer a bag and return the address that a web view opens."""
        return str(self.transfer_bag(*(lines or (("ITEM-01", 1),)))["url"])

    def transfer(self, **body: Any) -> Instruction:
        """Post a transfer with these fields and return the instruction."""
        answer = post_transfer(self.url, body)
        assert answer.status_code == 200, answer.text
        instruction: Instruction = answer.json()
        return instruction
