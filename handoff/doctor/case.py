"""The shop under examination: its settings, and what was found out about it, each thing once."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from handoff.deadline import Deadline
from handoff.doctor import sessions
from handoff.doctor.carts import CartBuilt, build_by_graphql, build_by_rest, skus_to_try
from handoff.doctor.once import once
from handoff.doctor.people import Admin, Customer, log_in_admin, log_in_customer
from handoff.doctor.probe import Reply
from handoff.doctor.reading import Reading
from handoff.doctor.sample import Sample, take_sample
from handoff.doctor.shop import Shop
from handoff.doctor.signed_in import SignedIn, try_to_be_signed_in
from handoff.doctor.traces import Traces
from handoff.doctor.trial import Trial, try_the_way
from handoff.settings import Settings
from handoff.settings.store_sites import StoreSite
from handoff.settings.store_views import StoreView

# What every 2.4 tells, and what 2.4.7 tells besides: one unknown field, and nothing is told.
_STORE_FIELDS = "store_code website_code base_currency_code default_display_currency_code"
_MORE_FIELDS = "is_guest_checkout_enabled cart_expires_in_days customer_access_token_lifetime"
_MEASURED = 3  # carts, by REST and by GraphQL


@dataclass(frozen=True, slots=True)
class CustomerLogin:
    """A customer of the shop who may be used for looking."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pace:
    """Median seconds: REST for an empty cart and for each line, GraphQL for a whole bag."""

    rest_cart: float
    rest_line: float
    graphql: float | None


class Case:
    """What checks look at. Each fact is asked of the shop when a check first needs it.

    Every fact raises Silence where the shop does not answer, and OutOfTime.
    """

    def __init__(
        self,
        reading: Reading,
        *,
        until: Deadline,
        traces: Traces,
        login: CustomerLogin | None = None,
        sample_size: int = 20,
        sku: str | None = None,
    ) -> None:
        self.reading = reading
        self.traces = traces
        self.login = login
        self.known: dict[Any, Any] = {}
        self.shop = Shop(reading.settings, until)
        self._sample_size = sample_size
        self._sku = sku

    @property
    def settings(self) -> Settings:
        """The settings, as far as they can be used."""
        return self.reading.settings

    @property
    def stores(self) -> tuple[StoreView, ...]:
        """The store views that the settings list."""
        return self.settings.stores

    @property
    def places(self) -> tuple[StoreSite, ...]:
        """Where shoppers are, each place once whatever the number of its store views."""
        found: dict[object, StoreSite] = {}
        for place in map(self.settings.build_store_site, self.stores):
            found.setdefault((place.public_url, place.storefront_url, place.session_cookie), place)
        return tuple(found.values())

    def titled(self, name: str, code: str) -> str:
        """Return a name with the store view's code, where there are several."""
        return name if len(self.stores) == 1 else f"{name} ({code})"

    @property
    def store(self) -> StoreView:
        """The store view that is asked where none is named."""
        return self.settings.store_views.first

    @once
    def front_door(self) -> Reply:
        """Ask the shop's REST what is open to all."""
        return self.shop.rest("GET", "directory/currency", store=self.store)

    @once
    def entrance(self, place: StoreSite) -> Reply:
        """Open the checkout as a browser does that has never been here."""
        reply = self.shop.get(place.checkout_url)
        sessions.leave_of(reply, self.settings, self.traces)
        return reply

    @once
    def admin(self) -> Admin:
        """Get the right to ask as an administrator, or the reason why there is none."""
        return log_in_admin(self.shop, self.settings)

    @once
    def customer(self) -> Customer | None:
        """Log in the customer of the options; None where no options name one."""
        if self.login is None:
            return None
        return log_in_customer(self.shop, self.store, self.login.email, self.login.password)

    @once
    def signed_in(self, store: StoreView) -> SignedIn | None:
        """Try a session of the customer of the options; None where nobody has logged in."""
        customer = self.customer()
        if customer is None or customer.token is None:
            return None
        me = self.shop.rest("GET", "customers/me", store=store, token=customer.token).data
        who = (int(me["id"]), int(me["group_id"]))
        return try_to_be_signed_in(self.shop, self.settings, store, who, self.traces)

    @once
    def sample(self) -> Sample | None:
        """Take some products and all categories; None without an administrator's token."""
        token = self.admin().token
        if token is None:
            return None
        return take_sample(self.shop, self.store, token, self._sample_size)

    @once
    def trial(self, store: StoreView) -> Trial:
        """Go the way of a shopper: a bag of one product, bound to a session, into checkout."""
        token = self.admin().token
        skus = [self._sku] if self._sku else skus_to_try(self.shop, store, token)
        return try_the_way(self.shop, self.settings, store, skus, self.traces)

    @once
    def graphql_cart(self) -> CartBuilt:
        """Build a cart by GraphQL as a transfer does."""
        sku = self.trial(self.store).sku
        return build_by_graphql(self.shop, self.store, sku, self.traces)

    @once
    def pace(self) -> Pace | None:
        """Measure a few carts; None where not even one was built."""
        trial = self.trial(self.store)
        if trial.sku is None or trial.seconds_to_make is None or trial.seconds_to_add is None:
            return None
        by_rest = [(trial.seconds_to_make, trial.seconds_to_add)]
        by_graphql = [self.graphql_cart().seconds]
        for _ in range(_MEASURED - 1):
            if built := build_by_rest(self.shop, self.store, trial.sku, self.traces):
                by_rest.append(built)
            if by_graphql[0] is not None:
                again = build_by_graphql(self.shop, self.store, trial.sku, self.traces)
                by_graphql.append(again.seconds)
        measured = [seconds for seconds in by_graphql if seconds is not None]
        return Pace(
            rest_cart=median(cart for cart, _ in by_rest),
            rest_line=median(line for _, line in by_rest),
            graphql=median(measured) if measured else None,
        )

    @once
    def config(self, store: StoreView) -> dict[str, Any]:
        """Ask GraphQL for the store view's configuration; empty where it tells none."""
        for fields in (f"{_STORE_FIELDS} {_MORE_FIELDS}", _STORE_FIELDS):
            reply = self.shop.graphql(f"{{ storeConfig {{ {fields} }} }}", store=store)
            try:
                return dict(reply.data["data"]["storeConfig"])
            except (KeyError, TypeError, ValueError):
                continue
        return {}
