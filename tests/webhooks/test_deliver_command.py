"""`handoff deliver` as it ships, with processes that are killed and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest
import sqlalchemy as sa

from handoff.ledger.database import read_system_clock
from handoff.ledger.search_repository import SearchRepository
from handoff.ledger.tables import handoff, lease, webhook_event
from tests.command_in_process import run_command
from tests.running_servers import RunningShop
from tests.service_calls import create_environment
from tests.waiting import wait_until
from tests.webhooks.conftest import Webhooks
from tests.webhooks.receiver_server import SECRET
from tests.webhooks.test_delivery import record_order

_COUNT = 300  # events


def build_environment(webhooks: Webhooks, shop: RunningShop) -> dict[str, str]:
    return create_environment(
        shop,
        shop.sessions.parent,
        PATH=os.environ["PATH"],
        HANDOFF_PUBLIC_URL="http://127.0.0.1:8000",
        HANDOFF_DATABASE_URL=webhooks.ledger.url,
        HANDOFF_WEBHOOK_URL=f"{webhooks.first.url},{webhooks.second.url}",
        HANDOFF_WEBHOOK_SECRET=SECRET,
    )


def start_deliverer(webhooks: Webhooks, shop: RunningShop, *options: str) -> subprocess.Popen[str]:
    environment = build_environment(webhooks, shop)
    command = [sys.executable, "-m", "handoff.cli", "deliver", *options]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def deliver_once(
    webhooks: Webhooks, shop: RunningShop, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end in this process."""
    environment = {**build_environment(webhooks, shop), **changes}
    return run_command("deliver", "--once", **environment)


def open_handoffs(webhooks: Webhooks, count: int) -> None:
    """Open links of new handoffs, by the clock of this machine."""
    webhooks.ledger.clock.now = read_system_clock() - 1000
    for number in range(count):
        webhooks.ledger.open(number)


@pytest.mark.processes
def test_a_deliverer_that_is_killed_loses_nothing(webhooks: Webhooks, shop: RunningShop) -> None:
    open_handoffs(webhooks, _COUNT)
    killed = start_deliverer(webhooks, shop)
    wait_until(lambda: len(webhooks.first.ids) > 20, seconds=120)
    killed.kill()
    killed.communicate()
    webhooks.ledger.database.write(lambda connection: connection.execute(sa.delete(lease)))
    next_one = start_deliverer(webhooks, shop, "--once")
    _, log = next_one.communicate(timeout=120)
    assert next_one.returncode == 0, log
    for receiver in (webhooks.first, webhooks.second):
        sent = Counter(receiver.ids)
        assert len(sent) == _COUNT
        assert sent.total() <= _COUNT + 1  # the one that was on its way
    assert "a-secret-of-the-address" not in log


@pytest.mark.processes
def test_it_runs_until_it_is_stopped_and_delivers_what_comes_meanwhile(
    webhooks: Webhooks, shop: RunningShop
) -> None:
    running = start_deliverer(webhooks, shop)
    open_handoffs(webhooks, 3)
    wait_until(lambda: len(webhooks.first.ids) == len(webhooks.second.ids) == 3, seconds=120)
    running.send_signal(signal.SIGTERM)
    _, log = running.communicate(timeout=30)
    assert running.returncode == 0, log
    with webhooks.ledger.database.open_read_connection() as connection:
        assert connection.execute(sa.select(lease)).all() == []


def test_once_says_by_its_exit_code_that_events_wait(webhooks: Webhooks, shop: RunningShop) -> None:
    webhooks.second.status = 500
    open_handoffs(webhooks, 1)
    ended = deliver_once(webhooks, shop)
    assert ended.returncode == 1, ended.stderr
    assert len(webhooks.first.ids) == 1


def test_without_an_address_it_does_not_start(webhooks: Webhooks, shop: RunningShop) -> None:
    ended = deliver_once(webhooks, shop, HANDOFF_WEBHOOK_URL="")
    assert ended.returncode == 2
    assert "HANDOFF_WEBHOOK_URL is not set" in ended.stderr


def test_without_an_address_the_service_writes_no_event(webhooks: Webhooks) -> None:
    ledger = webhooks.ledger
    ledger.handoffs._outbox = None
    ledger.open()
    with ledger.database.open_read_connection() as connection:
        assert connection.execute(sa.select(webhook_event)).all() == []
        assert connection.execute(sa.select(handoff.c.expiry_event)).scalars().all() == [None]


def test_an_event_that_cannot_be_read_is_named_and_the_next_one_is_sent(
    webhooks: Webhooks, shop: RunningShop
) -> None:
    ledger = webhooks.ledger
    open_handoffs(webhooks, 1)
    far = "soon" if ledger.url.startswith("sqlite") else str(2**62)
    damage = sa.text(f"UPDATE webhook_event SET next_attempt_at = '{far}' WHERE sequence = 1")
    ledger.database.write(lambda connection: connection.execute(damage))
    [opened] = SearchRepository(ledger.database).find_by_text("r0")[0].handoffs
    record_order(ledger, opened)
    for exit_code, sent in ((1, [1, 2]), (0, [1, 2])):
        ended = deliver_once(webhooks, shop)
        assert ended.returncode == exit_code, ended.stderr
        assert [len(webhooks.first.ids), len(webhooks.second.ids)] == sent
        assert ('"event": "webhook_set_aside"' in ended.stderr) == bool(exit_code)
    assert [event["type"] for event in webhooks.first.events] == ["handoff.ordered"]
