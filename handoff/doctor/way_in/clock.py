"""Our clock against the shop's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, fault, ok, unknown, warning

# Links live by our clock alone, and sessions in Redis by Redis's. What a wrong clock breaks: the
# shop's orders are looked for at the wrong time, PHP takes new session files for old ones and
# removes them, and customer tokens end when nobody expects it. Half a minute is more than NTP and
# a slow answer leave; from four minutes on these are no longer rare.
_WARN_FROM = 30.0  # seconds
_FAULT_FROM = 240.0  # seconds


def clocks_agree(case: Case) -> Iterator[Finding]:
    """Compare our clock with the shop's `Date`, with the age of a cached answer added."""
    reply = case.front_door()
    now = time.time()
    try:
        shops = parsedate_to_datetime(reply.headers["Date"]).timestamp()
        shops += float(reply.headers.get("Age", 0))
    except (KeyError, ValueError):
        yield unknown("Clock", "The shop's answers carry no Date.")
        return
    # A Date has whole seconds, and was written while we waited.
    off = now - shops - reply.seconds / 2 - 0.5
    yield _judge(off)


def _judge(off: float) -> Finding:
    seen = f"Ours is {abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} the shop's."
    advice = "Let both machines take the time by NTP (timedatectl set-ntp true)."
    if abs(off) >= _FAULT_FROM:
        return fault(
            "Clock",
            f"{seen} Orders are looked for at the wrong time, and session files are removed early.",
            advice,
        )
    if abs(off) >= _WARN_FROM:
        return warning("Clock", seen, advice)
    return ok("Clock", f"It agrees with the shop's, to {max(1, round(abs(off)))} s.")
