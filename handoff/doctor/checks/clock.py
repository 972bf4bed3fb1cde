"""Check: does the clock of this machine agree with the shop's?"""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning

# Links expire by our clock alone, and sessions in Redis by the clock of Redis. A wrong clock has
# other effects: orders are searched at the wrong time, PHP deletes new session files as expired,
# and customer tokens expire unexpectedly. NTP and a slow response leave less than half a minute;
# from four minutes on these effects become frequent.
_WARNING_SECONDS = 30.0
_FAULT_SECONDS = 240.0
_ADVICE = "Synchronize both machines by NTP (timedatectl set-ntp true)."


def check_clock(context: CheckContext) -> CheckResult:
    """Compare our clock with the shop's `Date` header, plus the `Age` of a cached response."""
    response = context.ping_rest()
    now = time.time()
    try:
        shop_time = parsedate_to_datetime(response.headers["Date"]).timestamp()
        shop_time += float(response.headers.get("Age", 0))
    except (KeyError, ValueError):
        return unknown("The shop's responses have no Date header.")
    # Date has whole seconds, and was written while we waited for the response.
    difference = now - shop_time - response.seconds / 2 - 0.5
    size = abs(difference)
    direction = "ahead of" if difference > 0 else "behind"
    seen = f"Our clock is {size:.0f} seconds {direction} the shop's."
    if size >= _FAULT_SECONDS:
        effect = "Orders are searched at the wrong time, and PHP deletes session files too early."
        return fault(f"{seen} {effect}", _ADVICE)
    if size >= _WARNING_SECONDS:
        return warning(seen, _ADVICE)
    return ok(f"Our clock agrees with the shop's within {max(1, round(size))} s.")
