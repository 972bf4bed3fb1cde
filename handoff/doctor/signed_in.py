"""A signed-in customer's session, tried: does the shop know whose it is?"""

from __future__ import annotations

from enum import Enum, auto

from handoff.doctor import sessions
from handoff.doctor.shop import Shop
from handoff.doctor.traces import Traces
from handoff.settings import Settings
from handoff.settings.store_views import StoreView
from handoff.shop_session import SessionLogin, SessionStoreError, new_session_id
from handoff.shop_session.php_session_format import encode_login

_TIDY_SECONDS = 6.0


class SignedIn(Enum):
    """How a try ended."""

    YES = auto()
    BY_THE_OTHER_KIND_OF_ACCOUNTS = auto()  # HANDOFF_CUSTOMER_ACCOUNTS is wrong
    NO = auto()
    NOT_WRITTEN = auto()


def try_to_be_signed_in(
    shop: Shop, settings: Settings, store: StoreView, customer: tuple[int, int], traces: Traces
) -> SignedIn:
    """Open the account page with a session of the customer, by number and group."""
    codes = {"website": store.website_code, "global": None}
    configured = settings.customer_accounts
    other = "website" if configured == "global" else "global"
    try:
        for accounts, came in (
            (configured, SignedIn.YES),
            (other, SignedIn.BY_THE_OTHER_KIND_OF_ACCOUNTS),
        ):
            login = SessionLogin(*customer, website_code=codes[accounts])
            if _knows(shop, settings, store, login, traces):
                return came
    except SessionStoreError:
        return SignedIn.NOT_WRITTEN
    return SignedIn.NO


def _knows(
    shop: Shop, settings: Settings, store: StoreView, login: SessionLogin, traces: Traces
) -> bool:
    place, session_id = settings.build_store_site(store), new_session_id()
    account = f"{place.storefront_url}/customer/account/"

    def sign_out() -> None:
        for hop in shop.with_time(_TIDY_SECONDS).walk(place, session_id, f"{account}logout/"):
            sessions.leave_of(hop.reply, settings, traces)

    sessions.for_a_minute(settings).write(session_id, encode_login(login))
    sessions.leave(settings, session_id, traces)
    traces.removed_by(sign_out)
    hops = shop.walk(place, session_id, account)
    return hops[-1].reply.status == 200 and "/login" not in hops[-1].path
