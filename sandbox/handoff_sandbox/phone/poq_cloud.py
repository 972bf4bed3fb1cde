"""Poq's cloud: it creates a quote if one is needed, and asks the service for an instruction."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Any

import requests

from handoff_sandbox.accounts import CUSTOMER_PASSWORD
from handoff_sandbox.demo_content import require_demo_content
from handoff_sandbox.phone.call_log import Event, LoggedCall, build_note, send_request
from handoff_sandbox.phone.checkout_request import CheckoutRequest
from handoff_sandbox.phone.demo_context import DemoContext

# Yields an event for each call, and returns the result of the calls.
EventsWithResult = Generator[Event, None, Any]


class CallRefused(Exception):
    """The shop or the service refused a call. The event of that call was yielded before."""


class PoqCloud:
    """Carries out one checkout request, up to the instruction that the app gets."""

    def __init__(self, context: DemoContext, checkout: CheckoutRequest) -> None:
        self._context = context
        self._checkout = checkout
        self._http = requests.Session()
        self._token: str | None = None

    def check_out(self) -> Iterator[Event]:
        """Yield an event for each call, and at the end an instruction or a refusal."""
        checkout, count = self._checkout, self._checkout.item_count
        items = "1 item" if count == 1 else f"{count} items"
        started = time.perf_counter()
        yield LoggedCall("app", "cloud", f"Checkout was tapped with {items}.").as_event()
        try:
            with self._http:
                body: dict[str, Any] = {"reference": checkout.reference}
                if checkout.kind == "bag":
                    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in checkout.items]
                    body |= {"items": lines, "currency": "GBP"}
                elif checkout.email is None:
                    body["quote_id"] = yield from self._create_guest_quote()
                else:
                    body["quote_id"] = yield from self._fill_customer_quote(checkout.email)
                    body["token_id"] = self._token
                yield from self._post_transfer(body)
            ms = round((time.perf_counter() - started) * 1000, 1)
            text = "The app gets the instruction. The shopper has waited this long."
            yield LoggedCall("cloud", "app", text, ms=ms).as_event()
        except CallRefused:
            yield {"kind": "refused"}

    def _create_guest_quote(self) -> EventsWithResult:
        masked_id = yield from self._call_shop(
            "Create a guest's cart in the shop.", "POST", "guest-carts"
        )
        yield from self._add_items(f"guest-carts/{masked_id}")
        return masked_id

    def _fill_customer_quote(self, email: str) -> EventsWithResult:
        """Log the customer in, and put exactly the bag into the customer's quote."""
        self._token = yield from self._call_shop(
            "The customer signs in and gets a token.",
            *("POST", "integration/customer/token"),
            {"username": email, "password": CUSTOMER_PASSWORD},
        )
        number = yield from self._call_shop("Open the customer's cart.", "POST", "carts/mine")
        lines = yield from self._call_shop("Read what it holds.", "GET", "carts/mine/items")
        for line in lines:
            path = f"carts/mine/items/{line['item_id']}"
            yield from self._call_shop("Remove it: only the app's bag counts.", "DELETE", path)
        yield from self._add_items("carts/mine")
        return number

    def _add_items(self, cart: str) -> EventsWithResult:
        for sku, quantity in self._checkout.items:
            body = {"cartItem": {"sku": sku, "qty": quantity}}
            text = f"Add to the cart: {quantity} of {require_demo_content(sku).name}."
            yield from self._call_shop(text, "POST", f"{cart}/items", body)

    def _post_transfer(self, body: dict[str, Any]) -> EventsWithResult:
        """Post the transfer, and yield its call and the instruction; raise CallRefused."""
        url = f"{self._context.services[self._checkout.style]}/api/cart-transfer"
        headers = {"Authorization": self._context.key}
        answered = send_request(self._http, "POST", url, json=body, headers=headers)
        text = "Poq's cloud asks for an instruction. Its API key stays in the cloud."
        call = answered.as_logged_call("cloud", "service", text, sent=body)
        yield call.as_event()
        if not call.succeeded:
            yield build_note(_describe_problem(answered.json), succeeded=False)
            raise CallRefused
        instruction = answered.json
        token = str(instruction.get("body") or instruction["url"]).replace("token=", "/")
        token = token.rpartition("/")[2]
        yield {
            "kind": "instruction",
            "instruction": instruction,
            "token": token,
            "handoff": token.rpartition(".")[0],
        }

    def _call_shop(
        self, text: str, method: str, path: str, body: object = None
    ) -> EventsWithResult:
        """Call the shop's REST API, yield the call, and return the answer; raise CallRefused."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        url = f"{self._context.shop}/rest/V1/{path}"
        answered = send_request(self._http, method, url, json=body, headers=headers)
        call = answered.as_logged_call("cloud", "shop", text, sent=body)
        yield call.as_event()
        if not call.succeeded:
            yield build_note(str(answered.json.get("message")), succeeded=False)
            raise CallRefused
        return answered.json


def _describe_problem(problem: dict[str, Any]) -> str:
    """Return a text for the shopper: the refused products by name, or else the title."""
    errors = [
        f"{require_demo_content(error['sku']).name}: {error['detail']}"
        if "sku" in error
        else str(error["detail"])
        for error in problem.get("errors", [])
    ]
    return " ".join(errors) or str(problem.get("title"))
