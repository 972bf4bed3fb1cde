"""What happened in the recorded shop between two recordings, as far as later ones need it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from handoff_sandbox.addresses import Address
from handoff_sandbox.errors import Unauthorized
from handoff_sandbox.people import Account, Customer
from handoff_sandbox.quotes import Quote
from handoff_sandbox.totals import FLAT_RATE

from tests.sandbox.replay import Replay

Step = Callable[[Replay], None]


def guest_cart(replay: Replay, recorded_id: str | None, **skus: int) -> Quote:
    """Make a guest's cart that later recordings know under `recorded_id`."""
    quote = replay.shop.quotes.create_for_guest()
    for sku, qty in skus.items():
        add(replay, quote, sku, qty)
    if recorded_id is not None:
        replay.names[recorded_id] = str(quote.masked_id)
    return quote


def add(replay: Replay, quote: Quote, sku: str, qty: int) -> None:
    product = replay.shop.catalogue.by_sku(sku.replace("_", "-"))
    assert product is not None
    replay.shop.quotes.put(quote, product, Decimal(qty))


def leave_few(replay: Replay, stock: int) -> None:
    product = replay.shop.catalogue.by_sku("ITEM-FEW")
    assert product is not None
    product.name = "Lab item few"  # as the shop of the later recordings calls it
    product.stock = Decimal(stock)


def customers_cart(replay: Replay, number: int) -> Quote:
    customer = replay.shop.people.customer(number)
    assert customer is not None
    quote = replay.shop.quotes.active_of(customer)
    assert quote is not None
    return quote


def session(replay: Replay, session_id: str, content: str) -> None:
    """Write a session as another program would: straight into PHP's save path."""
    path: Path = replay.shop.sessions.folder / f"sess_{session_id}"
    path.write_text(content)


def bound(quote: Quote | int) -> str:
    number = str(quote if isinstance(quote, int) else quote.number)
    return f'checkout|a:1:{{s:10:"quote_id_1";s:{len(number)}:"{number}";}}'


ADA = 'customer_base|a:2:{s:11:"customer_id";s:2:"10";s:17:"customer_group_id";s:1:"1";}'
SAM = 'customer_base|a:2:{s:11:"customer_id";s:1:"1";s:17:"customer_group_id";s:1:"1";}'


def before_expired_token(replay: Replay) -> None:
    replay.token_age = 4000


def before_assigning(replay: Replay) -> None:
    guest_cart(replay, "HVijXKa3WsgALMbKeATuQs2TUlszEKWo", ITEM_09=1)


def before_paying_for_nothing(replay: Replay) -> None:
    guest_cart(replay, "ZEex5pWTc1ww5773kvxOHPN6E0BOdx0s")


def before_paying_without_address(replay: Replay) -> None:
    masked_id = replay.names["ZEex5pWTc1ww5773kvxOHPN6E0BOdx0s"]
    quote = replay.shop.quotes.by_masked_id(masked_id)
    assert quote is not None
    add(replay, quote, "ITEM-10", 2)


def before_assigning_again(replay: Replay) -> None:
    guest_cart(replay, None)
    guest_cart(replay, None, ITEM_01=1)
    guest_cart(replay, None, ITEM_01=1)
    add(replay, customers_cart(replay, 1), "ITEM-12", 1)
    guest_cart(replay, "pj5VGEIPsDyv3ism3IPaALtDGbm3HcXY", ITEM_09=2)


def before_section_after_rest(replay: Replay) -> None:
    add(replay, customers_cart(replay, 1), "ITEM-12", 1)


def before_guest_logs_in(replay: Replay) -> None:
    quote = guest_cart(replay, None, ITEM_15=1)
    session(replay, "pbgn8n5nrn3983hlmotempphg5", bound(quote))


def before_own_form_key(replay: Replay) -> None:
    session(replay, "2s82t2i8ecs7qvo6fqrmd0sbpm", SAM + bound(customers_cart(replay, 1)))


def before_new_ids(replay: Replay) -> None:
    quote = guest_cart(replay, None, ITEM_01=1)
    session(replay, "1gamk4e2jpkuqh0qegbs6kv9db", bound(quote))


def before_handwritten_sessions(replay: Replay) -> None:
    guest_cart(replay, None)
    quote = guest_cart(replay, "tMJT95wVPl8PT3A6FJmJ45wC2NprzGTl", ITEM_09=3)
    mine = customers_cart(replay, 1)
    for session_id in (
        "d66b30e6f87c27b9ecb45b30d8",
        "2ce6059e4b4d54cb1511bae1f9",
        "fde3ce2d17abbe2499676f9e32",
        "5b1fd14d0e52632c000769196c",
    ):
        session(replay, session_id, bound(quote))
    as_number = f'checkout|a:1:{{s:10:"quote_id_1";i:{quote.number};}}'
    session(replay, "d031cd343221748167d9eda363", as_number)
    session(replay, "59eab453d05e0c9a8462be2a09", bound(999_999))
    session(replay, "44b6bc77c3db5a85d6b2123b69", bound(13))
    session(replay, "d9f768bf15c26502c258110a9d", bound(mine))
    session(replay, "8527a5847f3561bdca85f9d64e", SAM + bound(mine))


def before_product_was_disabled(replay: Replay) -> None:
    guest_cart(replay, "NodAQ09M49ERFqUyKxdwtPmpvcQvOYD8", ITEM_17=1, ITEM_19=1)
    replay.shop.catalogue.disable("ITEM-17")


def before_cart_of_checkout_config(replay: Replay) -> None:
    quote = guest_cart(replay, "0jlx14uOpXfYTbjUtYT4ZUTrUBQq3dIi", ITEM_01=2)
    session(replay, "uae86vac4ilr2hc7r06in517b0", bound(quote))


def before_cancelling(replay: Replay) -> None:
    """Place the five orders that a race over one cart left behind."""
    address = Address(1, firstname="Gina", lastname="Guest")
    for _ in range(5):
        quote = guest_cart(replay, None, ITEM_01=1)
        quote.ships_by = FLAT_RATE
        replay.shop.orders.place(
            quote, email="guest@example.com", billing=address, remote_ip="127.0.0.1"
        )


def before_locked_out(replay: Replay) -> None:
    accounts = replay.shop.people.customers
    account = Account("Shopper123!", Customer(3, "lockme@example.com", "Lou", "Locked"))
    accounts.by_name["lockme@example.com"] = account
    for _ in range(12):
        with pytest.raises(Unauthorized):
            accounts.check("lockme@example.com", "wrong")


def before_asking_checkout(replay: Replay) -> None:
    quote = guest_cart(replay, "m9qyiDVkJxisVoawERatlWLbw3mujqcs", ITEM_01=1)
    session(replay, "11c7934531ff790636d425030f", bound(quote))


def before_quantity_is_gone(replay: Replay) -> None:
    quote = guest_cart(replay, "iC8cT2cLPnqchaJ7f1pZJj4u5hANjg3c", ITEM_FEW=3, ITEM_01=1)
    session(replay, "445af8f6f0a90d2323405a1ff5", bound(quote))
    leave_few(replay, 2)


def before_sold_out(replay: Replay) -> None:
    quote = guest_cart(replay, "FLLvUzftsRZfXgFXvMyNzUHgmAggkV8g", ITEM_FEW=1, ITEM_01=1)
    session(replay, "8c71bd5808afb0867de21e5a43", bound(quote))
    leave_few(replay, 0)


def before_guests_are_off(replay: Replay) -> None:
    quote = guest_cart(replay, "zSqpQOtDosOoJjHZlQYK9ncBizqQBtia", ITEM_01=1)
    for session_id in (
        "0f20388d2a1f987ac5d7952929",
        "b8852806a61561d251bbc0d812",
        "c292713b1b00efefa3e64a353e",
    ):
        session(replay, session_id, bound(quote))
    ada = Customer(10, "asked@example.com", "Ada", "Asked")
    replay.shop.people.customers.by_name[ada.email] = Account("Shopper123!", ada)
    theirs = replay.shop.quotes.create_for_customer(ada)
    add(replay, theirs, "ITEM-02", 1)
    for session_id in ("e617bb1624b6dd8c251dc83ed5", "f87a47f6736154ad313b369e84"):
        session(replay, session_id, ADA + bound(theirs))
    replay.shop.rules.guest_checkout = False


def before_one_page_is_off(replay: Replay) -> None:
    replay.shop.rules.guest_checkout = True
    replay.shop.rules.one_page_checkout = False


def before_minimum(replay: Replay) -> None:
    replay.shop.rules.one_page_checkout = True
    replay.shop.rules.minimum = Decimal(100)


def after_minimum(replay: Replay) -> None:
    replay.shop.rules.minimum = Decimal(0)


def before_newcomer(replay: Replay) -> None:
    replay.shop.people.ids = count(14)


def before_newcomers_cart(replay: Replay) -> None:
    newcomer = replay.shop.people.customer(14)
    assert newcomer is not None
    replay.shop.quotes.create_for_customer(newcomer)


BEFORE: dict[str, Step] = {
    "346-customer-token-good-after-12-bad": before_locked_out,
    "084-mine-get-expired-jwt": before_expired_token,
    "250-guest-assign-customer-has-active-cart": before_assigning,
    "282-order-empty-cart-payment": before_paying_for_nothing,
    "283-order-without-shipping": before_paying_without_address,
    "257-guest-assign-to-customer-without-cart": before_assigning_again,
    "331-customer-section-load-after-rest-add": before_section_after_rest,
    "333-guest-with-cart-logs-in": before_guest_logs_in,
    "325-customer-cart-add-own-form_key-after-login": before_own_form_key,
    "340-checkout-1st-regenerates-sid": before_new_ids,
    "350-checkout-with-handwritten-redis-session": before_handwritten_sessions,
    "430-guest-cart-items-after-product-disabled": before_product_was_disabled,
    "344-rest-get-by-id-from-checkoutConfig": before_cart_of_checkout_config,
    "348-order-cancel": before_cancelling,
    "700-checkout-head-good": before_asking_checkout,
    "710-checkout-head-quantity-gone": before_quantity_is_gone,
    "714-checkout-head-sold-out": before_sold_out,
    "720-checkout-head-guests-off": before_guests_are_off,
    "730-checkout-head-one-page-off": before_one_page_is_off,
    "740-checkout-head-under-minimum": before_minimum,
    "750-checkout-head-customer": after_minimum,
    "800-customers-create": before_newcomer,
    "811-mine-add-newcomer": before_newcomers_cart,
}
