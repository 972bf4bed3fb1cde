"""Check: are the settings valid, and is the shop open to transfers?"""

from __future__ import annotations

import os
from collections.abc import Iterator

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, warning
from handoff.settings import find_unknown_names


def check_settings(context: CheckContext) -> Iterator[CheckResult]:
    """Report every invalid setting, unknown names, and a pause that is on."""
    faults = context.checked_settings.faults
    unknown_names = find_unknown_names(os.environ)
    for sentence in faults:
        yield fault(sentence, "Correct this setting. No service starts with it.")
    for name in unknown_names:
        yield warning(f"{name} is not a setting of Handoff.", "Check its spelling.")
    if context.settings.paused:
        yield warning(
            "HANDOFF_PAUSED is on: transfers and shoppers are turned away.",
            "Set it to false when the shop is open again.",
        )
    if not faults and not unknown_names:
        yield ok("All settings are valid and fit together.")
