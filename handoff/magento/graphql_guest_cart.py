"""The GraphQL documents that create a guest's cart and fill it, and the lines in their answers.

They use only fields that every Magento from 2.4.4 on has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, ValidationError

from handoff.magento.answers import Answer, ShopJsonModel
from handoff.magento.quote_models import MoneyJson, Quantity, SkuJson

_MAX_ALIASES = 10  # in one document; shops limit them against abuse

_CART_FRAGMENT = """
fragment cartContents on Cart {
  prices { subtotal_with_discount_excluding_tax { value } }
  items {
    __typename
    quantity
    product { sku url_key url_rewrites { url } }
    ... on ConfigurableCartItem { configured_variant { sku } }
  }
}"""
CART_QUERY = "query($id: String!) { cart(cart_id: $id) { ...cartContents } }" + _CART_FRAGMENT
"""Asks for the contents of the cart with the masked id `$id`."""
_TOTAL_FRAGMENT = """
fragment cartContents on Cart { prices { subtotal_with_discount_excluding_tax { value } } }"""


@dataclass(frozen=True, slots=True)
class CartLine:
    """A line of a cart: its sku as the catalogue spells it, and whether the product has a page."""

    sku: str
    quantity: Decimal
    url_key: str | None
    has_page: bool


@dataclass(frozen=True, slots=True)
class CartContents:
    """The lines of a cart, and their price after discounts and before tax if the shop says it."""

    lines: tuple[CartLine, ...]
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class CartDocument:
    """A document that adds items to a cart. The first one for a cart creates it as well."""

    query: str
    variables: dict[str, Any] = field(repr=False)
    aliases: tuple[str, ...]
    creates_cart: bool
    shows_lines: bool

    def parse_contents(self, answer: Answer) -> CartContents | None:
        """Return the contents of the cart after this document; None if it has failed.

        A line that the shop does not show makes it a failure, because adding the line again would
        double it. If the document does not ask for the lines, any refused line does.
        """
        try:
            data = answer.body["data"]
            if self.creates_cart and data["createEmptyCart"] != self.variables["id"]:
                return None
            last = data[self.aliases[-1]]
            if self.shows_lines:
                return _CartAnswerJson.model_validate(last).cart.build_contents()
            if any(data[alias]["user_errors"] for alias in self.aliases):
                return None
            return CartContents((), _TotalAnswerJson.model_validate(last).cart.total)
        except (KeyError, TypeError, ValidationError):
            return None


def build_cart_documents(
    masked_id: str, items: Sequence[dict[str, Any]], *, shows_lines: bool = True
) -> list[CartDocument]:
    """Return the documents that create a cart with a new masked id and add `CartItemInput`s.

    They have to be sent one after the other. Without `shows_lines` their answers have only the
    total of the cart and what was refused: Magento reads every product again to show a line.
    """
    rounds = _split_into_rounds(items)
    starts = range(0, len(rounds), _MAX_ALIASES)
    return [
        _build_document(
            masked_id,
            rounds[start : start + _MAX_ALIASES],
            creates_cart=start == 0,
            shows_lines=shows_lines,
        )
        for start in starts
    ]


def parse_cart_contents(answer: Answer) -> CartContents | None:
    """Return the contents in an answer to `CART_QUERY`, or None if it has none to read."""
    try:
        return _CartAnswerJson.model_validate(answer.body["data"]).cart.build_contents()
    except (KeyError, TypeError, ValidationError):
        return None


class _CartProductJson(SkuJson):
    url_key: str | None = None
    url_rewrites: list[Any] | None = None


class _CartItemJson(ShopJsonModel):
    type_name: Annotated[str, Field(alias="__typename")]
    quantity: Quantity
    product: _CartProductJson
    configured_variant: SkuJson | None = None


class _CartPricesJson(ShopJsonModel):
    subtotal_with_discount_excluding_tax: MoneyJson | None = None


class _PricedCartJson(ShopJsonModel):
    prices: _CartPricesJson | None = None

    @property
    def total(self) -> Decimal | None:
        total = self.prices and self.prices.subtotal_with_discount_excluding_tax
        return total.value if total else None


class _CartJson(_PricedCartJson):
    items: tuple[_CartItemJson, ...]

    def build_contents(self) -> CartContents:
        """Return the contents without bundles.

        GraphQL adds some bundles by their sku alone, without parts; checkout refuses them. Added
        over REST as well, they are refused with their reason.
        """
        lines = (
            CartLine(
                sku=(item.configured_variant or item.product).sku,
                quantity=item.quantity,
                url_key=item.product.url_key,
                has_page=bool(item.product.url_rewrites),
            )
            for item in self.items
            if item.type_name != "BundleCartItem"
        )
        return CartContents(tuple(lines), self.total)


class _CartAnswerJson(ShopJsonModel):
    cart: _CartJson


class _TotalAnswerJson(ShopJsonModel):
    cart: _PricedCartJson


def _split_into_rounds(items: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Split items so that no sku comes twice in a round; there is at least one round.

    If one call adds two variants of one product, Magento 2.4.7 adds the first variant twice: it
    stores the options of the first on the product that both share.
    """
    rounds: list[list[dict[str, Any]]] = [[]]
    for item in items:
        without = (each for each in rounds if item["sku"] not in {other["sku"] for other in each})
        target = next(without, None)
        if target is None:
            rounds.append(target := [])
        target.append(item)
    return rounds


def _build_document(
    masked_id: str, rounds: list[list[dict[str, Any]]], *, creates_cart: bool, shows_lines: bool
) -> CartDocument:
    numbers = range(len(rounds))
    errors = "" if shows_lines else " user_errors { code }"
    declared = "".join(f", $items{number}: [CartItemInput!]!" for number in numbers)
    creation = "\n  createEmptyCart(input: {cart_id: $id})" if creates_cart else ""
    additions = "".join(
        f"\n  round{number}: addProductsToCart(cartId: $id, cartItems: $items{number}) "
        + ("{ cart { ...cartContents }" if number == numbers[-1] else "{ cart { id }")
        + f"{errors} }}"
        for number in numbers
    )
    return CartDocument(
        query=f"mutation($id: String!{declared}) {{{creation}{additions}\n}}"
        + (_CART_FRAGMENT if shows_lines else _TOTAL_FRAGMENT),
        variables={"id": masked_id, **{f"items{n}": rounds[n] for n in numbers}},
        aliases=tuple(f"round{number}" for number in numbers),
        creates_cart=creates_cart,
        shows_lines=shows_lines,
    )
