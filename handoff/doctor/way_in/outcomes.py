"""What is said of each outcome of a bag's way into checkout."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from handoff.doctor import sessions
from handoff.doctor.finding import Finding, Verdict
from handoff.doctor.trial import Outcome, Trial
from handoff.settings import Settings
from handoff.settings.store_views import StoreView


@dataclass(frozen=True, slots=True)
class _Words:
    verdict: Verdict
    seen: str
    advice: str = ""


_GUESTS_OFF = _Words(
    Verdict.FAULT,
    "Guest checkout is switched off: guests come no further than the cart.{said}",
    "Allow it in Magento: Stores, Configuration, Sales, Checkout, Allow Guest Checkout. Else let "
    "the app transfer customers alone.",
)
_SMALL_BAG = _Words(
    Verdict.FAULT,
    "The bag is in the cart, and checkout sends back to it, though guest checkout is allowed."
    "{said}",
    "Is one {sku} below a minimum (Sales, Minimum Order Amount)? Then try with a dearer product: "
    "--sku. Else open the cart to see what it says.",
)
_NOTHING_THERE = _Words(
    Verdict.FAULT,
    "There is nothing at {place} (404).",
    "Set HANDOFF_CHECKOUT_PATH to where the shop's checkout is.",
)
_WORDS = {
    Outcome.IN_CHECKOUT: _Words(
        Verdict.OK,
        "A bag of {sku}, bound to a session, is what checkout shows: store, cookie, website and "
        "path are right.",
    ),
    Outcome.IN_EMPTY_CHECKOUT: _Words(
        Verdict.WARNING,
        "Checkout opens with the session, and {sku} is not to be seen in its page.",
        "Open a link of the service by hand, and look whether the bag is right.",
    ),
    Outcome.UNREAD: _Words(
        Verdict.FAULT,
        "The shop does not read the session that we wrote to {where}.",
        "Compare HANDOFF_SESSION_STORE with session in app/etc/env.php of the shop: save, host, "
        "port, database. Then HANDOFF_SESSION_COOKIE_NAME, and whether PHP's "
        "session.serialize_handler is php.",
    ),
    Outcome.ANOTHER_WEBSITE: _Words(
        Verdict.FAULT,
        "The shop reads the session and finds no quote for website {website}; for website {right} "
        "it does.",
        'Set "website_id": {right} for {code} in HANDOFF_STORES.',
    ),
    Outcome.REFUSED: _Words(
        Verdict.FAULT,
        "The bag is in the cart, and checkout sends back to it.{said}",
        "Look whether guest checkout is allowed, whether a minimum order amount is set (Sales, "
        "Minimum Order Amount), and open the cart to see what it says.",
    ),
    Outcome.NOT_TAKEN: _Words(
        Verdict.FAULT,
        "The shop reads the session and does not take the quote.{said}",
        "Look whether store view {code} (store_id {store}) belongs to the website that is shown "
        "at {place}.",
    ),
    Outcome.UNREACHED: _Words(
        Verdict.FAULT,
        "The way leads to {place}, where nobody is heard. {silence}",
        "Set HANDOFF_STOREFRONT_URL to where the shop really is, and see that this machine "
        "reaches it.",
    ),
    Outcome.BROKEN: _Words(
        Verdict.FAULT,
        "The shop answers {status} to checkout with our session.",
        "With session files, PHP refuses those of another user than its own: run Handoff as that "
        "user. Else the shop's var/log and var/report say why.",
    ),
    Outcome.ELSEWHERE: _Words(
        Verdict.FAULT,
        "The way ends at {place} without the bag.{said}",
        "Set HANDOFF_CHECKOUT_PATH to where the shop's checkout is, and look whether it asks for "
        "a login.",
    ),
    Outcome.NO_CART: _Words(
        Verdict.FAULT,
        "The shop makes no guest's cart ({status}).{said}",
        "Look whether POST /rest/…/V1/guest-carts is shut away by a firewall.",
    ),
    Outcome.NO_PRODUCT: _Words(
        Verdict.UNKNOWN,
        "No product was found that goes into a cart by itself.{said}",
        "Name a simple product that is on sale: --sku.",
    ),
    Outcome.NOT_WRITTEN: _Words(
        Verdict.UNKNOWN, "The session store took no session.", "Mend that first."
    ),
}


def told(
    name: str, trial: Trial, store: StoreView, *, settings: Settings, guests_allowed: bool | None
) -> Finding:
    """Return the finding for a trial; `guests_allowed` is None where the shop does not tell."""
    last = trial.hops[-1] if trial.hops else None
    facts = {
        "sku": trial.sku,
        "status": trial.status,
        "said": f" The shop says: {trial.words}" if trial.words else "",
        "code": store.code,
        "store": store.store_id,
        "website": store.website_id,
        "right": trial.website_id,
        "where": sessions.where(settings),
        "place": urlsplit(last.url)._replace(query="").geturl() if last else "",
        "silence": last.reply.text if last and not last.reply.status else "",
    }
    words = _words(trial, guests_allowed)
    return Finding(
        name, words.verdict, words.seen.format_map(facts), words.advice.format_map(facts)
    )


def _words(trial: Trial, guests_allowed: bool | None) -> _Words:
    if trial.outcome in (Outcome.REFUSED, Outcome.NOT_TAKEN) and guests_allowed is False:
        return _GUESTS_OFF
    if trial.outcome is Outcome.REFUSED and guests_allowed:
        return _SMALL_BAG
    if trial.outcome is Outcome.BROKEN and trial.status == 404:
        return _NOTHING_THERE
    return _WORDS[trial.outcome]
