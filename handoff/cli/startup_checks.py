"""Checks at the start of the service whether it reaches each part, and prints the results."""

from __future__ import annotations

from collections.abc import Callable

import click

from handoff import __version__
from handoff.deadline import Deadline
from handoff.ledger.database import Database
from handoff.ledger.migrate import read_schema_version
from handoff.operations.json_logs import configure_logging
from handoff.problems import Problem
from handoff.settings import Settings
from handoff.shop_client_factory import build_magento_client
from handoff.shop_session.store import SessionStoreError
from handoff.shop_session_factory import open_shop_session_store

_TIMEOUT = 2.0  # seconds for each part; a start does not wait longer


def print_startup_report(
    settings: Settings, database: Database, bind: str, ops_bind: str | None
) -> None:
    """Print a line for the ledger, the session store and the shop. The service starts in any case.

    The report is for people. It goes to standard output, because standard error is the log.
    """
    configure_logging("CRITICAL")  # what fails is printed instead
    click.echo(f"Handoff {__version__} for {settings.public_url}, on {bind}")
    click.echo(f"  ledger         version {read_schema_version(database)}")
    if settings.session_store_url.is_storefront:
        click.echo("  session store  none: the shop's own pages make the sessions, for bags only")
    else:
        location = settings.session_store_url.description
        _check_and_print_part("session store", location, lambda: _check_session_store(settings))
    _check_and_print_part("shop", settings.magento_url, lambda: _ping_shop(settings))
    if ops_bind is not None:
        address = settings.ops_url or f"http://{ops_bind}"
        click.echo(f"  support desk   {address}/ops/, on {ops_bind}")
    click.echo("Next: handoff doctor")


def _check_and_print_part(name: str, location: str, reach: Callable[[], None]) -> None:
    try:
        reach()
    except (Problem, SessionStoreError) as error:
        reason = error.detail if isinstance(error, Problem) else str(error)
        click.echo(f"  {name:14} {location}: NOT reached. {reason}")
    else:
        click.echo(f"  {name:14} {location}: reached")


def _check_session_store(settings: Settings) -> None:
    open_shop_session_store(settings, timeout=_TIMEOUT).check_writable()


def _ping_shop(settings: Settings) -> None:
    """Call an endpoint of REST that is open to everybody."""
    store = settings.store_views.default.code
    deadline = Deadline.after(_TIMEOUT)
    build_magento_client(settings).call_rest(
        "GET", "directory/currency", store=store, deadline=deadline
    )
