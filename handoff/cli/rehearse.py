"""`handoff rehearse`: acts as the app and the shopper at a staging shop."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from handoff.bag import normalize_sku
from handoff.cli.command_exit import FINDINGS, INTERRUPTED, exit_with_error
from handoff.cli.command_settings import add_env_file_option, load_settings_or_exit
from handoff.cli.customer_options import add_customer_options, read_password
from handoff.cli.open_ledger import open_existing_ledger
from handoff.cli.rehearse_output import RehearsalPrinter, build_json_report
from handoff.cli.stop_signals import call_on_stop_signals, ignore_stop_signals
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.magento.client import MagentoClient
from handoff.operations.json_logs import configure_logging
from handoff.reconciliation.reconciler import Reconciler
from handoff.rehearsal.app_shop_client import AppShopClient
from handoff.rehearsal.cancel_token import CancelToken
from handoff.rehearsal.context import RehearsalContext
from handoff.rehearsal.customer_account import CustomerAccount, TemporaryAccount
from handoff.rehearsal.product_choice import PRODUCT_COUNT
from handoff.rehearsal.results import RehearsalNotPossible, RehearsalResult
from handoff.rehearsal.runner import build_undo_stack, plan_steps, run_steps
from handoff.rehearsal.transfer_client import TransferClient
from handoff.rehearsal.webhook_deliveries import WebhookDeliveries
from handoff.settings import Settings
from handoff.settings.store_view_models import StoreView
from handoff.shop_client_factory import (
    build_admin_access,
    build_magento_client,
    build_orders_client,
)
from handoff.url_validation import is_same_url
from handoff.webhooks.receivers import build_outbox, list_receivers

_HELP = """\
Do what the app and the shopper do, through the running service, at a STAGING shop.

A guest's quote, a guest's bag and a customer's cart come to checkout, each with exactly the
expected bag. Links are opened again, in a second web view, and altered. The customer's cart has
to be the same in the app and on the web. The customer's account is created for the rehearsal, and
deleted with the administrator's login or access token of the settings.

The first failure is explained, and the steps after it are not tried. At the end, also after
Ctrl-C, carts are emptied, the account is deleted and the order is cancelled. The report names what
stays: a cancelled order, handoffs named rehearsal-… in the ledger, a customer's empty cart.

\b
Exit codes:
  0    every step passed
  1    a step failed, or something could not be cleaned up
  2    it could not run: no service, not the shop of the settings, settings that are wrong
  130  Ctrl-C; it has cleaned up

\b
Examples:
  handoff rehearse --env-file /etc/handoff/handoff.env --staging https://staging.shop.example
  handoff rehearse --staging https://staging.shop.example --place-order --json
"""


@dataclass(frozen=True, slots=True)
class _RehearseOptions:
    stores: Sequence[StoreView]
    skus: tuple[str, ...]
    customer_email: str | None
    customer_password: str = field(repr=False)
    place_order: bool
    in_json: bool


@click.command(help=_HELP)
@click.option(
    "--staging",
    required=True,
    metavar="URL",
    help="The staging shop's address, as the settings have it: a guard against production.",
)
@click.option(
    "--place-order",
    is_flag=True,
    help="Order the guest's bag with an offline payment; the order is found, then cancelled.",
)
@click.option(
    "--sku",
    "skus",
    multiple=True,
    help="A simple product for the bags, twice. Default: two of the catalogue.",
)
@click.option(
    "--store",
    "codes",
    multiple=True,
    metavar="CODE",
    help="A store view to rehearse in. Default: all of HANDOFF_STORES.",
)
@add_customer_options("An existing customer's account with an empty cart. Default: one is created.")
@click.option("--json", "in_json", is_flag=True, help="Print one JSON document.")
@add_env_file_option
def rehearse(
    staging: str,
    place_order: bool,
    skus: tuple[str, ...],
    codes: tuple[str, ...],
    customer_email: str | None,
    customer_password_file: Path | None,
    in_json: bool,
) -> None:
    """Act as the app and the shopper at a staging shop, through the running service."""
    settings = load_settings_or_exit()
    configure_logging("CRITICAL")  # errors are printed as messages instead
    try:
        _require_staging_shop(settings, staging)
        stores = _select_stores(settings, codes)
        if skus and len({normalize_sku(sku) for sku in skus}) < PRODUCT_COUNT:
            raise RehearsalNotPossible("--sku has to name two products: a bag has two lines.")
        password = read_password(customer_email, customer_password_file) if customer_email else ""
        options = _RehearseOptions(stores, skus, customer_email, password, place_order, in_json)
        result = _run_rehearsal(settings, options)
    except RehearsalNotPossible as reason:
        exit_with_error(str(reason))
    if result.is_cancelled:
        raise click.exceptions.Exit(INTERRUPTED)
    raise click.exceptions.Exit(0 if result.has_passed else FINDINGS)


def _run_rehearsal(settings: Settings, options: _RehearseOptions) -> RehearsalResult:
    """Run all steps and print the report."""
    cancel, undo_stack = CancelToken(), build_undo_stack()
    transfers = TransferClient(settings, cancel)
    transfers.require_healthy_service()
    client = build_magento_client(settings)
    access = build_admin_access(client, settings)
    printer = RehearsalPrinter(in_json=options.in_json)

    def cancel_steps() -> None:
        cancel.request_cancel()
        printer.print_notice("Stopping after the current call, then cleaning up.")

    with _open_ledger_access(client, settings, options, cancel) as (reconciler, deliveries):
        steps = []
        for store in options.stores:
            shop = AppShopClient(client, store, access, cancel)
            context = RehearsalContext(shop, transfers, cancel, undo_stack, reconciler, deliveries)
            account = None
            if options.customer_email:
                password = options.customer_password
                account = CustomerAccount(shop, undo_stack, options.customer_email, password)
            elif access is not None:
                account = TemporaryAccount(shop, undo_stack)
            steps += plan_steps(
                context, skus=options.skus, account=account, place_order=options.place_order
            )
        ignore_stop_signals()  # also after the block below, so that the report is complete
        with call_on_stop_signals(cancel_steps), printer.show_live_table():
            result = run_steps(steps, undo_stack, cancel, printer.show_progress)
    printer.print_report(result)
    if options.in_json:
        report = build_json_report(result, settings)
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    return result


def _require_staging_shop(settings: Settings, staging_url: str) -> None:
    """Raise RehearsalNotPossible unless the URL, in any spelling, is the shop's in the settings."""
    storefronts = [site.storefront_url for site in settings.store_sites.all]
    shop_urls = list(dict.fromkeys([settings.magento_url, *storefronts]))
    if not any(is_same_url(staging_url, url) for url in shop_urls):
        raise RehearsalNotPossible(
            f"--staging is another shop than that of the settings: {' and '.join(shop_urls)}. "
            "Nothing has been done. A rehearsal creates carts, an account and orders: never name "
            "a shop that sells."
        )


def _select_stores(settings: Settings, codes: tuple[str, ...]) -> Sequence[StoreView]:
    """Return the store views with these codes, or all if there are no codes."""
    stores = [settings.store_views.find_by_code(code) for code in codes]
    if None in stores:
        known = ", ".join(store.code for store in settings.stores)
        raise RehearsalNotPossible(f"--store: HANDOFF_STORES lists {known}.")
    return [store for store in stores if store is not None] or settings.stores


@contextmanager
def _open_ledger_access(
    client: MagentoClient, settings: Settings, options: _RehearseOptions, cancel: CancelToken
) -> Iterator[tuple[Reconciler | None, WebhookDeliveries | None]]:
    """Open the ledger of the running service for the steps of an order, if one is placed."""
    orders = build_orders_client(client, settings) if options.place_order else None
    if orders is None:
        yield None, None
        return
    with closing(open_existing_ledger(settings)) as database:
        repository = ReconciliationRepository(database, build_outbox(settings))
        receivers = list_receivers(settings)
        deliveries = WebhookDeliveries(database, receivers, cancel) if receivers else None
        yield Reconciler(repository, orders, database.read_time), deliveries
