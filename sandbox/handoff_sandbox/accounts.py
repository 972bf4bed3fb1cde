"""Logins of administrators and customers, with the lock that Magento puts on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest
from itertools import count

from handoff_sandbox.errors import RuleViolation, Unauthorized
from handoff_sandbox.formats import Clock
from handoff_sandbox.store_views import ShopView

MIN_PASSWORD_LENGTH = 8
FAILURES_BEFORE_LOCK = 6
LOCK_SECONDS = 1800
WHOLESALE = 2  # Magento's number of the customer group

# Known to everybody: docs/poq.md and the demo print them.
ADMIN_NAME = "admin"
ADMIN_PASSWORD = "Admin123!"
CUSTOMER_PASSWORD = "Shopper123!"


@dataclass(slots=True, eq=False)
class ShopCustomer:
    """A customer. Quotes and orders refer to this object, so they see a changed name at once.

    `session_cutoff` is the second of the last password change, in seconds since 1970. `addresses`
    are as REST shows them.
    """

    id: int
    email: str
    firstname: str
    lastname: str
    group_id: int = 1
    website: int = 1
    store: int = 1
    session_cutoff: int | None = None
    addresses: list[object] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.firstname} {self.lastname}"


@dataclass(slots=True)
class ShopAccount:
    """A login: its password, its customer unless it is an administrator's, and its failures."""

    password: str
    customer: ShopCustomer | None = None
    failures: int = 0
    locked_until: float = 0.0


@dataclass(slots=True)
class AccountTable:
    """Accounts by user name."""

    clock: Clock
    by_name: dict[str, ShopAccount] = field(default_factory=dict)

    def authenticate(self, name: str, password: str) -> ShopAccount:
        """Return the account, or raise the same Unauthorized if it is wrong, unknown or locked."""
        account = self.by_name.get(name.lower())
        if account is None or account.locked_until > self.clock():
            raise Unauthorized.build_for_login()
        if not compare_digest(account.password.encode(), password.encode()):
            self._count_failure(account)
            raise Unauthorized.build_for_login()
        account.failures = 0
        return account

    def _count_failure(self, account: ShopAccount) -> None:
        account.failures += 1
        if account.failures >= FAILURES_BEFORE_LOCK:
            account.locked_until = self.clock() + LOCK_SECONDS
            account.failures = 0


@dataclass(slots=True)
class ShopAccounts:
    """The accounts of administrators and of customers."""

    admins: AccountTable
    customers: AccountTable
    ids: count[int] = field(default_factory=lambda: count(3))

    def find_customer(self, number: int) -> ShopCustomer | None:
        """Return the customer with an id."""
        owners = (account.customer for account in self.customers.by_name.values())
        return next((owner for owner in owners if owner is not None and owner.id == number), None)

    def authenticate_customer(self, email: str, password: str) -> ShopCustomer:
        """Return the customer who logs in, or raise Unauthorized."""
        customer = self.customers.authenticate(email, password).customer
        if customer is None:
            raise LookupError("a customer's account without its customer")
        return customer

    def change_password(self, customer: ShopCustomer, current: str, new: str) -> None:
        """Change a password and end the customer's sessions; raise Unauthorized or RuleViolation.

        Tokens stay valid.
        """
        account = self.customers.by_name[customer.email.lower()]
        if not compare_digest(account.password.encode(), current.encode()):
            raise Unauthorized.build_for_password()
        _require_long_password(new)
        account.password = new
        customer.session_cutoff = int(self.customers.clock())

    def register_customer(
        self, view: ShopView, *, email: str, firstname: str, lastname: str, password: str
    ) -> ShopCustomer:
        """Create a customer's account in the website of a store view, or raise RuleViolation."""
        _require_long_password(password)
        if email.lower() in self.customers.by_name:
            raise RuleViolation(
                "A customer with the same email address already exists in an associated website."
            )
        number = next(number for number in self.ids if self.find_customer(number) is None)
        customer = ShopCustomer(
            number, email, firstname, lastname, website=view.website.number, store=view.number
        )
        self.customers.by_name[email.lower()] = ShopAccount(password, customer)
        return customer

    def delete_customer(self, customer: ShopCustomer) -> None:
        """Delete an account. Its quote stays, without an owner."""
        del self.customers.by_name[customer.email.lower()]


def _require_long_password(password: str) -> None:
    if len(password) < MIN_PASSWORD_LENGTH:
        raise RuleViolation(
            "The password needs at least %1 characters. Create a new password and try again.",
            [str(MIN_PASSWORD_LENGTH)],
        )


def create_accounts(clock: Clock, *, websites: int = 1) -> ShopAccounts:
    """Return the accounts that the recorded shops had, with well-known passwords."""
    shoppers = [
        ShopCustomer(1, "shopper@example.com", "Sam", "Shopper"),
        ShopCustomer(2, "other@example.com", "Olly", "Other"),
        ShopCustomer(7, "pc-wholesale@example.com", "Willa", "Lab", group_id=WHOLESALE),
    ]
    if websites > 1:
        shoppers.append(ShopCustomer(3, "euro@example.com", "Eva", "Lab", website=2, store=3))
    customers = {shopper.email: ShopAccount(CUSTOMER_PASSWORD, shopper) for shopper in shoppers}
    admins = {ADMIN_NAME: ShopAccount(ADMIN_PASSWORD)}
    return ShopAccounts(AccountTable(clock, admins), AccountTable(clock, customers))
