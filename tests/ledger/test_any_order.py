"""The ledger as a state machine: whatever happens in whatever order, a simple model agrees."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from handoff.ledger import (
    Handoff,
    HandoffRepository,
    Leases,
    LinkState,
    NewHandoff,
    migrate,
    open_database,
)
from handoff.ledger.handoff_repository import MAX_REOPENS
from tests.conftest import TurnedClock
from tests.ledger.conftest import NewLedger

TTL, GRACE = 300, 60  # seconds
PHONES = ["phone-1", "phone-2", "phone-3"]


@dataclass(slots=True)
class Known:
    """What the model knows of a handoff; times in seconds."""

    key: str
    content: str
    quote: int
    expires: float
    opener: str | None = None
    bound: float | None = None
    reopen_count: int = 0
    superseded: bool = False

    def is_live(self, now: float) -> bool:
        """Say whether anybody may spend it."""
        return not self.superseded and self.opener is None and self.expires > now

    def lets_in(self, phone: str, now: float) -> bool:
        """Say whether a phone may enter."""
        if self.is_live(now):
            return True
        if self.superseded or self.opener != phone:
            return False
        if self.bound is None:
            return self.expires > now
        return self.bound > now - GRACE and self.reopen_count < MAX_REOPENS

    def state(self, now: float) -> LinkState:
        """Say what it is good for, for anybody."""
        if self.superseded:
            return LinkState.SUPERSEDED
        if self.bound is None and self.expires <= now:
            return LinkState.EXPIRED
        return LinkState.LIVE if self.opener is None else LinkState.USED


class Passages(RuleBasedStateMachine):
    """Transfers, phones and time, in any order."""

    handoffs = Bundle("handoffs")

    def __init__(self, url: str) -> None:
        super().__init__()
        self.clock = TurnedClock()
        self.database = open_database(url)
        migrate(self.database)
        self.ledger = HandoffRepository(self.database, self.clock, ttl=TTL, grace=GRACE)
        self.claims = Leases(self.database, self.clock)
        self.model: dict[str, Known] = {}

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
        """Issue a handoff, or renew the equal one that lives."""
        draft = NewHandoff(key, content, None, kind, "default", quote, None, None, {"lines": []})
        equal = next(
            (
                handoff_id
                for handoff_id, known in self.model.items()
                if (known.key, known.content) == (key, content) and known.is_live(self.now)
            ),
            None,
        )
        with self.claims.hold(key, give_up=lambda: True) as claim:
            assert claim is not None
            if kind == "bag":
                row = self.ledger.renew(claim, key=key, content=content)
                assert (row.id if row else None) == equal
            else:
                row = None
            row = row or self.ledger.issue(claim, draft)
        if equal is not None:
            assert row.id == equal
            self.model[equal].expires = self.now + TTL
            return equal
        assert row.id not in self.model
        for known in self.model.values():
            if known.key == key or known.quote == quote:
                known.superseded = True
        self.model[row.id] = Known(key, content, quote, self.now + TTL)
        return row.id

    @rule(handoff_id=handoffs, phone=st.sampled_from(PHONES))
    def post(self, handoff_id: str, phone: str) -> None:
        """Let a phone spend a link, or come back."""
        known = self.model[handoff_id]
        may = known.lets_in(phone, self.now)
        if known.opener is not None:
            assert self.ledger.may_reopen(self._find(handoff_id), [phone]) is may
        spent = self.ledger.spend(handoff_id, [phone])
        assert (spent is not None) is may
        if may:
            known.opener = known.opener or phone
            known.reopen_count += known.bound is not None
            known.bound = known.bound or self.now

    @rule(handoff_id=handoffs)
    def take_back(self, handoff_id: str) -> None:
        """Say that no session could be written, as it is done after spending."""
        known = self.model[handoff_id]
        if known.opener is not None:
            self.ledger.unbound(handoff_id)
            known.bound = None

    @rule(seconds=st.sampled_from([1, 20, GRACE, 200, TTL]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.clock.turn(seconds=seconds)

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        for handoff_id, known in self.model.items():
            row = self._find(handoff_id)
            assert row.state is known.state(self.now)
            assert (row.web_view_hash, row.reopen_count) == (known.opener, known.reopen_count)

    @invariant()
    def a_quote_and_a_key_have_one_handoff_that_is_current(self) -> None:
        current = [known for known in self.model.values() if not known.superseded]
        assert len({known.quote for known in current}) == len(current)
        assert len({known.key for known in current}) == len(current)

    def _find(self, handoff_id: str) -> Handoff:
        row = self.ledger.find(handoff_id)
        assert row is not None
        return row


def test_the_ledger_agrees_with_a_model_in_whatever_order(new_ledger_url: NewLedger) -> None:
    class Here(Passages):
        def __init__(self) -> None:
            super().__init__(new_ledger_url())

    bounds = settings(max_examples=40, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(Here, settings=bounds)
