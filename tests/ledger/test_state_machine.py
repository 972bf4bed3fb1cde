"""The ledger as a state machine: in whatever order things happen, a simple model agrees."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection

from handoff.deadline import Deadline
from handoff.ledger.database import open_database
from handoff.ledger.handoff_repository import MAX_REOPENS, HandoffRepository
from handoff.ledger.lease_locks import Leases
from handoff.ledger.models import Handoff, LinkState, NewHandoff
from handoff.ledger.tables import metadata
from tests.conftest import FakeClock

TTL, GRACE = 300, 60  # seconds
WEB_VIEWS = ["web-view-1", "web-view-2", "web-view-3"]


@dataclass(slots=True)
class ModelHandoff:
    """What the model knows of a handoff; times are in seconds."""

    key: str
    content: str
    quote: int
    expires: float
    web_view: str | None = None
    session_written: float | None = None
    reopen_count: int = 0
    superseded: bool = False
    uses: list[Handoff] = field(default_factory=list)

    def is_live(self, now: float) -> bool:
        """Return whether any web view may use the link."""
        return not self.superseded and self.web_view is None and self.expires > now

    def can_enter(self, web_view: str, now: float) -> bool:
        """Return whether a web view may enter."""
        if self.is_live(now):
            return True
        if self.superseded or self.web_view != web_view:
            return False
        if self.session_written is None:
            return self.expires > now
        return self.session_written > now - GRACE and self.reopen_count < MAX_REOPENS

    def state(self, now: float) -> LinkState:
        """Return the state of the link."""
        if self.superseded:
            return LinkState.SUPERSEDED
        if self.session_written is None and self.expires <= now:
            return LinkState.EXPIRED
        return LinkState.LIVE if self.web_view is None else LinkState.USED


def delete_all_rows(connection: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(table.delete())


class LedgerMachine(RuleBasedStateMachine):
    """Transfers, web views and time, in any order."""

    handoffs = Bundle("handoffs")

    def __init__(self, url: str) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.database = open_database(url, self.clock)
        self.database.write(delete_all_rows)
        self.repository = HandoffRepository(self.database, ttl=TTL, grace=GRACE)
        self.leases = Leases(self.database, seconds=10)
        self.model: dict[str, ModelHandoff] = {}

    def teardown(self) -> None:
        self.database.close()

    @property
    def now(self) -> float:
        return self.clock.now / 1000

    @rule(
        target=handoffs,
        key=st.sampled_from(["r:1", "r:2", "r:3"]),
        content=st.sampled_from(["one shirt", "two shirts"]),
        quote=st.integers(1, 3),
        kind=st.sampled_from(["bag", "guest"]),
    )
    def transfer(self, key: str, content: str, quote: int, kind: str) -> str:
        """Issue a handoff, or renew the equal one that is live."""
        if kind != "bag":
            content = f"{content} in quote {quote}"
        bag = {"currency": "GBP", "lines": []}
        new = NewHandoff(key, content, None, kind, "default", quote, None, None, bag)
        equal = next(
            (
                handoff_id
                for handoff_id, known in self.model.items()
                if (known.key, known.content) == (key, content) and known.is_live(self.now)
            ),
            None,
        )
        with self.leases.acquire(key, Deadline.after(0)) as lease:
            assert lease is not None
            if kind == "bag":
                found = self.repository.renew(lease, transfer_key=key, content_hash=content)
                assert (found.id if found else None) == equal
            else:
                found = None
            found = found or self.repository.issue_or_renew(lease, new)
        if equal is not None:
            assert found.id == equal
            self.model[equal].expires = self.now + TTL
            return equal
        assert found.id not in self.model
        for known in self.model.values():
            if known.key == key or known.quote == quote:
                known.superseded = True
        self.model[found.id] = ModelHandoff(key, content, quote, self.now + TTL)
        return found.id

    @rule(handoff_id=handoffs, web_view=st.sampled_from(WEB_VIEWS))
    def use_link(self, handoff_id: str, web_view: str) -> None:
        """Let a web view use a link, or come back."""
        known = self.model[handoff_id]
        can_enter = known.can_enter(web_view, self.now)
        if known.web_view is not None:
            assert self.repository.can_reopen_link(self._find(handoff_id), [web_view]) is can_enter
        used = self.repository.use_link(handoff_id, [web_view])
        assert (used is not None) is can_enter
        if can_enter:
            known.web_view = known.web_view or web_view
            known.reopen_count += known.session_written is not None
            known.session_written = known.session_written or self.now
            assert used is not None
            known.uses.append(used)

    @rule(handoff_id=handoffs)
    def fail_to_write_session(self, handoff_id: str) -> None:
        """Note that no shop session could be written after the link was used."""
        known = self.model[handoff_id]
        if not known.uses:
            return
        failed = known.uses.pop(0)
        self.repository.undo_session_write(failed)
        if known.reopen_count:
            known.reopen_count -= 1
        else:
            known.session_written = None

    @rule(seconds=st.sampled_from([1, 20, GRACE, 200, TTL]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.clock.advance(seconds=seconds)

    @invariant()
    def the_ledger_agrees_with_the_model(self) -> None:
        for handoff_id, known in self.model.items():
            found = self._find(handoff_id)
            assert found.state is known.state(self.now)
            assert (found.web_view_hash, found.reopen_count) == (known.web_view, known.reopen_count)

    @invariant()
    def a_quote_and_a_transfer_have_one_current_handoff(self) -> None:
        current = [known for known in self.model.values() if not known.superseded]
        assert len({known.quote for known in current}) == len(current)
        assert len({known.key for known in current}) == len(current)

    def _find(self, handoff_id: str) -> Handoff:
        found = self.repository.find(handoff_id)
        assert found is not None
        return found


@pytest.mark.fuzzing
def test_the_ledger_agrees_with_a_model_in_any_order(ledger_url: str) -> None:
    class MachineOnLedger(LedgerMachine):
        def __init__(self) -> None:
            super().__init__(ledger_url)

    run_state_machine_as_test(MachineOnLedger, settings=settings())
