"""The registered customer, whose cart is one in the app and on the web."""

from __future__ import annotations

from handoff.bag import sku_key
from handoff.rehearsal.account import Account, change_details, details, log_in
from handoff.rehearsal.carts import Cart, in_words
from handoff.rehearsal.checkout import Checkout, mini_cart
from handoff.rehearsal.outcome import BREACH, Step, Unexpected
from handoff.rehearsal.passage import (
    Passage,
    require_bag,
    require_equal,
    require_total,
)
from handoff.rehearsal.stage import Stage

PART = "customer"
_NOT_IN_SYNC = (
    "The web session holds another cart than the customer's own: see website_id and website_code "
    "in HANDOFF_STORES."
)
_NOT_ADDED = "Does the shop's form for adding to the cart ask for more: options, a captcha?"


class Customer:
    """A customer with a cart in the shop, transferred by its number and the customer's token."""

    def __init__(self, stage: Stage, account: Account) -> None:
        self._stage = stage
        self._account = account
        self._passage = Passage(stage.cloud, stage.shop.store, stage.stop)
        self._token = ""
        self._quote = ""
        self._product = ""
        self._emptied = True

    def steps(self) -> list[Step]:
        """Return the steps in their order."""
        step, direct = self._stage.step, self._stage.cloud.settings.direct_entry
        return [
            step(PART, "account made", self._account.open),
            step(PART, "logged in", self._log_in),
            step(PART, "details read", self._read),
            step(PART, "details changed", self._change),
            step(PART, "cart made and changed", self._fill),
            step(PART, "transferred", self._transfer),
            step(PART, "let into checkout", self._passage.enter),
            step(PART, "exactly the bag in checkout", self._check),
            step(PART, "opened and loaded again", self._again),
            step(PART, "second web view refused", self._passage.second_web_view),
            *([step(PART, "direct entry", self._enter_directly)] if direct else []),
            step(PART, "added in the app, shown on the web", self._from_app),
            step(PART, "added on the web, shown in the app", self._from_web),
            step(PART, "cart emptied", self._empty),
            step(PART, "token that is no good refused", self._expire),
        ]

    def _log_in(self) -> str:
        self._token = log_in(self._stage.shop, self._account.login)
        return "a token"

    def _read(self) -> str:
        email = str(details(self._stage.shop, self._token).get("email"))
        if email.lower() != self._account.login.email.lower():
            raise Unexpected("the customer's own details", "another's", BREACH)
        return email

    def _change(self) -> str:
        return change_details(self._stage.shop, self._token, self._stage.cleanup)

    def _fill(self) -> str:
        path = "carts/mine"
        todo = "The app keeps a customer's cart by /carts/mine: open it."
        number = self._stage.shop.ask("POST", path, token=self._token, todo=todo)
        self._quote = str(number)
        if self._cart.lines():
            raise Unexpected(
                "an empty cart to begin with",
                f"the customer's cart {number} holds items",
                "Empty it first, or name another account: a rehearsal throws nothing away.",
            )
        self._emptied = False
        self._stage.cleanup.later("the customer's cart", self._empty_unless_done)
        first, second = self._stage.products
        item = self._cart.add(first, 1)
        other = self._cart.add(second, 1)
        self._cart.change(item, 2)
        self._cart.remove(other)
        lines = self._cart.lines()
        require_equal(lines, self._stage.lines(2), "See what changes carts in the shop.")
        return in_words(lines)

    def _transfer(self) -> str:
        return self._passage.transfer({"quote_id": self._quote, "token_id": self._token})

    def _check(self) -> str:
        return self._checked(self._passage.see_checkout()).told

    def _enter_directly(self) -> str:
        seen = self._passage.enter_directly(quote_id=self._quote, token_id=self._token)
        return self._checked(seen).told

    def _checked(self, seen: Checkout) -> Checkout:
        """Require this customer's checkout with the bag, at the price that REST tells."""
        email = self._account.login.email
        if (seen.email or "").lower() != email.lower():
            came = "another customer's" if seen.email else "a guest's"
            raise Unexpected(f"the checkout of {email}", came, _NOT_IN_SYNC)
        require_bag(seen, self._stage.lines(2), self._stage.shop.store.currency)
        require_total(seen, self._cart.total())
        return seen

    def _again(self) -> str:
        words = self._passage.reopen()
        self._check()
        return words

    def _from_app(self) -> str:
        item = self._cart.add(self._stage.products[1], 1)
        shown = self._product_on_the_web()
        self._cart.remove(item)
        if shown is None:
            came = "the web session's cart without it"
            raise Unexpected(f"{self._stage.products[1]} on the web", came, _NOT_IN_SYNC)
        self._product = shown
        return self._stage.products[1]

    def _from_web(self) -> str:
        fields = {"product": self._product, "qty": "1"}
        url = f"{self._passage.storefront}/checkout/cart/add"
        page = self._passage.view.post_form(url, fields)
        lines = self._cart.lines()
        if lines == self._stage.lines(2):
            raise Unexpected(
                f"{self._stage.products[1]} in the app's cart",
                f"the cart without it; the form was answered with {page.status}",
                _NOT_ADDED,
            )
        require_equal(lines, self._stage.lines(2, 1), _NOT_IN_SYNC)
        return in_words(lines)

    def _empty(self) -> str:
        self._cart.empty()
        if self._cart.lines():
            raise Unexpected("an empty cart", in_words(self._cart.lines()), BREACH)
        self._emptied = True
        return "by the app"

    def _expire(self) -> str:
        token = self._account.end_token(self._token)
        return self._stage.cloud.refused(
            {"quote_id": self._quote, "token_id": token},
            code="customer_token_rejected",
            why="a token that is no good any more",
        )

    def _empty_unless_done(self) -> None:
        if not self._emptied:
            self._cart.empty()

    def _product_on_the_web(self) -> str | None:
        """Return the number by which the web knows the second product, where its cart holds it."""
        items = mini_cart(self._passage.view, self._passage.storefront).get("items") or []
        wanted = sku_key(self._stage.products[1])
        found = (one for one in items if sku_key(str(one.get("product_sku"))) == wanted)
        return next((str(one["product_id"]) for one in found), None)

    @property
    def _cart(self) -> Cart:
        return Cart(self._stage.shop, "carts/mine", self._token)
