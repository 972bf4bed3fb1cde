"""Creates a guest's cart with the lines of a bag, over GraphQL and REST."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

from handoff.bag import Bag, BagLine, normalize_sku
from handoff.deadline import Deadline
from handoff.magento.client import Answer, MagentoClient
from handoff.magento.line_refusals import LineRefusal, explain_refusals
from handoff.magento.quote_models import generate_masked_id, is_masked_id
from handoff.magento.variants import VariantChoice, Variants
from handoff.problems import LinesRefused, ShopUnavailable
from handoff.settings.store_view_models import StoreView

_CART_FRAGMENT = """
fragment cartLines on Cart {
  itemsV2(pageSize: 500) {
    items {
      quantity
      product { sku url_key url_rewrites { url } }
      ... on ConfigurableCartItem { configured_variant { sku } }
    }
  }
}"""
_CART_QUERY = "query($id: String!) { cart(cart_id: $id) { ...cartLines } }" + _CART_FRAGMENT

# If the bag is refused, at most this many lines are tried one by one to find the reasons, while at
# least this many seconds are left.
_MAX_EXPLAINED = 20
_SECONDS_TO_EXPLAIN = 1.0

# For these types of product, REST does not add the sku itself but the members of a group, or a
# bundle without options, which checkout refuses.
_REPLACED_TYPES = {"grouped": "grouped_product", "bundle": "bundle_options_required"}


@dataclass(frozen=True, slots=True)
class _CartLine:
    """A line of a cart: its sku as the catalogue spells it, and whether the product has a page."""

    sku: str
    quantity: Decimal
    url_key: str | None
    has_page: bool


@dataclass(frozen=True, slots=True)
class _Cart:
    """The masked id and the lines of a cart; `lines` is None if GraphQL does not answer."""

    masked_id: str = field(repr=False)
    lines: tuple[_CartLine, ...] | None

    def has_line(self, line: BagLine, *, at_least: Decimal = Decimal(0)) -> bool:
        same = (
            own for own in self.lines or () if normalize_sku(own.sku) == normalize_sku(line.sku)
        )
        return any(own.quantity >= at_least for own in same)

    def has_all_lines(self, lines: Iterable[BagLine]) -> bool:
        return all(self.has_line(line, at_least=line.quantity) for line in lines)


@dataclass(frozen=True, slots=True)
class QuoteBuilder:
    """Creates carts for one transfer, in its store view and before its deadline."""

    client: MagentoClient
    variants: Variants
    store: StoreView
    deadline: Deadline

    def create_cart(self, bag: Bag) -> str:
        """Create a cart with the bag's lines and return its masked id, a credential.

        GraphQL fills a cart in one request, but accepts a sku only in the catalogue's spelling and
        gives imprecise reasons. So the lines that it leaves out are added over REST, one by one.
        Raises LinesRefused with a fault for each line that the shop refuses.
        """
        cart = self._create_with_cached_choices(bag) or self._create_filled(bag.lines, {})
        cart = cart or _Cart(self._create_empty(), None)
        left_out = [line for line in bag.lines if not cart.has_line(line)]
        self._add_lines(cart, left_out)
        if left_out and cart.lines is not None:
            cart = _Cart(cart.masked_id, self._get_lines(cart.masked_id))
        return self._replace_variants(bag, cart).masked_id

    def _create_with_cached_choices(self, bag: Bag) -> _Cart | None:
        """Create a cart with the cached choices; return None if there are none or they failed."""
        choices = self.variants.get_cached((line.sku for line in bag.lines), store=self.store)
        if not choices:
            return None
        cart = self._create_filled(bag.lines, choices)
        if cart and cart.has_all_lines(
            line for line in bag.lines if normalize_sku(line.sku) in choices
        ):
            return cart
        self.variants.remove_cached(choices, store=self.store)
        return None

    def _replace_variants(self, bag: Bag, cart: _Cart) -> _Cart:
        """Return a cart that holds configurable products with chosen options instead of variants.

        If that fails, return the cart unchanged: it holds the same goods at the same price.
        """
        by_sku = {normalize_sku(line.sku): line for line in cart.lines or ()}
        in_bag = [
            by_sku[normalize_sku(line.sku)]
            for line in bag.lines
            if normalize_sku(line.sku) in by_sku
        ]
        hidden = {line.url_key for line in in_bag if line.url_key and not line.has_page}
        if not hidden or len(in_bag) < len(bag.lines):
            return cart
        choices = self.variants.find_choices(hidden, store=self.store, deadline=self.deadline)
        choices |= self.variants.get_cached((line.sku for line in in_bag), store=self.store)
        lines = [
            BagLine(own.sku, line.quantity) for own, line in zip(in_bag, bag.lines, strict=True)
        ]
        if not any(normalize_sku(line.sku) in choices for line in lines):
            return cart
        other = self._create_filled(lines, choices)
        return other if other and other.has_all_lines(lines) else cart

    def _create_filled(
        self, lines: Iterable[BagLine], choices: dict[str, VariantChoice]
    ) -> _Cart | None:
        """Create a cart and add lines in one request; return None if GraphQL fails."""
        masked_id = generate_masked_id()
        rounds = _split_into_rounds([_build_cart_item(line, choices) for line in lines])
        answer = self.client.graphql(
            build_cart_mutation(len(rounds)),
            build_cart_variables(masked_id, rounds),
            store=self.store.code,
            deadline=self.deadline,
        )
        try:
            data = answer.body["data"]
            if data["createEmptyCart"] != masked_id:
                return None
            return _Cart(masked_id, _parse_lines(data[f"round{len(rounds) - 1}"]["cart"]))
        except (KeyError, TypeError, InvalidOperation):
            return None

    def _get_lines(self, masked_id: str) -> tuple[_CartLine, ...] | None:
        answer = self.client.graphql(
            _CART_QUERY, {"id": masked_id}, store=self.store.code, deadline=self.deadline
        )
        try:
            return _parse_lines(answer.body["data"]["cart"])
        except (KeyError, TypeError, InvalidOperation):
            return None

    def _create_empty(self) -> str:
        answer = self.client.rest(
            "POST", "guest-carts", store=self.store.code, deadline=self.deadline
        )
        if answer.status != HTTPStatus.OK or not is_masked_id(answer.body):
            raise ShopUnavailable("The shop does not create a guest cart.")
        return str(answer.body)

    def _add_lines(self, cart: _Cart, lines: list[BagLine]) -> None:
        """Add lines over REST, or raise LinesRefused with the reasons of all refused lines."""
        refusals: list[LineRefusal] = []
        for tried, line in enumerate(lines):
            is_enough = tried >= _MAX_EXPLAINED or self.deadline.remaining < _SECONDS_TO_EXPLAIN
            if refusals and is_enough:
                # What GraphQL left out is not in the cart either; it is named without a reason.
                rest = lines[tried:] if cart.lines is not None else []
                refusals += [LineRefusal(line, code="refused") for line in rest]
                break
            refusal = self._find_refusal(cart, line, self._add_line(cart, line))
            refusals += [refusal] if refusal else []
        if refusals:
            faults = explain_refusals(
                refusals,
                try_add=lambda line: self._add_line(cart, line).status == HTTPStatus.OK,
                client=self.client,
                store=self.store,
                deadline=self.deadline,
            )
            raise LinesRefused(faults=faults)

    def _find_refusal(self, cart: _Cart, line: BagLine, answer: Answer) -> LineRefusal | None:
        if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
            return LineRefusal(line, answer=answer)
        if answer.status != HTTPStatus.OK:
            raise ShopUnavailable("The shop does not allow to add lines to a guest cart.")
        added = answer.body if isinstance(answer.body, dict) else {}
        code = _REPLACED_TYPES.get(str(added.get("product_type")))
        if code is None and cart.lines is not None and added.get("sku") == line.sku:
            # REST accepts a product that is on no website of the store view; the storefront and
            # GraphQL do not.
            code = "not_sold_here"
        return LineRefusal(line, code=code) if code else None

    def _add_line(self, cart: _Cart, line: BagLine) -> Answer:
        return self.client.rest(
            "POST",
            f"guest-carts/{cart.masked_id}/items",
            store=self.store.code,
            deadline=self.deadline,
            body={"cartItem": {"sku": line.sku, "qty": int(line.quantity)}},
        )


def build_cart_mutation(rounds: int) -> str:
    """Return the GraphQL document that creates a cart and adds items to it, round by round.

    The answer has the lines of the cart under `round<n>` of the last round.
    """
    numbers = range(rounds)
    variables = "".join(f", $items{number}: [CartItemInput!]!" for number in numbers)
    additions = "".join(
        f"\n  round{number}: addProductsToCart(cartId: $id, cartItems: $items{number}) "
        + ("{ cart { ...cartLines } }" if number == rounds - 1 else "{ cart { id } }")
        for number in numbers
    )
    return (
        f"mutation($id: String!{variables}) {{\n"
        f"  createEmptyCart(input: {{cart_id: $id}}){additions}\n}}{_CART_FRAGMENT}"
    )


def build_cart_variables(masked_id: str, rounds: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """Return the variables of `build_cart_mutation` for a new masked id and `CartItemInput`s."""
    return {"id": masked_id, **{f"items{number}": items for number, items in enumerate(rounds)}}


def _build_cart_item(line: BagLine, choices: dict[str, VariantChoice]) -> dict[str, Any]:
    choice = choices.get(normalize_sku(line.sku))
    if choice is None:
        return {"sku": line.sku, "quantity": int(line.quantity)}
    return {
        "sku": choice.parent_sku,
        "quantity": int(line.quantity),
        "selected_options": list(choice.option_uids),
    }


def _split_into_rounds(items: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Split items so that no sku comes twice in a round.

    If one call adds two variants of one product, Magento 2.4.7 adds the first variant twice: it
    stores the options of the first on the product that both share.
    """
    rounds: list[list[dict[str, Any]]] = []
    for item in items:
        without = (each for each in rounds if item["sku"] not in {other["sku"] for other in each})
        target = next(without, None)
        if target is None:
            rounds.append(target := [])
        target.append(item)
    return rounds


def _parse_lines(cart: Any) -> tuple[_CartLine, ...]:
    """Return the lines of a cart; raise KeyError, TypeError or InvalidOperation if not valid."""
    return tuple(_parse_line(item) for item in cart["itemsV2"]["items"])


def _parse_line(item: Any) -> _CartLine:
    product, variant = item["product"], item.get("configured_variant") or {}
    return _CartLine(
        sku=str(variant.get("sku") or product["sku"]),
        quantity=Decimal(item["quantity"]),
        url_key=product.get("url_key"),
        has_page=bool(product.get("url_rewrites")),
    )
