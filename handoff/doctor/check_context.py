"""The facts that checks share. Each is requested once, when a check first needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from handoff.deadline import Deadline
from handoff.doctor.catalogue_sample import CatalogueReader, CatalogueSample
from handoff.doctor.checkout_trial import CheckoutTrial, CheckoutTrialOutcome, try_checkout
from handoff.doctor.doctor_shop_client import DoctorShopClient, read_message
from handoff.doctor.storefront_session_trial import try_storefront_checkout
from handoff.doctor.trial_carts import (
    GraphqlCart,
    create_rest_cart,
    find_buyable_skus,
    try_graphql_cart,
)
from handoff.doctor.trial_sessions import open_page_without_session
from handoff.magento.admin_access import AdminLoginReply
from handoff.magento.answers import Answer
from handoff.magento.client import ShopToken
from handoff.magento.http_transport import HttpResponse, read_json
from handoff.magento.search_criteria import build_search_criteria
from handoff.settings import CheckedSettings, Settings
from handoff.settings.store_view_models import StoreSite, StoreView
from handoff.shop_client_factory import build_access_token
from handoff.undo_stack import UndoStack

# Every Magento 2.4 has the first fields, and 2.4.7 also has the others. One unknown field makes
# the whole query fail.
_STORE_FIELDS = "store_code website_code base_currency_code default_display_currency_code"
_NEWER_FIELDS = "is_guest_checkout_enabled cart_expires_in_days customer_access_token_lifetime"
# Magento answers 401 to a wrong token and to a missing right, so any right proves the token.
_ADMIN_PATHS = ("store/storeViews", "orders", "products", "categories/list")


@dataclass(frozen=True, slots=True)
class AdminAccessTrial:
    """The result of trying the staff access: the shop's status, and a token unless refused."""

    status: int
    token: ShopToken | None
    message: str = ""
    is_second_factor_required: bool = False


@dataclass(frozen=True, slots=True)
class CustomerCredentials:
    """A customer of the shop whose account the checks may use."""

    email: str
    password: str = field(repr=False)


Method = TypeVar("Method", bound=Callable[..., Any])


def memoize(method: Method) -> Method:
    """Call a method once for each argument; then return its result, or raise its error, again."""

    @wraps(method)
    def call_once(self: CheckContext, *arguments: Any) -> Any:
        key = (method.__name__, arguments)
        if key not in self.memo:
            try:
                self.memo[key] = method(self, *arguments)
            except Exception as error:
                self.memo[key] = error
        if isinstance(result := self.memo[key], Exception):
            raise result
        return result

    return cast(Method, call_once)


class CheckContext:
    """The settings and the shop for the checks.

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
        self.shop = DoctorShopClient(checked_settings.settings, deadline, UndoStack())
        self.memo: dict[Any, Any] = {}
        self._customer = customer
        self._sample_size = sample_size
        self._sku = sku

    @property
    def settings(self) -> Settings:
        """The settings; a placeholder or default stands for each invalid one."""
        return self.checked_settings.settings

    @property
    def default_store(self) -> StoreView:
        """The store view that is used if it does not matter which."""
        return self.settings.store_views.default

    @memoize
    def ping_rest(self) -> HttpResponse:
        """Call a REST endpoint of the shop that is open to everybody."""
        return self.shop.call_rest("GET", "directory/currency", store=self.default_store)

    @memoize
    def open_checkout(self, site: StoreSite) -> HttpResponse:
        """Open the checkout page without a session."""
        return open_page_without_session(self.shop, site.checkout_url)

    @memoize
    def try_admin_access(self) -> AdminAccessTrial | None:
        """Log in, or try the access token; None if the settings name no administrator."""
        token = build_access_token(self.settings)
        if token is not None:
            return self._try_access_token(token)
        username = self.settings.magento_admin_username
        password = self.settings.magento_admin_password
        if not username or not password:
            return None
        credentials = {"username": username, "password": password.get_secret_value()}
        path = "integration/admin/token"
        response = self.shop.call_rest("POST", path, store=self.default_store, body=credentials)
        reply = AdminLoginReply(Answer(response.status, read_json(response)))
        return AdminAccessTrial(
            response.status, reply.token, reply.answer.message, reply.is_second_factor_required
        )

    def provide_admin_token(self) -> ShopToken | None:
        """Return the token of the administrator, who logs in first; None if there is none."""
        trial = self.try_admin_access()
        return trial.token if trial else None

    def try_bearer_token(self) -> bool:
        """Return whether the shop accepts the access token as a bearer."""
        token = self.settings.magento_access_token
        return bool(token and self._try_access_token(token.get_secret_value()).token)

    @memoize
    def find_accepted_host(self) -> str | None:
        """Return the host of the API without its port if the shop accepts signatures for that.

        nginx may pass on `$host`, which has no port, and PHP compares a signature with that.
        """
        address = self.settings.magento_host or urlsplit(self.settings.magento_url).netloc
        token = build_access_token(self.settings)
        if token is None or urlsplit(f"//{address}").port is None:
            return None
        host = address.rpartition(":")[0]
        settings = self.settings.model_copy(update={"magento_host": host})
        shop = DoctorShopClient(settings, self.shop.deadline, self.shop.undo_stack)
        return host if self._try_access_token(token, shop).token else None

    def _try_access_token(
        self, token: ShopToken, shop: DoctorShopClient | None = None
    ) -> AdminAccessTrial:
        """Make calls of which staff may usually make one, until one succeeds."""
        call_rest = (shop or self.shop).call_rest
        store, params = self.default_store, build_search_criteria(page_size=1)
        for path in _ADMIN_PATHS:
            response = call_rest("GET", path, store=store, token=token, params=params)
            if response.status == HTTPStatus.OK:
                return AdminAccessTrial(response.status, token)
        return AdminAccessTrial(response.status, None, read_message(response))

    @memoize
    def log_in_customer(self) -> HttpResponse | None:
        """Log in the customer from the command's options; None if there is no customer."""
        if self._customer is None:
            return None
        credentials = {"username": self._customer.email, "password": self._customer.password}
        path = "integration/customer/token"
        return self.shop.call_rest("POST", path, store=self.default_store, body=credentials)

    def provide_customer_token(self) -> str | None:
        """Return the token of the customer, who logs in first; None without a login."""
        response = self.log_in_customer()
        token = read_json(response) if response and response.status == HTTPStatus.OK else None
        return token if isinstance(token, str) else None

    @memoize
    def read_customer(self) -> HttpResponse | None:
        """Read the customer's own details; None if none has logged in."""
        token = self.provide_customer_token()
        if token is None:
            return None
        return self.shop.call_rest("GET", "customers/me", store=self.default_store, token=token)

    @memoize
    def read_catalogue_sample(self) -> CatalogueSample | None:
        """Read some products and all categories; None without an administrator's token."""
        token = self.provide_admin_token()
        if token is None:
            return None
        reader = CatalogueReader(self.shop, self.default_store, token)
        return reader.read_sample(self._sample_size)

    @memoize
    def try_checkout(self, store: StoreView) -> CheckoutTrial:
        """Make a web session with a bag of one product, and open checkout with it."""
        token = self.provide_admin_token()
        skus = [self._sku] if self._sku else find_buyable_skus(self.shop, store, token)
        cart = create_rest_cart(self.shop, store, skus)
        if cart.cart_seconds is None:
            return CheckoutTrial(CheckoutTrialOutcome.NO_CART, cart)
        if cart.sku is None:
            return CheckoutTrial(CheckoutTrialOutcome.NO_PRODUCT, cart)
        is_storefront = self.settings.session_store_url.is_storefront
        run_trial = try_storefront_checkout if is_storefront else try_checkout
        return run_trial(self.shop, store, cart, cart.sku)

    @memoize
    def try_graphql_cart(self) -> GraphqlCart:
        """Build a cart by GraphQL as a transfer does."""
        sku = self.try_checkout(self.default_store).cart.sku
        return try_graphql_cart(self.shop, self.default_store, sku)

    @memoize
    def read_store_config(self, store: StoreView) -> dict[str, Any]:
        """Read the store view's configuration by GraphQL; empty if the shop returns none."""
        for fields in (f"{_STORE_FIELDS} {_NEWER_FIELDS}", _STORE_FIELDS):
            response = self.shop.call_graphql(f"{{ storeConfig {{ {fields} }} }}", store=store)
            try:
                return dict(read_json(response)["data"]["storeConfig"])
            except (KeyError, TypeError, ValueError):
                continue
        return {}
