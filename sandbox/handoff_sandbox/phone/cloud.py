"""Poq's cloud: makes the quote where there is to be one, and asks the service for a way in."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Any

import requests

from handoff_sandbox.display import display_of
from handoff_sandbox.people import CUSTOMER_PASSWORD
from handoff_sandbox.phone.steps import Event, Step, call, note
from handoff_sandbox.phone.tap import Tap
from handoff_sandbox.phone.world import World

# Tells of calls as they are made, and in the end returns what they were made for.
Telling = Generator[Event, None, Any]


class Refused(Exception):
    """The shop or the service said no; the step that shows it has been told."""


class Cloud:
    """One tap on Checkout, from the app's call to the instruction that it gets."""

    def __init__(self, world: World, tap: Tap) -> None:
        self._world = world
        self._tap = tap
        self._http = requests.Session()
        self._token: str | None = None

    def check_out(self) -> Iterator[Event]:
        """Tell of each call as it is made; at the end comes an instruction, or a refusal."""
        tap = self._tap
        words = f"Checkout was tapped with {tap.count} {'item' if tap.count == 1 else 'items'}."
        started = time.perf_counter()
        yield Step("app", "cloud", words).event()
        try:
            with self._http:
                body: dict[str, Any] = {"reference": tap.reference}
                if tap.kind == "bag":
                    items = [{"sku": sku, "quantity": quantity} for sku, quantity in tap.items]
                    body |= {"items": items, "currency": "GBP"}
                elif tap.email is None:
                    body["quote_id"] = yield from self._guest_quote()
                else:
                    body["quote_id"] = yield from self._customer_quote(tap.email)
                    body["token_id"] = self._token
                yield from self._transfer(body)
            ms = round((time.perf_counter() - started) * 1000, 1)
            words = "The app gets the instruction. That is how long the shopper has waited."
            yield Step("cloud", "app", words, ms=ms).event()
        except Refused:
            yield {"kind": "refused"}

    def _guest_quote(self) -> Telling:
        masked_id = yield from self._ask("A guest's cart, made in the shop.", "POST", "guest-carts")
        yield from self._fill(f"guest-carts/{masked_id}")
        return masked_id

    def _customer_quote(self, email: str) -> Telling:
        self._token = yield from self._ask(
            "The customer signs in. The token speaks for them.",
            *("POST", "integration/customer/token"),
            {"username": email, "password": CUSTOMER_PASSWORD},
        )
        number = yield from self._ask("The customer's cart, by number.", "POST", "carts/mine")
        held = yield from self._ask("What does it hold?", "GET", "carts/mine/items")
        for line in held:
            path = f"carts/mine/items/{line['item_id']}"
            yield from self._ask("Out of the cart: the app's bag counts.", "DELETE", path)
        yield from self._fill("carts/mine")
        return number

    def _fill(self, cart: str) -> Telling:
        for sku, quantity in self._tap.items:
            body = {"cartItem": {"sku": sku, "qty": quantity}}
            words = f"Into the cart: {quantity} of {display_of(sku).name}."
            yield from self._ask(words, "POST", f"{cart}/items", body)

    def _transfer(self, body: dict[str, Any]) -> Telling:
        url = f"{self._world.services[self._tap.style]}/api/cart-transfer"
        made = call(self._http, "POST", url, json=body, headers={"Authorization": self._world.key})
        asks = "Poq's cloud asks for a way into checkout. Its key stays in the cloud."
        step = made.told("cloud", "service", asks, sent=body)
        yield step.event()
        if not step.good:
            yield note(_reasons(made.json), good=False)
            raise Refused
        instruction = made.json
        token = str(instruction.get("body") or instruction["url"]).replace("token=", "/")
        token = token.rpartition("/")[2]
        yield {
            "kind": "instruction",
            "instruction": instruction,
            "token": token,
            "handoff": token.rpartition(".")[0],
        }

    def _ask(self, words: str, method: str, path: str, body: object = None) -> Telling:
        """Call the shop's REST, tell of it, and return the answer; raises Refused."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        url = f"{self._world.shop}/rest/V1/{path}"
        made = call(self._http, method, url, json=body, headers=headers)
        step = made.told("cloud", "shop", words, sent=body)
        yield step.event()
        if not step.good:
            yield note(str(made.json.get("message")), good=False)
            raise Refused
        return made.json


def _reasons(problem: dict[str, Any]) -> str:
    faults = [
        f"{display_of(one['sku']).name}: {one['detail']}" if "sku" in one else str(one["detail"])
        for one in problem.get("errors", [])
    ]
    return " ".join(faults) or str(problem.get("detail") or problem.get("title"))
