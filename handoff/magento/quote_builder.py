"""Making a guest's cart that holds a bag."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

from handoff.bag import Bag, BagLine, sku_key
from handoff.deadline import Deadline
from handoff.magento.client import Answer, MagentoClient
from handoff.magento.line_refusals import LineRefusal, explain_refusals
from handoff.magento.masked_ids import is_masked_id, new_masked_id
from handoff.magento.variants import Choice, Variants
from handoff.problems import LinesRefused, ShopUnavailable
from handoff.settings.store_views import StoreView

_HELD = """
fragment held on Cart {
  itemsV2(pageSize: 500) {
    items {
      quantity
      product { sku url_key url_rewrites { url } }
      ... on ConfigurableCartItem { configured_variant { sku } }
    }
  }
}"""
_LOOK = "query($id: String!) { cart(cart_id: $id) { ...held } }"

# How many lines are asked about one by one once the bag is refused anyway.
_MOST_EXPLAINED = 20
_TIME_TO_REFUSE = 1.0  # seconds that have to be left for asking about one more of them

# What the shop puts into a cart that is not what was asked for, by the type of product: the
# members of a group in its place, or a bundle that checkout then finds no options on.
_NOT_AS_ASKED = {"grouped": "grouped_product", "bundle": "bundle_options_required"}


@dataclass(frozen=True, slots=True)
class _Held:
    """A line of a cart: its sku as the catalogue spells it, and where the shop shows it."""

    sku: str
    quantity: Decimal
    url_key: str | None
    has_page: bool


@dataclass(frozen=True, slots=True)
class _Cart:
    """A cart by its masked id, and its lines; None where GraphQL is not to be had."""

    masked_id: str = field(repr=False)
    lines: tuple[_Held, ...] | None

    def holds(self, line: BagLine, *, at_least: Decimal = Decimal(0)) -> bool:
        mine = (each for each in self.lines or () if sku_key(each.sku) == sku_key(line.sku))
        return any(each.quantity >= at_least for each in mine)


@dataclass(frozen=True, slots=True)
class QuoteBuilder:
    """Builds for one transfer, in its store view and before its deadline."""

    client: MagentoClient
    variants: Variants
    store: StoreView
    deadline: Deadline

    def build(self, bag: Bag) -> str:
        """Make a cart with the bag's lines and return its masked id, a credential.

        GraphQL makes it in one request, but takes a sku only as the catalogue spells it, and
        gives coarse reasons. So lines that it leaves out are tried again over REST, one by one.
        Raises LinesRefused with a fault for each line that the shop did not take.
        """
        cart = self._filled_as_known(bag) or self._filled(bag.lines, {})
        cart = cart or _Cart(self._create(), None)
        left_out = [line for line in bag.lines if not cart.holds(line)]
        self._add_each(cart, left_out)
        if left_out and cart.lines is not None:
            cart = _Cart(cart.masked_id, self._lines(cart.masked_id))
        return self._with_options(bag, cart).masked_id

    def _filled_as_known(self, bag: Bag) -> _Cart | None:
        """Make a cart with the choices that are remembered; None where they do not hold."""
        choices = self.variants.known((line.sku for line in bag.lines), store=self.store)
        if not choices:
            return None
        cart = self._filled(bag.lines, choices)
        known = [line for line in bag.lines if sku_key(line.sku) in choices]
        if cart and all(cart.holds(line, at_least=line.quantity) for line in known):
            return cart
        self.variants.forget(choices, store=self.store)
        return None

    def _with_options(self, bag: Bag, cart: _Cart) -> _Cart:
        """Return a cart where variants stand as their products with options chosen.

        Where that does not come off, the cart as it is: the same goods at the same price.
        """
        held = {sku_key(each.sku): each for each in cart.lines or ()}
        in_bag = [held[sku_key(line.sku)] for line in bag.lines if sku_key(line.sku) in held]
        hidden = {each.url_key for each in in_bag if each.url_key and not each.has_page}
        if not hidden or len(in_bag) < len(bag.lines):
            return cart
        choices = self.variants.find(hidden, store=self.store, deadline=self.deadline)
        choices |= self.variants.known((each.sku for each in in_bag), store=self.store)
        lines = [
            BagLine(each.sku, line.quantity) for each, line in zip(in_bag, bag.lines, strict=True)
        ]
        if not any(sku_key(line.sku) in choices for line in lines):
            return cart
        other = self._filled(lines, choices)
        if other and all(other.holds(line, at_least=line.quantity) for line in lines):
            return other
        return cart

    def _filled(self, lines: Iterable[BagLine], choices: dict[str, Choice]) -> _Cart | None:
        """Make a cart and add lines in one request; None where GraphQL is not to be had."""
        masked_id = new_masked_id()
        rounds = _rounds([_item(line, choices) for line in lines])
        answer = self.client.graphql(
            _build(len(rounds)) + _HELD,
            {"id": masked_id, **{f"items{number}": each for number, each in enumerate(rounds)}},
            store=self.store.code,
            deadline=self.deadline,
        )
        try:
            data = answer.body["data"]
            if data["createEmptyCart"] != masked_id:
                return None
            return _Cart(masked_id, _lines(data[f"round{len(rounds) - 1}"]["cart"]))
        except (KeyError, TypeError, InvalidOperation):
            return None

    def _lines(self, masked_id: str) -> tuple[_Held, ...] | None:
        answer = self.client.graphql(
            _LOOK + _HELD, {"id": masked_id}, store=self.store.code, deadline=self.deadline
        )
        try:
            return _lines(answer.body["data"]["cart"])
        except (KeyError, TypeError, InvalidOperation):
            return None

    def _create(self) -> str:
        answer = self.client.rest(
            "POST", "guest-carts", store=self.store.code, deadline=self.deadline
        )
        if answer.status != HTTPStatus.OK or not is_masked_id(answer.body):
            raise ShopUnavailable("The shop does not make a guest cart.")
        return str(answer.body)

    def _add_each(self, cart: _Cart, lines: list[BagLine]) -> None:
        """Add lines over REST, or raise LinesRefused with the reasons for all that failed."""
        refusals: list[LineRefusal] = []
        for tried, line in enumerate(lines):
            is_enough = tried >= _MOST_EXPLAINED or self.deadline.remaining < _TIME_TO_REFUSE
            if refusals and is_enough:
                # The bag is refused anyway. What GraphQL left out is named without a reason.
                rest = lines[tried:] if cart.lines is not None else []
                refusals += [LineRefusal(line, code="refused") for line in rest]
                break
            refusal = self._refusal(cart, line, self._add(cart, line))
            refusals += [refusal] if refusal else []
        if refusals:
            faults = explain_refusals(
                refusals,
                takes=lambda line: self._takes(cart, line),
                client=self.client,
                store=self.store,
                deadline=self.deadline,
            )
            raise LinesRefused(faults=faults)

    def _refusal(self, cart: _Cart, line: BagLine, answer: Answer) -> LineRefusal | None:
        if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
            return LineRefusal(line, answer=answer)
        if answer.status != HTTPStatus.OK:
            raise ShopUnavailable("The shop does not let lines be added to a guest cart.")
        taken = answer.body if isinstance(answer.body, dict) else {}
        code = _NOT_AS_ASKED.get(str(taken.get("product_type")))
        if code is None and cart.lines is not None and taken.get("sku") == line.sku:
            # REST takes what is on no website of the store view; storefront and GraphQL do not.
            code = "not_sold_here"
        return LineRefusal(line, code=code) if code else None

    def _takes(self, cart: _Cart, line: BagLine) -> bool:
        return self._add(cart, line).status == HTTPStatus.OK

    def _add(self, cart: _Cart, line: BagLine) -> Answer:
        return self.client.rest(
            "POST",
            f"guest-carts/{cart.masked_id}/items",
            store=self.store.code,
            deadline=self.deadline,
            body={"cartItem": {"sku": line.sku, "qty": int(line.quantity)}},
        )


def _item(line: BagLine, choices: dict[str, Choice]) -> dict[str, Any]:
    choice = choices.get(sku_key(line.sku))
    if choice is None:
        return {"sku": line.sku, "quantity": int(line.quantity)}
    return {
        "sku": choice.parent_sku,
        "quantity": int(line.quantity),
        "selected_options": list(choice.option_uids),
    }


def _rounds(items: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Share items out so that no sku comes twice in a round.

    Two variants of one product in one call become two of the first: Magento 2.4.7 remembers the
    options of the first on the product that both share.
    """
    rounds: list[list[dict[str, Any]]] = []
    for item in items:
        free = (each for each in rounds if item["sku"] not in {other["sku"] for other in each})
        target = next(free, None)
        if target is None:
            rounds.append(target := [])
        target.append(item)
    return rounds


def _build(rounds: int) -> str:
    """Return a document that makes a cart and adds items to it, round by round."""
    names = range(rounds)
    variables = "".join(f", $items{number}: [CartItemInput!]!" for number in names)
    adding = "".join(
        f"\n  round{number}: addProductsToCart(cartId: $id, cartItems: $items{number}) "
        + ("{ cart { ...held } }" if number == rounds - 1 else "{ cart { id } }")
        for number in names
    )
    return (
        f"mutation($id: String!{variables}) {{\n"
        f"  createEmptyCart(input: {{cart_id: $id}}){adding}\n}}"
    )


def _lines(cart: Any) -> tuple[_Held, ...]:
    """Read the shop's answer; raises KeyError, TypeError or InvalidOperation where it is none."""
    return tuple(_held(item) for item in cart["itemsV2"]["items"])


def _held(item: Any) -> _Held:
    product, variant = item["product"], item.get("configured_variant") or {}
    return _Held(
        sku=str(variant.get("sku") or product["sku"]),
        quantity=Decimal(item["quantity"]),
        url_key=product.get("url_key"),
        has_page=bool(product.get("url_rewrites")),
    )
