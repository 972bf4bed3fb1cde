from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from flask import g

from handoff_sandbox.catalogue import Kind, Product
from handoff_sandbox.errors import Unauthorized
from handoff_sandbox.graphql.carts import caller, cart_shape, current_currency, find, own_quote
from handoff_sandbox.graphql.refusals import refuse
from handoff_sandbox.quotes import MASKED_LENGTH, Quote
from handoff_sandbox.selling import CannotSell, Why, check_sale
from handoff_sandbox.shop import current_shop, current_view
from handoff_sandbox.tokens import CUSTOMER, User

Shape = dict[str, object]


def create_empty_cart(_root: object, _info: object, *, input: Shape | None = None) -> str:
    """Give a new guest's masked id (their own choice, if they like), or a customer's."""
    shop = current_shop()
    customer = caller()
    if customer is not None:
        return shop.quotes.mask(own_quote(shop, customer))
    return shop.quotes.mask(_new_quote((input or {}).get("cart_id")))


def create_guest_cart(_root: object, _info: object, *, input: Shape | None = None) -> Shape:
    if caller() is not None:
        raise refuse("already-exists", "Use `Query.customerCart` for logged in customer.")
    return {"cart": cart_shape(_new_quote((input or {}).get("cart_uid")))}


def add_products(_root: object, _info: object, *, cartId: str, cartItems: list[Shape]) -> Shape:
    """Add what can be added: one bad line stops none of the others."""
    quote = find(cartId)
    variants: dict[int, Product | None] = {}
    results = [_add(quote, item, variants) for item in cartItems]
    current_shop().quotes.touch(quote)
    errors = [error for error in results if error is not None]
    return {"cart": cart_shape(quote), "user_errors": errors}


def generate_customer_token(_root: object, _info: object, *, email: str, password: str) -> Shape:
    shop = current_shop()
    try:
        account = shop.people.customers.check(email, password)
    except Unauthorized as error:
        raise refuse("authentication", error.message) from error
    if account.customer is None:
        raise LookupError("a customer's account without its customer")
    g.logged_in = True
    return {"token": shop.tokens.issue(User(account.customer.id, CUSTOMER))}


def _new_quote(wanted: object) -> Quote:
    quotes = current_shop().quotes
    if wanted is None:
        return quotes.create_for_guest(view=current_view(), currency=current_currency())
    masked_id = str(wanted)
    if len(masked_id) != MASKED_LENGTH:
        raise refuse("input", "Cart ID length should to be 32 symbols.")
    if quotes.by_masked_id(masked_id) is not None:
        raise refuse("already-exists", f'Cart with ID "{masked_id}" already exists.')
    return quotes.create_for_guest(masked_id, view=current_view(), currency=current_currency())


def _add(quote: Quote, item: Shape, variants: dict[int, Product | None]) -> Shape | None:
    """Add an item or say why not. `variants` are those chosen so far in this call.

    As Magento 2.4.7 does, a second variant of a product is taken for the first.
    """
    shop = current_shop()
    sku, qty = str(item["sku"]), Decimal(str(item["quantity"]))
    product = shop.catalogue.by_sku(sku)
    variant = variants.setdefault(product.id, _variant(product, item)) if product else None
    if qty <= 0:
        return _user_error(Why.UNDEFINED, "The product quantity should be greater than 0")
    # Unlike REST, GraphQL takes a sku only as the catalogue spells it, and what is sold here.
    if product is None or product.sku != sku or not product.on_website:
        return _not_found(sku)
    try:
        check_sale(quote, product, qty, variant)
    except CannotSell as error:
        if error.why is Why.PRODUCT_NOT_FOUND:
            return _not_found(sku)
        return _user_error(error.why, error.message)
    shop.quotes.raise_lines(quote, product, qty, variant)
    return None


def _variant(product: Product, item: Shape) -> Product | None:
    chosen = item.get("selected_options")
    if product.kind is not Kind.CONFIGURABLE or not isinstance(chosen, list):
        return None
    return next((product.parts[uid] for uid in chosen if uid in product.parts), None)


def _not_found(sku: str) -> Shape:
    return _user_error(Why.PRODUCT_NOT_FOUND, f'Could not find a product with SKU "{sku}"')


def _user_error(why: Why, message: str) -> Shape:
    return {"code": why.value, "message": message}


RESOLVERS: dict[str, Callable[..., object]] = {
    "createEmptyCart": create_empty_cart,
    "createGuestCart": create_guest_cart,
    "addProductsToCart": add_products,
    "generateCustomerToken": generate_customer_token,
}
