"""The customer's account of a rehearsal: an existing one, or one that is created for it."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

from handoff.rehearsal.app_shop_client import AppShopClient, describe_answer
from handoff.rehearsal.results import Observation, StepFailure
from handoff.undo_stack import UndoStack

# Nobody owns this domain, so no e-mail of the shop reaches anybody.
_DOMAIN = "example.com"
_CHANGED_FIRST_NAME = "Rehearsed"


class CustomerAccount:
    """An existing account, kept unchanged. `token` is a credential, empty until the login."""

    def __init__(
        self, shop: AppShopClient, undo_stack: UndoStack, email: str, password: str
    ) -> None:
        self._shop = shop
        self._undo_stack = undo_stack
        self._password = password
        self._original_details: dict[str, Any] | None = None
        self.email = email
        self.token = ""

    def ensure_exists(self) -> Observation:
        """Create the account unless it exists."""
        return self.email

    def log_in(self) -> Observation:
        """Get a token for the account."""
        body = {"username": self.email, "password": self._password}
        path = "integration/customer/token"
        self.token = str(self._shop.call_or_fail("POST", path, body=body, advice="login_refused"))
        return "a token"

    def read_own_details(self) -> Observation:
        """Read the customer's details; raise StepFailure if they are another customer's."""
        email = str(self._call_customers_me("GET").get("email"))
        if email.lower() != self.email.lower():
            expected = "the customer's own details"
            raise StepFailure(expected, "another customer's", "security_breach")
        return email

    def change_first_name_and_back(self) -> Observation:
        """Change the first name, read it, and change it back."""
        details = self._original_details = self._call_customers_me("GET")
        self._undo_stack.defer("The customer's first name", self._restore_details)
        self._call_customers_me("PUT", {**details, "firstname": _CHANGED_FIRST_NAME})
        name = self._call_customers_me("GET")["firstname"]
        if name != _CHANGED_FIRST_NAME:
            expected = f"the first name {_CHANGED_FIRST_NAME}"
            raise StepFailure(expected, f"“{name}” after the change", "customer_details_call")
        self._restore_details()
        return "the first name, and back"

    def create_invalid_token(self) -> str:
        """Return an invalid token for this customer.

        It is a damaged copy. Revoking the token would log out the account's owner everywhere.
        """
        head, _, signature = self.token.rpartition(".")
        return f"{head}.{signature[::-1]}"

    def _restore_details(self) -> None:
        if self._original_details is not None:
            self._call_customers_me("PUT", self._original_details)
            self._original_details = None

    def _call_customers_me(
        self, method: str, details: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        body = None if details is None else {"customer": details}
        answer = self._shop.call_or_fail(
            method, "customers/me", body=body, token=self.token, advice="customer_details_call"
        )
        return dict(answer)


class TemporaryAccount(CustomerAccount):
    """An account that is created for the rehearsal, and deleted as an administrator at its end."""

    def __init__(self, shop: AppShopClient, undo_stack: UndoStack) -> None:
        email = f"handoff-rehearsal-{secrets.token_hex(6)}@{_DOMAIN}"
        super().__init__(shop, undo_stack, email, _generate_password())
        self._id: int | None = None

    def ensure_exists(self) -> Observation:
        """Create the account as the app does for a new customer, if it can be deleted later."""
        self._require_permission_to_delete()
        store = self._shop.store
        customer = {
            "email": self.email,
            "firstname": "Handoff",
            "lastname": "Rehearsal",
            # Magento ignores the store view in the path: without these fields it uses the first.
            "website_id": store.website_id,
            "store_id": store.store_id,
        }
        body = {"customer": customer, "password": self._password}
        self._undo_stack.defer(f"The account {self.email}", self._delete_account)
        account = self._shop.call_or_fail(
            "POST", "customers", body=body, advice="use_existing_account"
        )
        self._id = int(account["id"])
        return f"customer {self._id}, {self.email}"

    def change_password(self) -> None:
        """Change the password, which ends the customer's sessions in the shop."""
        password = _generate_password()
        body = {"currentPassword": self._password, "newPassword": password}
        self._shop.call_or_fail(
            "PUT", "customers/me/password", body=body, token=self.token, advice="password_call"
        )
        self._password = password

    def create_invalid_token(self) -> str:
        """Revoke all tokens of the account; the shop treats them like expired ones."""
        path = "integration/customer/revoke-customer-token"
        self._shop.call_or_fail("POST", path, token=self.token, advice="revoke_call")
        return self.token

    def _require_permission_to_delete(self) -> None:
        """Try to delete an account that does not exist; raise StepFailure without the right."""
        token = self._shop.require_admin_token("no_permission_to_delete")
        answer = self._shop.call_rest("DELETE", "customers/0", token=token)
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            expected = "the right to delete the account again"
            raise StepFailure(expected, describe_answer(answer), "no_permission_to_delete")

    def _delete_account(self) -> None:
        account_id = self._id if self._id is not None else self._find_account_id()
        if account_id is not None:
            advice = "delete_by_hand"
            token = self._shop.require_admin_token(advice)
            self._shop.call_or_fail("DELETE", f"customers/{account_id}", token=token, advice=advice)

    def _find_account_id(self) -> int | None:
        """Find the account by a login: it may have been created without an answer."""
        try:
            self.log_in()
            return int(self._call_customers_me("GET")["id"])
        except StepFailure:
            return None


def _generate_password() -> str:
    """Return a password with a character of every kind that a shop may require."""
    return f"Aa1!{secrets.token_urlsafe(16)}"
