"""Trial of a signed-in customer's web session: does the shop accept it?"""

from __future__ import annotations

from enum import Enum, auto

from handoff.cleanup import Cleanup
from handoff.doctor.shop_client import DoctorShopClient
from handoff.doctor.trial_sessions import (
    open_trial_session_store,
    register_session,
    register_session_of,
)
from handoff.settings import Settings
from handoff.settings.store_views import StoreView
from handoff.shop_session import SessionLogin, SessionStoreError, new_session_id
from handoff.shop_session.php_session_format import encode_login

_CLEANUP_SECONDS = 6.0


class CustomerSessionOutcome(Enum):
    """How the trial of a customer's session ended."""

    ACCEPTED = auto()
    WRONG_ACCOUNT_SHARING = auto()  # accepted with the other HANDOFF_CUSTOMER_ACCOUNTS only
    NOT_ACCEPTED = auto()
    NOT_WRITTEN = auto()


def try_customer_session(
    shop: DoctorShopClient,
    settings: Settings,
    store: StoreView,
    customer: tuple[int, int],
    cleanup: Cleanup,
) -> CustomerSessionOutcome:
    """Open the account page with a session of the customer, by the ids of customer and group."""
    website_codes = {"website": store.website_code, "global": None}
    configured = settings.customer_accounts
    other = "website" if configured == "global" else "global"
    try:
        for sharing, outcome in (
            (configured, CustomerSessionOutcome.ACCEPTED),
            (other, CustomerSessionOutcome.WRONG_ACCOUNT_SHARING),
        ):
            login = SessionLogin(*customer, website_code=website_codes[sharing])
            if _try_login(shop, settings, store, login, cleanup):
                return outcome
    except SessionStoreError:
        return CustomerSessionOutcome.NOT_WRITTEN
    return CustomerSessionOutcome.NOT_ACCEPTED


def _try_login(
    shop: DoctorShopClient,
    settings: Settings,
    store: StoreView,
    login: SessionLogin,
    cleanup: Cleanup,
) -> bool:
    """Write a session and return whether the account page opens with it."""
    site, session_id = settings.build_store_site(store), new_session_id()
    account_url = f"{site.storefront_url}/customer/account/"

    def sign_out() -> None:
        client = shop.with_deadline(_CLEANUP_SECONDS)
        for page in client.open_as_shopper(site, session_id, f"{account_url}logout/"):
            register_session_of(page.response, settings, cleanup)

    open_trial_session_store(settings).write(session_id, encode_login(login))
    register_session(settings, session_id, cleanup)
    cleanup.defer("customer's web session", sign_out)
    last = shop.open_as_shopper(site, session_id, account_url)[-1]
    return last.response.status == 200 and "/login" not in last.path
