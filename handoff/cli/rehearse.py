"""`handoff rehearse`: what app and shopper do, through the running service, at a staging shop."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from handoff.cli.env_file import env_file_option, load_settings_or_exit
from handoff.cli.exit_codes import FINDINGS, INTERRUPTED, exit_with_error
from handoff.cli.open_ledger import open_existing_ledger
from handoff.cli.rehearse_output import Playbill, as_json
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.magento.client import MagentoClient
from handoff.operations.json_logs import configure_logging
from handoff.reconciliation.reconciler import Reconciler
from handoff.rehearsal.account import Account, GivenAccount, Login, MadeAccount
from handoff.rehearsal.cleanup import Cleanup
from handoff.rehearsal.cloud import Cloud
from handoff.rehearsal.outcome import CannotRehearse, Rehearsed, Step
from handoff.rehearsal.plan import plan
from handoff.rehearsal.run import run
from handoff.rehearsal.shop import Shop
from handoff.rehearsal.stage import Stage
from handoff.rehearsal.stop import Stop
from handoff.settings import Settings
from handoff.settings.store_views import StoreView
from handoff.shop_clients import open_admin_access, open_client, open_orders
from handoff.urls import is_same_url


@click.command()
@click.option(
    "--staging",
    required=True,
    metavar="URL",
    help="The address of the staging shop, as the settings have it: a guard against production.",
)
@click.option(
    "--place-order",
    is_flag=True,
    help="Order the guest's bag with an offline payment; the order is found, and cancelled.",
)
@click.option(
    "--sku",
    "skus",
    multiple=True,
    help="A simple product for the bags, twice: without, they are taken from the catalogue.",
)
@click.option(
    "--store",
    "codes",
    multiple=True,
    metavar="CODE",
    help="A store view to rehearse in; without, all of HANDOFF_STORES.",
)
@click.option(
    "--customer-email",
    metavar="EMAIL",
    help="A customer's account that is there, with an empty cart, in place of one that is made.",
)
@click.option(
    "--customer-password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its password's file; without, the password is asked for.",
)
@click.option("--json", "in_json", is_flag=True, help="One JSON document on standard output.")
@env_file_option
def rehearse(
    staging: str,
    place_order: bool,
    skus: tuple[str, ...],
    codes: tuple[str, ...],
    customer_email: str | None,
    customer_password_file: Path | None,
    in_json: bool,
) -> None:
    """Do what app and shopper do, through the running service, at a STAGING shop.

    Takes a guest's quote, a guest's bag and a customer's cart into checkout, each with exactly
    what it has to hold; opens links again, from a second web view, and altered; keeps the
    customer's cart in sync between app and web. The customer's account is made for it, and
    removed, by the administrator or access token of the settings.

    The first thing that fails is explained, and what follows is not tried. Carts are emptied, the
    account is removed and the order is cancelled in the end, also after Ctrl-C. What stays is
    told: a cancelled order, handoffs named rehearsal-… in the ledger, a customer's empty cart.

    \b
    Exit codes:
      0    everything went as it has to
      1    something failed, or could not be cleaned up
      2    it could not run: no service, not the shop of the settings, settings that are wrong
      130  Ctrl-C; it has cleaned up

    \b
    Examples:
      handoff rehearse --env-file /etc/handoff.env --staging https://staging.shop.example
      handoff rehearse --staging https://staging.shop.example --place-order --json
    """
    settings = load_settings_or_exit()
    configure_logging("CRITICAL")  # what goes wrong is said here, in words
    try:
        _require_staging(settings, staging)
        stores = _chosen(settings, codes)
        if len(skus) == 1:
            raise CannotRehearse("--sku has to be given twice: a bag has two lines.")
        login = _login(customer_email, customer_password_file)
        result = _rehearse(settings, stores, skus, login, place_order, in_json)
    except CannotRehearse as reason:
        exit_with_error(str(reason))
    if in_json:
        click.echo(json.dumps(as_json(result, settings), indent=2, ensure_ascii=False))
    raise click.exceptions.Exit(_exit_code(result))


def _rehearse(
    settings: Settings,
    stores: Sequence[StoreView],
    skus: tuple[str, ...],
    login: Login | None,
    place_order: bool,
    in_json: bool,
) -> Rehearsed:
    stop, cleanup = Stop(), Cleanup()
    cloud = Cloud(settings, stop)
    cloud.find_service()
    client = open_client(settings)
    access = open_admin_access(client, settings)
    bill = Playbill(in_json=in_json)
    with _reconciler(client, settings, wanted=place_order) as reconciler:
        steps: list[Step] = []
        for store in stores:
            shop = Shop(client, store, access, stop)
            stage = Stage(shop, cloud, stop, cleanup, reconciler)
            account = _account(shop, cleanup, login)
            steps += plan(stage, skus=skus, account=account, place_order=place_order)
        with _stopped_by_signals(stop, bill), bill.shown():
            result = run(steps, cleanup, stop, bill.show)
    bill.conclude(result)
    return result


def _require_staging(settings: Settings, staging: str) -> None:
    """Compare what was named with the shop of the settings, however the two are spelled."""
    places = (settings.build_store_site(store) for store in settings.stores)
    shops = dict.fromkeys([settings.magento_url, *(place.storefront_url for place in places)])
    if not any(is_same_url(staging, url) for url in shops):
        raise CannotRehearse(
            f"--staging names another shop than the settings, which have {' and '.join(shops)}. "
            "Nothing has been done. A rehearsal makes carts, an account and orders: never name a "
            "shop that sells."
        )


def _chosen(settings: Settings, codes: tuple[str, ...]) -> Sequence[StoreView]:
    found = [settings.store_views.find_by_code(code) for code in codes]
    if None in found:
        listed = ", ".join(store.code for store in settings.stores)
        raise CannotRehearse(f"--store: HANDOFF_STORES lists {listed}.")
    return [store for store in found if store is not None] or settings.stores


def _login(email: str | None, file: Path | None) -> Login | None:
    if email is None:
        return None
    if file is None:
        return Login(email, click.prompt(f"Password of {email}", hide_input=True, err=True))
    try:
        return Login(email, file.read_text("utf-8").rstrip("\r\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRehearse(
            f"--customer-password-file cannot be read: {type(error).__name__}."
        ) from None


def _account(shop: Shop, cleanup: Cleanup, login: Login | None) -> Account | None:
    if login is not None:
        return GivenAccount(login)
    return MadeAccount(shop, cleanup) if shop.access else None


@contextmanager
def _reconciler(
    client: MagentoClient, settings: Settings, *, wanted: bool
) -> Iterator[Reconciler | None]:
    """Open what finds the order of a reference, on the ledger of the running service."""
    orders = open_orders(client, settings) if wanted else None
    if orders is None:
        yield None
        return
    with closing(open_existing_ledger(settings)) as database:
        yield Reconciler(ReconciliationRepository(database), orders, database.now)


@contextmanager
def _stopped_by_signals(stop: Stop, bill: Playbill) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the rehearsal between two calls, and never its cleaning up."""

    def ask(_number: int, _frame: Any) -> None:
        stop.ask()
        bill.say("Stopping after the call that is under way, then cleaning up.")

    _on_signals(ask)
    yield
    _on_signals(signal.SIG_IGN)  # what is left to do is to say how it went


def _on_signals(handler: Callable[[int, Any], None] | signal.Handlers) -> None:
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, handler)


def _exit_code(result: Rehearsed) -> int:
    if result.interrupted:
        return INTERRUPTED
    return 0 if result.passed else FINDINGS
