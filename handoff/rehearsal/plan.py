"""What is rehearsed in one store view, in order."""

from __future__ import annotations

from handoff.rehearsal.account import Account
from handoff.rehearsal.customer import PART, Customer
from handoff.rehearsal.guests import GuestBag, GuestQuote
from handoff.rehearsal.outcome import Step
from handoff.rehearsal.stage import Stage

NO_ACCOUNT = (
    "no account: it takes HANDOFF_MAGENTO_ACCESS_TOKEN or an administrator to remove one that is "
    "made, or --customer-email for one that is there"
)


def plan(
    stage: Stage, *, skus: tuple[str, ...], account: Account | None, place_order: bool
) -> list[Step]:
    """Return all steps; without an account those of the customer are left out, which is said."""
    steps = [
        stage.step("shop", "products for the bag", lambda: stage.choose(skus)),
        *GuestQuote(stage).steps(),
        *GuestBag(stage, place_order=place_order).steps(),
    ]
    if account is None:
        return [*steps, stage.step(PART, "everything of a customer's", str, NO_ACCOUNT)]
    return [*steps, *Customer(stage, account).steps()]
