"""Changes to the sandbox before single recordings: what had happened in the recorded shop."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from handoff_sandbox.access_tokens import ADMIN, TokenUser
from handoff_sandbox.accounts import ShopAccount, ShopCustomer
from handoff_sandbox.errors import Unauthorized
from handoff_sandbox.postal_address import PostalAddress
from handoff_sandbox.quotes import SandboxQuote
from handoff_sandbox.totals import FLAT_RATE

from tests.sandbox.replay import Replay

Preparation = Callable[[Replay], None]

RESTORED_ADDRESS: dict[str, Any] = {
    "country_id": "GB",
    "street": ("1 High Street",),
    "postcode": "SW1A 1AA",
    "city": "London",
    "firstname": "Gina",
    "lastname": "Guest",
    "telephone": "02070000000",
    "region": "London",
    "email": "guest@example.com",
}


def create_guest_quote(replay: Replay, recorded_id: str | None, **skus: int) -> SandboxQuote:
    """Create a guest's quote that later recordings call `recorded_id`."""
    quote = replay.shop.quotes.create_for_guest()
    for sku, qty in skus.items():
        add_to_quote(replay, quote, sku, qty)
    if recorded_id is not None:
        replay.names[recorded_id] = str(quote.masked_id)
    return quote


def add_to_quote(replay: Replay, quote: SandboxQuote, sku: str, qty: int) -> None:
    product = replay.shop.catalogue.find_by_sku(sku.replace("_", "-"))
    assert product is not None
    replay.shop.quotes.add_product(quote, product, Decimal(qty))


def set_stock_of_few(replay: Replay, stock: int) -> None:
    product = replay.shop.catalogue.find_by_sku("ITEM-FEW")
    assert product is not None
    product.name = "Lab item few"  # as the shop of the later recordings calls it
    product.stock = Decimal(stock)


def find_customer_quote(replay: Replay, number: int) -> SandboxQuote:
    customer = replay.shop.accounts.find_customer(number)
    assert customer is not None
    quote = replay.shop.quotes.find_active_of_customer(customer)
    assert quote is not None
    return quote


def write_session(replay: Replay, session_id: str, content: str) -> None:
    """Write a session as another program would, into PHP's save path."""
    path: Path = replay.shop.sessions.folder / f"sess_{session_id}"
    path.write_text(content)


def encode_session_with_quote(quote: SandboxQuote | int) -> str:
    number = str(quote if isinstance(quote, int) else quote.number)
    return f'checkout|a:1:{{s:10:"quote_id_1";s:{len(number)}:"{number}";}}'


SESSION_OF_ADA = 'customer_base|a:2:{s:11:"customer_id";s:2:"10";s:17:"customer_group_id";s:1:"1";}'
SESSION_OF_SAM = 'customer_base|a:2:{s:11:"customer_id";s:1:"1";s:17:"customer_group_id";s:1:"1";}'


def prepare_expired_token(replay: Replay) -> None:
    replay.token_age = 4000


def prepare_assigning(replay: Replay) -> None:
    create_guest_quote(replay, "HVijXKa3WsgALMbKeATuQs2TUlszEKWo", ITEM_09=1)


def prepare_paying_for_nothing(replay: Replay) -> None:
    create_guest_quote(replay, "ZEex5pWTc1ww5773kvxOHPN6E0BOdx0s")


def prepare_paying_without_address(replay: Replay) -> None:
    masked_id = replay.names["ZEex5pWTc1ww5773kvxOHPN6E0BOdx0s"]
    quote = replay.shop.quotes.find_by_masked_id(masked_id)
    assert quote is not None
    add_to_quote(replay, quote, "ITEM-10", 2)


def prepare_assigning_again(replay: Replay) -> None:
    create_guest_quote(replay, None)
    create_guest_quote(replay, None, ITEM_01=1)
    create_guest_quote(replay, None, ITEM_01=1)
    add_to_quote(replay, find_customer_quote(replay, 1), "ITEM-12", 1)
    create_guest_quote(replay, "pj5VGEIPsDyv3ism3IPaALtDGbm3HcXY", ITEM_09=2)


def prepare_section_after_rest(replay: Replay) -> None:
    add_to_quote(replay, find_customer_quote(replay, 1), "ITEM-12", 1)


def prepare_guest_logs_in(replay: Replay) -> None:
    quote = create_guest_quote(replay, None, ITEM_15=1)
    write_session(replay, "pbgn8n5nrn3983hlmotempphg5", encode_session_with_quote(quote))


def prepare_own_form_key(replay: Replay) -> None:
    write_session(
        replay,
        "2s82t2i8ecs7qvo6fqrmd0sbpm",
        SESSION_OF_SAM + encode_session_with_quote(find_customer_quote(replay, 1)),
    )


def prepare_new_ids(replay: Replay) -> None:
    quote = create_guest_quote(replay, None, ITEM_01=1)
    write_session(replay, "1gamk4e2jpkuqh0qegbs6kv9db", encode_session_with_quote(quote))


def prepare_handwritten_sessions(replay: Replay) -> None:
    create_guest_quote(replay, None)
    quote = create_guest_quote(replay, "tMJT95wVPl8PT3A6FJmJ45wC2NprzGTl", ITEM_09=3)
    customer_quote = find_customer_quote(replay, 1)
    for session_id in (
        "d66b30e6f87c27b9ecb45b30d8",
        "2ce6059e4b4d54cb1511bae1f9",
        "fde3ce2d17abbe2499676f9e32",
        "5b1fd14d0e52632c000769196c",
    ):
        write_session(replay, session_id, encode_session_with_quote(quote))
    as_number = f'checkout|a:1:{{s:10:"quote_id_1";i:{quote.number};}}'
    write_session(replay, "d031cd343221748167d9eda363", as_number)
    write_session(replay, "59eab453d05e0c9a8462be2a09", encode_session_with_quote(999_999))
    write_session(replay, "44b6bc77c3db5a85d6b2123b69", encode_session_with_quote(13))
    write_session(replay, "d9f768bf15c26502c258110a9d", encode_session_with_quote(customer_quote))
    write_session(
        replay,
        "8527a5847f3561bdca85f9d64e",
        SESSION_OF_SAM + encode_session_with_quote(customer_quote),
    )


def prepare_product_was_disabled(replay: Replay) -> None:
    create_guest_quote(replay, "NodAQ09M49ERFqUyKxdwtPmpvcQvOYD8", ITEM_17=1, ITEM_19=1)
    replay.shop.catalogue.disable("ITEM-17")


def prepare_cart_of_checkout_config(replay: Replay) -> None:
    quote = create_guest_quote(replay, "0jlx14uOpXfYTbjUtYT4ZUTrUBQq3dIi", ITEM_01=2)
    write_session(replay, "uae86vac4ilr2hc7r06in517b0", encode_session_with_quote(quote))


def prepare_cancelling(replay: Replay) -> None:
    """Place the five orders that a race over one cart left behind."""
    address = PostalAddress(1, firstname="Gina", lastname="Guest")
    for _ in range(5):
        quote = create_guest_quote(replay, None, ITEM_01=1)
        quote.shipping_method = FLAT_RATE
        replay.shop.orders.place_order(
            quote, email="guest@example.com", billing=address, remote_ip="127.0.0.1"
        )


def prepare_locked_out(replay: Replay) -> None:
    accounts = replay.shop.accounts.customers
    account = ShopAccount("Shopper123!", ShopCustomer(3, "lockme@example.com", "Lou", "Locked"))
    accounts.by_name["lockme@example.com"] = account
    for _ in range(12):
        with pytest.raises(Unauthorized):
            accounts.authenticate("lockme@example.com", "wrong")


def prepare_asking_checkout(replay: Replay) -> None:
    quote = create_guest_quote(replay, "m9qyiDVkJxisVoawERatlWLbw3mujqcs", ITEM_01=1)
    write_session(replay, "11c7934531ff790636d425030f", encode_session_with_quote(quote))


def prepare_quantity_is_gone(replay: Replay) -> None:
    quote = create_guest_quote(replay, "iC8cT2cLPnqchaJ7f1pZJj4u5hANjg3c", ITEM_FEW=3, ITEM_01=1)
    write_session(replay, "445af8f6f0a90d2323405a1ff5", encode_session_with_quote(quote))
    set_stock_of_few(replay, 2)


def prepare_sold_out(replay: Replay) -> None:
    quote = create_guest_quote(replay, "FLLvUzftsRZfXgFXvMyNzUHgmAggkV8g", ITEM_FEW=1, ITEM_01=1)
    write_session(replay, "8c71bd5808afb0867de21e5a43", encode_session_with_quote(quote))
    set_stock_of_few(replay, 0)


def prepare_guests_are_off(replay: Replay) -> None:
    quote = create_guest_quote(replay, "zSqpQOtDosOoJjHZlQYK9ncBizqQBtia", ITEM_01=1)
    for session_id in (
        "0f20388d2a1f987ac5d7952929",
        "b8852806a61561d251bbc0d812",
        "c292713b1b00efefa3e64a353e",
    ):
        write_session(replay, session_id, encode_session_with_quote(quote))
    ada = ShopCustomer(10, "asked@example.com", "Ada", "Asked")
    replay.shop.accounts.customers.by_name[ada.email] = ShopAccount("Shopper123!", ada)
    quote = replay.shop.quotes.create_for_customer(ada)
    add_to_quote(replay, quote, "ITEM-02", 1)
    for session_id in ("e617bb1624b6dd8c251dc83ed5", "f87a47f6736154ad313b369e84"):
        write_session(replay, session_id, SESSION_OF_ADA + encode_session_with_quote(quote))
    replay.shop.rules.guest_checkout = False


def prepare_one_page_is_off(replay: Replay) -> None:
    replay.shop.rules.guest_checkout = True
    replay.shop.rules.one_page_checkout = False


def prepare_minimum(replay: Replay) -> None:
    replay.shop.rules.one_page_checkout = True
    replay.shop.rules.minimum = Decimal(100)


def prepare_customer(replay: Replay) -> None:
    replay.shop.rules.minimum = Decimal(0)


def prepare_newcomer(replay: Replay) -> None:
    replay.shop.accounts.ids = count(14)


def prepare_newcomers_cart(replay: Replay) -> None:
    newcomer = replay.shop.accounts.find_customer(14)
    assert newcomer is not None
    replay.shop.quotes.create_for_customer(newcomer)


def prepare_merging(replay: Replay) -> None:
    mia = ShopCustomer(6, "merging@example.com", "Mia", "Merging")
    replay.shop.accounts.customers.by_name[mia.email] = ShopAccount("Shopper123!", mia)
    name_towels(replay)
    replay.shop.quotes._numbers = count(194)
    create_guest_quote(replay, "DxMAxJ7ieGI7ld5EjBkzMeWvGUBcWgtf", ITEM_01=2, ITEM_02=1)


def prepare_deleted_customer(replay: Replay) -> None:
    quote = find_customer_quote(replay, 6)
    replay.names["ZdhaeudRmaGfd52EzqJkGRXbPnto7Iy1"] = replay.shop.quotes.ensure_masked_id(quote)
    token = replay.shop.tokens.issue(TokenUser(1, ADMIN), at=replay.clock.now)
    headers = {"Authorization": f"Bearer {token}"}
    replay.app.test_client().delete("/rest/V1/customers/6", headers=headers)


def prepare_restoring(replay: Replay) -> None:
    """Order a guest's quote, cancel the order and restore the quote, as a payment module does."""
    quote = create_guest_quote(replay, "uVL84Y65TVKm7PqSPSE41CHDOpTalwnT", ITEM_03=2)
    quote.shipping = PostalAddress(quote.shipping.id, **RESTORED_ADDRESS)
    quote.shipping_method = FLAT_RATE
    orders = replay.shop.orders
    order = orders.place_order(
        quote,
        email="guest@example.com",
        billing=PostalAddress(quote.billing.id, **RESTORED_ADDRESS),
        remote_ip="127.0.0.1",
    )
    orders.by_id[14] = orders.by_id.pop(order.entity_id)
    order.entity_id = 14
    orders.cancel_order(order)
    replay.shop.quotes.restore(quote)


def name_towels(replay: Replay) -> None:
    """Give products the names that they have in the shop of the last recordings."""
    for number in (1, 2, 3):
        product = replay.shop.catalogue.find_by_sku(f"ITEM-{number:02d}")
        assert product is not None
        product.name = f"Towel {number}"


PREPARATIONS: dict[str, Preparation] = {
    "346-customer-token-good-after-12-bad": prepare_locked_out,
    "084-mine-get-expired-jwt": prepare_expired_token,
    "250-guest-assign-customer-has-active-cart": prepare_assigning,
    "282-order-empty-cart-payment": prepare_paying_for_nothing,
    "283-order-without-shipping": prepare_paying_without_address,
    "257-guest-assign-to-customer-without-cart": prepare_assigning_again,
    "331-customer-section-load-after-rest-add": prepare_section_after_rest,
    "333-guest-with-cart-logs-in": prepare_guest_logs_in,
    "325-customer-cart-add-own-form_key-after-login": prepare_own_form_key,
    "340-checkout-1st-regenerates-sid": prepare_new_ids,
    "350-checkout-with-handwritten-redis-session": prepare_handwritten_sessions,
    "430-guest-cart-items-after-product-disabled": prepare_product_was_disabled,
    "344-rest-get-by-id-from-checkoutConfig": prepare_cart_of_checkout_config,
    "348-order-cancel": prepare_cancelling,
    "700-checkout-head-good": prepare_asking_checkout,
    "710-checkout-head-quantity-gone": prepare_quantity_is_gone,
    "714-checkout-head-sold-out": prepare_sold_out,
    "720-checkout-head-guests-off": prepare_guests_are_off,
    "730-checkout-head-one-page-off": prepare_one_page_is_off,
    "740-checkout-head-under-minimum": prepare_minimum,
    "750-checkout-head-customer": prepare_customer,
    "800-customers-create": prepare_newcomer,
    "811-mine-add-newcomer": prepare_newcomers_cart,
    "900-gql-merge-carts-anonymous": prepare_merging,
    "905-cart-of-deleted-customer": prepare_deleted_customer,
    "910-guest-cart-restored": prepare_restoring,
}
