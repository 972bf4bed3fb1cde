from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest
from itertools import count

from handoff_sandbox.clock import Clock
from handoff_sandbox.errors import Refused, Unauthorized
from handoff_sandbox.scopes import View

FEWEST_CHARACTERS = 8  # of a password
FAILURES_BEFORE_LOCK = 6
LOCK_SECONDS = 1800
WHOLESALE = 2  # Magento's number of the customer group

# Known to everybody: the README and the demo print them.
ADMIN_NAME = "admin"
ADMIN_PASSWORD = "Admin123!"
CUSTOMER_PASSWORD = "Shopper123!"


@dataclass(slots=True, eq=False)
class Customer:
    """Whose account it is; the name may change, and every quote and order knows it at once."""

    id: int
    email: str
    firstname: str
    lastname: str
    group_id: int = 1
    website: int = 1
    store: int = 1

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}"


@dataclass(slots=True)
class Account:
    """A login: whose it is, and how often somebody got it wrong."""

    password: str
    customer: Customer | None = None
    failures: int = 0
    locked_until: float = 0.0


@dataclass(slots=True)
class Accounts:
    """Logins by user name; both of customers and of admins."""

    clock: Clock
    by_name: dict[str, Account] = field(default_factory=dict)

    def check(self, name: str, password: str) -> Account:
        """Give the account, or raise Unauthorized: wrong, unknown and locked look alike."""
        account = self.by_name.get(name.lower())
        if account is None or account.locked_until > self.clock():
            raise Unauthorized.login()
        if not compare_digest(account.password.encode(), password.encode()):
            self._count_failure(account)
            raise Unauthorized.login()
        account.failures = 0
        return account

    def _count_failure(self, account: Account) -> None:
        account.failures += 1
        if account.failures >= FAILURES_BEFORE_LOCK:
            account.locked_until = self.clock() + LOCK_SECONDS
            account.failures = 0


@dataclass(slots=True)
class People:
    admins: Accounts
    customers: Accounts
    ids: count[int] = field(default_factory=lambda: count(3))

    def customer(self, number: int) -> Customer | None:
        owners = (one.customer for one in self.customers.by_name.values())
        return next((one for one in owners if one is not None and one.id == number), None)

    def join(
        self, view: View, *, email: str, firstname: str, lastname: str, password: str
    ) -> Customer:
        """Open a customer's account in the website of a store view, or raise Refused."""
        if len(password) < FEWEST_CHARACTERS:
            raise Refused(
                "The password needs at least %1 characters. Create a new password and try again.",
                [str(FEWEST_CHARACTERS)],
            )
        if email.lower() in self.customers.by_name:
            raise Refused(
                "A customer with the same email address already exists in an associated website."
            )
        number = next(one for one in self.ids if self.customer(one) is None)
        customer = Customer(
            number, email, firstname, lastname, website=view.website.number, store=view.number
        )
        self.customers.by_name[email.lower()] = Account(password, customer)
        return customer

    def leave(self, customer: Customer) -> None:
        """Close an account; what is in its cart stays there, and is nobody's."""
        del self.customers.by_name[customer.email.lower()]


def lab_people(clock: Clock, *, websites: int = 1) -> People:
    """Give the accounts that the recorded shops had, with their well-known test passwords."""
    shoppers = [
        Customer(1, "shopper@example.com", "Sam", "Shopper"),
        Customer(2, "other@example.com", "Olly", "Other"),
        Customer(7, "pc-wholesale@example.com", "Willa", "Lab", group_id=WHOLESALE),
    ]
    if websites > 1:
        shoppers.append(Customer(3, "euro@example.com", "Eva", "Lab", website=2, store=3))
    customers = {one.email: Account(CUSTOMER_PASSWORD, one) for one in shoppers}
    admins = {ADMIN_NAME: Account(ADMIN_PASSWORD)}
    return People(Accounts(clock, admins), Accounts(clock, customers))
