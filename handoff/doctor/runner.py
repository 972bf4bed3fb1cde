"""Runs the checks, turns the error that stops a check into a result, and cleans up."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import count

from handoff import __version__
from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, unknown, warning
from handoff.doctor.checklist import CHECKLIST, Check, CheckScope
from handoff.doctor.doctor_shop_client import TimeLimitReached
from handoff.doctor.report import DoctorReport
from handoff.magento.answers import WRONG_ANSWER_ERRORS
from handoff.magento.no_response import NoResponse

_SLOW = "Find out why the shop is slow."


def run_checks(
    context: CheckContext,
    *,
    parts: Collection[str] = tuple(CHECKLIST),
    report_progress: Callable[[str, int, int], None] = lambda name, done, total: None,
) -> DoctorReport:
    """Run the checks of some parts and return the report. Always clean up, even on Ctrl-C.

    `report_progress` gets the name of each check before it runs, the number of finished checks,
    and the number of all checks.
    """
    started_at, started = datetime.now(UTC), time.monotonic()
    wanted = {code: sections for code, sections in CHECKLIST.items() if code in parts}
    total = sum(len(checks) for sections in wanted.values() for checks in sections.values())
    numbers = count()

    def run_section(checks: tuple[Check, ...]) -> Iterator[CheckResult]:
        for check in checks:
            report_progress(check.name, next(numbers), total)
            yield from run_check(check, context)

    try:
        results = {
            code: {title: list(run_section(checks)) for title, checks in sections.items()}
            for code, sections in wanted.items()
        }
    finally:
        report_progress("Cleaning up", total, total)
        leftovers = context.shop.undo_stack.undo_all()
    return DoctorReport(
        shop=context.settings.store_sites.all[0].storefront_url,
        service=context.settings.store_sites.all[0].public_url,
        version=__version__,
        started_at=started_at,
        seconds=time.monotonic() - started,
        parts=results,
        leftovers=leftovers,
    )


def run_check(check: Check, context: CheckContext) -> list[CheckResult]:
    """Run one check, for each store view or site if that is its scope, and name its results."""
    if check.needs_rest and not _try_to_reach_rest(context):
        return [unknown("The shop's REST does not work.").with_name(check.name)]
    calls: list[tuple[str, tuple[object, ...]]] = [("", ())]
    if check.scope is CheckScope.EACH_STORE_VIEW:
        calls = [(store.code, (store,)) for store in context.settings.stores]
    elif check.scope is CheckScope.EACH_SITE:
        calls = [(site.store_code, (site,)) for site in context.settings.store_sites.distinct]
    named = []
    for store_code, arguments in calls:
        suffix = f" ({store_code})" if store_code and len(context.settings.stores) > 1 else ""
        for result in _collect_results(check, context, arguments):
            named.append(result.with_name(f"{result.name or check.name}{suffix}"))
    return named


def _collect_results(
    check: Check, context: CheckContext, arguments: tuple[object, ...]
) -> list[CheckResult]:
    """Return the results of a check, and a result for the error that stopped it, if any."""
    results = []
    try:
        for result in _run_check_function(check, context, arguments):
            results.append(result)
    except NoResponse as error:
        results.append(warning(f"Not completed. {error.reason}", _SLOW))
    except TimeLimitReached:
        results.append(warning("No time was left for it.", f"{_SLOW} Or raise --timeout."))
    except WRONG_ANSWER_ERRORS:
        results.append(unknown("The shop's answer does not have Magento's format."))
    return results


def _run_check_function(
    check: Check, context: CheckContext, arguments: tuple[object, ...]
) -> Iterator[CheckResult]:
    if check.scope is CheckScope.CATALOGUE_SAMPLE:
        sample = context.read_catalogue_sample()
        if sample is None:
            yield unknown(
                "Reading the catalogue needs an administrator.", "See the check Administrator."
            )
            return
        arguments = (sample,)
    results = check.function(context, *arguments)
    if isinstance(results, CheckResult):
        yield results
    elif results is not None:
        yield from results


def _try_to_reach_rest(context: CheckContext) -> bool:
    try:
        return context.ping_rest().status == HTTPStatus.OK
    except (NoResponse, TimeLimitReached):
        return False
