"""The facts that checks share; each is asked of the shop once, when a check first needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from statistics import median
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from handoff.cleanup import Cleanup
from handoff.deadline import Deadline
from handoff.doctor.catalogue_sample import CatalogueSample, read_catalogue_sample
from handoff.doctor.checkout_trial import CheckoutTrial, try_checkout
from handoff.doctor.customer_session_trial import CustomerSessionOutcome, try_customer_session
from handoff.doctor.logins import (
    AdminLoginResult,
    CustomerLoginResult,
    log_in_admin,
    log_in_customer,
)
from handoff.doctor.shop_client import DoctorShopClient, read_json
from handoff.doctor.trial_carts import (
    GraphqlCart,
    build_graphql_cart,
    build_rest_cart,
    find_buyable_skus,
)
from handoff.doctor.trial_sessions import register_session_of
from handoff.magento.http_transport import HttpResponse, NoResponse
from handoff.settings import CheckedSettings, Settings
from handoff.settings.store_sites import StoreSite
from handoff.settings.store_views import StoreView

# Every 2.4 knows the first fields, 2.4.7 the others as well. One unknown field makes the whole
# query fail.
_STORE_FIELDS = "store_code website_code base_currency_code default_display_currency_code"
_NEWER_FIELDS = "is_guest_checkout_enabled cart_expires_in_days customer_access_token_lifetime"
_MEASURED_CARTS = 3  # by REST and by GraphQL


@dataclass(frozen=True, slots=True)
class CustomerCredentials:
    """A customer of the shop whose account the checks may use."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CartTimings:
    """Median seconds for an empty cart and a line by REST, and for a whole bag by GraphQL."""

    rest_cart: float
    rest_line: float
    graphql_bag: float | None


P = ParamSpec("P")
T = TypeVar("T")


def memoize(
    method: Callable[Concatenate[CheckContext, P], T],
) -> Callable[Concatenate[CheckContext, P], T]:
    """Call a method once for each argument; then return its result, or raise NoResponse, again."""

    @wraps(method)
    def call_once(self: CheckContext, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (method.__name__, args)
        if key not in self.memo:
            try:
                self.memo[key] = method(self, *args, **kwargs)
            except NoResponse as error:
                self.memo[key] = error
        if isinstance(result := self.memo[key], NoResponse):
            raise result
        return cast(T, result)

    return call_once


class CheckContext:
    """The settings and the shop, as checks see them.

    All methods raise NoResponse if the shop does not answer, or TimeLimitReached.
    """

    def __init__(
        self,
        checked_settings: CheckedSettings,
        *,
        deadline: Deadline,
        customer: CustomerCredentials | None = None,
        sample_size: int = 20,
        sku: str | None = None,
    ) -> None:
        """`sku` is the product for trial carts; without one the catalogue is searched for it."""
        self.checked_settings = checked_settings
        self.cleanup = Cleanup()
        self.shop = DoctorShopClient(checked_settings.settings, deadline)
        self.memo: dict[Any, Any] = {}
        self._customer = customer
        self._sample_size = sample_size
        self._sku = sku

    @property
    def settings(self) -> Settings:
        """The settings, as far as they are valid."""
        return self.checked_settings.settings

    @property
    def stores(self) -> tuple[StoreView, ...]:
        """The store views of the settings."""
        return self.settings.stores

    @property
    def default_store(self) -> StoreView:
        """The store view that is used if it does not matter which."""
        return self.settings.store_views.first

    @property
    def sites(self) -> tuple[StoreSite, ...]:
        """The sites of the store views, without those that equal an earlier one."""
        found: dict[object, StoreSite] = {}
        for site in map(self.settings.build_store_site, self.stores):
            found.setdefault((site.public_url, site.storefront_url, site.session_cookie), site)
        return tuple(found.values())

    @memoize
    def ping_rest(self) -> HttpResponse:
        """Call an endpoint of the shop's REST that is open to everybody."""
        return self.shop.rest("GET", "directory/currency", store=self.default_store)

    @memoize
    def open_checkout(self, site: StoreSite) -> HttpResponse:
        """Open the checkout page as a new visitor."""
        response = self.shop.get(site.checkout_url)
        register_session_of(response, self.settings, self.cleanup)
        return response

    @memoize
    def log_in_admin(self) -> AdminLoginResult:
        """Get an administrator's token by what the settings contain."""
        return log_in_admin(self.shop, self.settings)

    @memoize
    def log_in_customer(self) -> CustomerLoginResult | None:
        """Log in the customer of the command's options; None without one."""
        if self._customer is None:
            return None
        email, password = self._customer.email, self._customer.password
        return log_in_customer(self.shop, self.default_store, email, password)

    def get_customer_token(self) -> str | None:
        """Return the token of the customer, None if none has logged in."""
        login = self.log_in_customer()
        return login.token if login else None

    @memoize
    def try_customer_session(self, store: StoreView) -> CustomerSessionOutcome | None:
        """Try a web session of the customer; None if none has logged in."""
        token = self.get_customer_token()
        if token is None:
            return None
        customer = read_json(self.shop.rest("GET", "customers/me", store=store, token=token))
        ids = (int(customer["id"]), int(customer["group_id"]))
        return try_customer_session(self.shop, self.settings, store, ids, self.cleanup)

    @memoize
    def read_catalogue_sample(self) -> CatalogueSample | None:
        """Read some products and all categories; None without an administrator's token."""
        token = self.log_in_admin().token
        if token is None:
            return None
        return read_catalogue_sample(self.shop, self.default_store, token, self._sample_size)

    @memoize
    def try_checkout(self, store: StoreView) -> CheckoutTrial:
        """Write a web session with a bag of one product, and open checkout with it."""
        token = self.log_in_admin().token
        skus = [self._sku] if self._sku else find_buyable_skus(self.shop, store, token)
        return try_checkout(self.shop, self.settings, store, skus, self.cleanup)

    @memoize
    def build_graphql_cart(self) -> GraphqlCart:
        """Build a cart by GraphQL as a transfer does."""
        sku = self.try_checkout(self.default_store).sku
        return build_graphql_cart(self.shop, self.default_store, sku, self.cleanup)

    @memoize
    def measure_cart_timings(self) -> CartTimings | None:
        """Build a few carts and measure the time; None if no cart could be built."""
        trial = self.try_checkout(self.default_store)
        if trial.sku is None or trial.cart_seconds is None or trial.line_seconds is None:
            return None
        by_rest = [(trial.cart_seconds, trial.line_seconds)]
        by_graphql = [self.build_graphql_cart().seconds]
        target = (self.shop, self.default_store, trial.sku, self.cleanup)
        for _ in range(_MEASURED_CARTS - 1):
            if timings := build_rest_cart(*target):
                by_rest.append(timings)
            if by_graphql[0] is not None:
                by_graphql.append(build_graphql_cart(*target).seconds)
        measured = [seconds for seconds in by_graphql if seconds is not None]
        return CartTimings(
            rest_cart=median(cart for cart, _ in by_rest),
            rest_line=median(line for _, line in by_rest),
            graphql_bag=median(measured) if measured else None,
        )

    @memoize
    def read_store_config(self, store: StoreView) -> dict[str, Any]:
        """Read the store view's configuration by GraphQL; empty if the shop does not give it."""
        for fields in (f"{_STORE_FIELDS} {_NEWER_FIELDS}", _STORE_FIELDS):
            response = self.shop.graphql(f"{{ storeConfig {{ {fields} }} }}", store=store)
            try:
                return dict(read_json(response)["data"]["storeConfig"])
            except (KeyError, TypeError, ValueError):
                continue
        return {}
