"""Creates a guest's cart with the lines of a bag, over GraphQL and REST."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from handoff.bag import Bag, BagLine, normalize_sku
from handoff.deadline import Deadline
from handoff.magento.answers import Answer, ShopJsonModel
from handoff.magento.client import MagentoClient
from handoff.magento.graphql_guest_cart import (
    CART_QUERY,
    CartContents,
    CartLine,
    build_cart_documents,
    parse_cart_contents,
)
from handoff.magento.line_refusals import LineRefusal, explain_refusals
from handoff.magento.quote_models import Sku, generate_masked_id, is_masked_id
from handoff.magento.unusable_answers import log_and_build_unusable_answer_problem
from handoff.magento.variants import VariantChoice, Variants
from handoff.problems import LinesRefused
from handoff.settings.store_view_models import StoreView

# If the bag is refused, at most this many lines are tried one by one to find the reasons, while at
# least this many seconds are left.
_MAX_EXPLAINED = 20
_SECONDS_TO_EXPLAIN = 1.0

# For these types of product, REST does not add the sku itself but the members of a group, or a
# bundle without options, which checkout refuses.
_REPLACED_TYPES = {"grouped": "grouped_product", "bundle": "bundle_options_required"}

_CART_FIELDS = ("cartId", "quoteId")  # Magento's names for the cart in its error messages


@dataclass(frozen=True, slots=True)
class CreatedCart:
    """The masked id of a cart, a credential, and its total if it took every line at once.

    `choices` names, by normalized sku, the products that can be added in the same way again: with
    these options, or with None by their own sku.
    """

    masked_id: str = field(repr=False)
    total: Decimal | None
    choices: Mapping[str, VariantChoice | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Cart:
    """The masked id and the contents of a cart, None if GraphQL does not answer.

    `choices` are those that it was filled with, by normalized sku.
    """

    masked_id: str = field(repr=False)
    contents: CartContents | None
    choices: Mapping[str, VariantChoice] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[CartLine, ...]:
        return self.contents.lines if self.contents else ()

    def has_line(self, line: BagLine, *, at_least: Decimal = Decimal(0)) -> bool:
        same = (own for own in self.lines if normalize_sku(own.sku) == normalize_sku(line.sku))
        return any(own.quantity >= at_least for own in same)

    def has_all_lines(self, lines: Iterable[BagLine]) -> bool:
        return all(self.has_line(line, at_least=line.quantity) for line in lines)

    def list_known_choices(self) -> dict[str, VariantChoice | None]:
        """Return the choices, and None for each product that has a page of its own."""
        with_page = {normalize_sku(line.sku): None for line in self.lines if line.has_page}
        return {**with_page, **self.choices}


class _AddedLineJson(ShopJsonModel):
    sku: Sku
    product_type: str | None = None


@dataclass(frozen=True, slots=True)
class QuoteBuilder:
    """Creates carts for one transfer, in its store view and before its deadline."""

    client: MagentoClient
    variants: Variants
    store: StoreView
    deadline: Deadline

    def create_cart(self, bag: Bag) -> CreatedCart:
        """Create a cart with the bag's lines.

        GraphQL fills a cart in one request, but accepts a sku only in the catalogue's spelling and
        gives imprecise reasons. So the lines that it leaves out are added over REST, one by one.
        Raises LinesRefused with a fault for each line that the shop refuses.
        """
        cart = self._create_cart_with_cached_choices(bag) or self._create_filled_cart(bag.lines, {})
        cart = cart or _Cart(self._create_empty_cart(), None)
        left_out = [line for line in bag.lines if not cart.has_line(line)]
        self._add_lines(cart, left_out)
        if left_out and cart.contents is not None:
            answer = self._call_graphql(CART_QUERY, {"id": cart.masked_id})
            cart = _Cart(cart.masked_id, parse_cart_contents(answer))
        cart = self._replace_variants(bag, cart)
        if cart.contents is None or left_out:
            return CreatedCart(cart.masked_id, None)
        return CreatedCart(cart.masked_id, cart.contents.total, cart.list_known_choices())

    def create_cart_of_known_products(
        self, bag: Bag, choices: Mapping[str, VariantChoice | None]
    ) -> CreatedCart | None:
        """Create a cart with earlier choices without reading its lines; return None on failure.

        `choices` has every product of the bag.
        """
        chosen = {sku: choice for sku, choice in choices.items() if choice is not None}
        cart = self._create_filled_cart(bag.lines, chosen, shows_lines=False)
        if cart is None or cart.contents is None:
            return None
        return CreatedCart(cart.masked_id, cart.contents.total)

    def _create_cart_with_cached_choices(self, bag: Bag) -> _Cart | None:
        """Create a cart with the cached choices; return None if there are none or they failed."""
        choices = self.variants.cache.get((line.sku for line in bag.lines), store=self.store)
        if not choices:
            return None
        cart = self._create_filled_cart(bag.lines, choices)
        if cart and cart.has_all_lines(
            line for line in bag.lines if normalize_sku(line.sku) in choices
        ):
            return cart
        self.variants.cache.remove(choices, store=self.store)
        return None

    def _replace_variants(self, bag: Bag, cart: _Cart) -> _Cart:
        """Return a cart that holds configurable products with chosen options instead of variants.

        If that fails, return the cart unchanged: it holds the same goods at the same price.
        """
        by_sku = {normalize_sku(line.sku): line for line in cart.lines}
        in_bag = [
            by_sku[normalize_sku(line.sku)]
            for line in bag.lines
            if normalize_sku(line.sku) in by_sku
        ]
        hidden = {line.url_key for line in in_bag if line.url_key and not line.has_page}
        if not hidden or len(in_bag) < len(bag.lines):
            return cart
        choices = self.variants.fetch_choices(hidden, store=self.store, deadline=self.deadline)
        choices |= self.variants.cache.get((line.sku for line in in_bag), store=self.store)
        lines = [
            BagLine(own.sku, line.quantity) for own, line in zip(in_bag, bag.lines, strict=True)
        ]
        if not any(normalize_sku(line.sku) in choices for line in lines):
            return cart
        other = self._create_filled_cart(lines, choices)
        return other if other and other.has_all_lines(lines) else cart

    def _create_filled_cart(
        self,
        lines: Iterable[BagLine],
        choices: Mapping[str, VariantChoice],
        *,
        shows_lines: bool = True,
    ) -> _Cart | None:
        """Create a cart and add lines to it over GraphQL; return None if that fails."""
        masked_id = generate_masked_id()
        items = [_build_cart_item(line, choices) for line in lines]
        contents: CartContents | None = None
        for document in build_cart_documents(masked_id, items, shows_lines=shows_lines):
            answer = self._call_graphql(document.query, document.variables)
            contents = document.parse_contents(answer)
            if contents is None:
                # Without lines, a refused line fails the query too, although GraphQL itself works.
                if shows_lines:
                    self.client.missing_graphql_features.record_failure(
                        answer.response, answer.body
                    )
                return None
        return _Cart(masked_id, contents, choices)

    def _call_graphql(self, query: str, variables: dict[str, Any]) -> Answer:
        return self.client.call_graphql(
            query, variables, store=self.store.code, deadline=self.deadline
        )

    def _create_empty_cart(self) -> str:
        answer = self.client.call_rest(
            "POST", "guest-carts", store=self.store.code, deadline=self.deadline
        )
        if answer.status != HTTPStatus.OK or not is_masked_id(answer.body):
            raise log_and_build_unusable_answer_problem(
                answer, "The shop does not create a guest cart."
            )
        return str(answer.body)

    def _add_lines(self, cart: _Cart, lines: list[BagLine]) -> None:
        """Add lines over REST, or raise LinesRefused with the reasons of all refused lines."""
        refusals: list[LineRefusal] = []
        for tried, line in enumerate(lines):
            is_enough = tried >= _MAX_EXPLAINED or self.deadline.remaining < _SECONDS_TO_EXPLAIN
            if refusals and is_enough:
                # Lines that GraphQL left out are not in the cart either; they get no reason.
                rest = lines[tried:] if cart.contents is not None else []
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
        is_about_cart = answer.parameters.get("fieldName") in _CART_FIELDS
        if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND) and not is_about_cart:
            return LineRefusal(line, answer=answer)
        try:
            added = _AddedLineJson.model_validate(answer.body)
        except ValidationError:
            raise log_and_build_unusable_answer_problem(
                answer, "The shop does not add lines to a guest cart."
            ) from None
        code = _REPLACED_TYPES.get(added.product_type or "")
        if code is None and _is_other_sku(added.sku, line.sku):
            return LineRefusal(line, code="sku_differs", other_sku=added.sku)
        if code is None and cart.contents is not None and added.sku == line.sku:
            # REST accepts a product that is on no website of the store view; the storefront and
            # GraphQL do not.
            code = "not_sold_here"
        return LineRefusal(line, code=code) if code else None

    def _add_line(self, cart: _Cart, line: BagLine) -> Answer:
        return self.client.call_rest(
            "POST",
            f"guest-carts/{cart.masked_id}/items",
            store=self.store.code,
            deadline=self.deadline,
            body={"cartItem": {"sku": line.sku, "qty": int(line.quantity)}},
        )


def _build_cart_item(line: BagLine, choices: Mapping[str, VariantChoice]) -> dict[str, Any]:
    choice = choices.get(normalize_sku(line.sku))
    if choice is None:
        return {"sku": line.sku, "quantity": int(line.quantity)}
    return {
        "sku": choice.parent_sku,
        "quantity": int(line.quantity),
        "selected_options": list(choice.option_uids),
    }


def _is_other_sku(added: str, wanted: str) -> bool:
    """Return whether the shop has added a product of another sku than the wanted one.

    Its database ignores accents and blanks at the end, so it finds ITEM-01 for `ÍTEM-01 `. Chosen
    options only make a sku longer.
    """
    added, wanted = normalize_sku(added), normalize_sku(wanted)
    return added != wanted and not added.startswith(f"{wanted}-")
