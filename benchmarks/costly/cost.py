"""What calls cost at a Magento 2.4.7, in seconds: medians on two idle cores."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_NEW_CART = 0.020
_LOOK = 0.061
_LINE = 0.090  # adding one to a cart over REST,
_LINE_THERE = 0.0025  # and more for each that the cart has with it
_GRAPHQL = 0.171  # a document that makes a cart,
_GRAPHQL_LINE = 0.0047  # and more for each line that it adds
_CHECKOUT = 0.193
_OTHER = 0.150

_ADDING = re.compile(r"/guest-carts/(\w+)/items")
_LOOKING = re.compile(r"/guest-carts/\w+")


@dataclass(slots=True)
class Costs:
    """Says what each call costs, and remembers how many lines a cart has."""

    _lines: dict[str, int] = field(default_factory=dict)

    def of(self, method: str, path: str, body: bytes) -> float:
        """Return the seconds that a call takes."""
        adding = _ADDING.search(path)
        if adding and method == "POST":
            there = self._lines[adding[1]] = self._lines.get(adding[1], 0) + 1
            return _LINE + _LINE_THERE * there
        if path.endswith("/guest-carts"):
            return _NEW_CART
        if _LOOKING.search(path):
            return _LOOK
        if path.startswith("/checkout"):
            return _CHECKOUT
        if path.startswith("/graphql"):
            lines = _lines_of(json.loads(body))
            return _GRAPHQL + _GRAPHQL_LINE * lines if lines else _OTHER
        return _OTHER


def _lines_of(document: dict[str, Any]) -> int:
    lists = [each for each in document["variables"].values() if isinstance(each, list)]
    return sum(map(len, lists))
