"""Checks of a test customer: the login, the details, and a web session written for them."""

from __future__ import annotations

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown
from handoff.doctor.doctor_shop_client import DoctorShopClient
from handoff.doctor.trial_sessions import open_page_with_session, write_session
from handoff.magento.http_transport import read_json
from handoff.settings.store_view_models import StoreView
from handoff.shop_session.session_contents import SessionLogin, build_login_entry
from handoff.shop_session.store import SessionStoreError

_DETAILS = ("id", "email", "firstname", "lastname")


def check_customer_login(context: CheckContext) -> CheckResult:
    """Log in the customer of the command's options."""
    response = context.log_in_customer()
    if response is None:
        return unknown("No customer was named.", "Name a test customer with --customer-email.")
    if context.provide_customer_token() is None:
        return fault(
            f"The shop refuses e-mail and password ({response.status}).",
            "Try them on the shop's login page. If it asks for a captcha, allow the API without.",
        )
    return ok("The shop gives a token for e-mail and password.")


def check_customer_details(context: CheckContext) -> CheckResult:
    """Read the customer's own details, and check that none is missing."""
    response = context.read_customer()
    if response is None:
        return unknown("This needs a customer's login.", "Use --customer-email.")
    data = read_json(response)
    details = data if isinstance(data, dict) else {}
    missing = [name for name in _DETAILS if not details.get(name)]
    if response.status != 200 or missing:
        return fault(
            f"The customer's details lack {', '.join(missing)} (status {response.status}).",
            "Complete them at the customer, or find out what changes the response of customers/me.",
        )
    return ok("Number, e-mail and name are there.")


def check_customer_session(context: CheckContext) -> CheckResult:
    """Write a web session for the customer, and check that the shop accepts it."""
    if context.settings.session_store_url.is_storefront:
        return ok("Customers are not transferred with HANDOFF_SESSION_STORE=storefront.")
    store, response = context.default_store, context.read_customer()
    if response is None:
        return unknown("No customer has logged in.", "Name a test customer: --customer-email.")
    customer = read_json(response)
    ids = (int(customer["id"]), int(customer["group_id"]))
    # If websites share accounts, a session does not name the website.
    logins = {
        "website": SessionLogin(*ids, website_code=store.website_code),
        "global": SessionLogin(*ids, website_code=None),
    }
    configured = context.settings.customer_accounts
    other = "website" if configured == "global" else "global"
    try:
        if _try_session(context.shop, store, logins[configured]):
            return ok("The shop accepts the session that we write for the customer.")
        if _try_session(context.shop, store, logins[other]):
            return fault(
                "Customers get an empty cart: websites do not share accounts as configured.",
                f"Set HANDOFF_CUSTOMER_ACCOUNTS={other}",
            )
    except SessionStoreError:
        return unknown(
            "No session could be written to the session store.", "See the check Session store."
        )
    return fault(
        "The shop does not accept the session that we write: customers get an empty cart.",
        f"Check website_code of {store.code} in HANDOFF_STORES, and the customer's website.",
    )


def _try_session(shop: DoctorShopClient, store: StoreView, login: SessionLogin) -> bool:
    """Write a session and return whether the account page opens with it."""
    account_url = f"{shop.settings.build_store_site(store).storefront_url}/customer/account/"
    session_id = write_session(shop, build_login_entry(login))

    def sign_out() -> None:
        client = shop.build_cleanup_client()
        open_page_with_session(client, store, session_id, f"{account_url}logout/")

    shop.undo_stack.defer("customer's web session", sign_out)
    last = open_page_with_session(shop, store, session_id, account_url)[-1]
    return last.response.status == 200 and "/login" not in last.path
