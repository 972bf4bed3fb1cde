"""The features `Cart` and `Account`."""

from __future__ import annotations

from collections.abc import Iterator

from handoff.doctor.case import Case
from handoff.doctor.data.lacking import judged, with_sample
from handoff.doctor.finding import Finding, Lack, fault, ok, unknown
from handoff.doctor.sample import Sample

_ACCOUNT_FIELDS = ("id", "email", "firstname", "lastname")


@with_sample("By sku alone")
def products_can_be_bought(case: Case, sample: Sample) -> Iterator[Finding]:
    """Look for products that no bag of skus can hold."""
    products = sample.products
    yield judged(
        "By sku alone",
        [Lack(one.sku, "way to buy it without an own option") for one in products
         if one.asks_for_options],
        len(products),
        advice="A bag names skus and quantities, and no engraving. Make such options not required, "
        "or keep the products out of the app.",
    )  # fmt: skip
    sold_out = [one.sku for one in products if one.in_stock is False]
    words = f" Sold out: {', '.join(sold_out[:5])}{'…' if len(sold_out) > 5 else ''}." * bool(
        sold_out
    )
    yield ok("In stock", f"{len(products) - len(sold_out)} of {len(products)}.{words}")


def bag_is_taken(case: Case) -> Iterator[Finding]:
    """Say what came of the test bag."""
    trial = case.trial(case.store)
    if trial.sku is not None:
        yield ok("Test bag", f"One {trial.sku} was put into a guest's cart.")
    else:
        yield fault(
            "Test bag",
            f"Nothing could be put into a guest's cart. The shop says: {trial.words or 'nothing'}",
            "See that a simple product is on sale, in stock, and in the website of the store view.",
        )


def account_is_whole(case: Case) -> Iterator[Finding]:
    """Look at the customer's own details, where a customer was named."""
    customer = case.customer()
    if customer is None or customer.token is None:
        yield unknown(
            "Details", "Without a customer's login they cannot be read.", "Use --customer-email."
        )
        return
    reply = case.shop.rest("GET", "customers/me", store=case.store, token=customer.token)
    details = reply.data if isinstance(reply.data, dict) else {}
    missing = [name for name in _ACCOUNT_FIELDS if not details.get(name)]
    if reply.status != 200 or missing:
        yield fault(
            "Details",
            f"The customer's own details lack {', '.join(missing)} ({reply.status}).",
            "Fill them in at the customer, or see what changes the answer of customers/me.",
        )
    else:
        yield ok("Details", "Number, e-mail and name are there.")
