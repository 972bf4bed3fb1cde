"""`handoff deliver`: posts the events of webhooks to their receivers."""

from __future__ import annotations

import threading
from contextlib import closing

import click

from handoff.cli.command_exit import FINDINGS, exit_on_problem, exit_with_setting_faults
from handoff.cli.command_settings import add_env_file_option, load_settings_or_exit
from handoff.cli.open_ledger import open_ledger
from handoff.cli.stop_signals import call_on_stop_signals
from handoff.operations.json_logs import configure_logging
from handoff.problems import RecordUnreadable
from handoff.webhooks.deliverer import Deliverer
from handoff.webhooks.delivery_repository import DeliveryRepository
from handoff.webhooks.receivers import build_outbox, list_receivers
from handoff.webhooks.sender import WebhookSender

_HELP = """\
Post the events of webhooks to the addresses in HANDOFF_WEBHOOK_URL.

It runs until SIGTERM or Ctrl-C, as a service of its own. It then finishes the requests that it
has begun, and exits with code 0. With --once it posts what is due now and ends, for a timer.

Several of them may run at once. Each writes one JSON line for an event to standard error.

\b
Exit codes: 0 done, or stopped; 1 with --once, if events still wait or one cannot be read;
2 could not run.

\b
Examples:
  handoff deliver --env-file /etc/handoff/handoff.env
  handoff deliver --once --env-file /etc/handoff/handoff.env      for example every minute
"""


@click.command(help=_HELP)
@click.option("--once", is_flag=True, help="Post what is due now, and end.")
@add_env_file_option
def deliver(once: bool) -> None:
    """Post the events of webhooks to their receivers."""
    settings = load_settings_or_exit()
    outbox, receivers = build_outbox(settings), list_receivers(settings)
    if outbox is None:
        exit_with_setting_faults(["HANDOFF_WEBHOOK_URL is not set, so there is no receiver."])
    configure_logging()
    stop = threading.Event()
    with (
        exit_on_problem(),
        closing(open_ledger(settings)) as database,
        call_on_stop_signals(stop.set),
    ):
        unreadable: list[RecordUnreadable] = []
        deliverer = Deliverer(
            database, outbox, receivers, WebhookSender(), stop, on_unreadable=unreadable.append
        )
        if not once:
            deliverer.deliver_until_stopped()
            return
        deliverer.deliver_due_events()
        lags = DeliveryRepository(database).measure_lags([receiver.key for receiver in receivers])
    has_findings = unreadable or any(lag.waiting_count for lag in lags.values())
    raise click.exceptions.Exit(FINDINGS if has_findings else 0)
