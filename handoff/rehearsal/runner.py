"""Plans the steps of a rehearsal, runs them up to the first failure, and cleans up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from handoff.rehearsal.cancel_token import Cancelled, CancelToken
from handoff.rehearsal.context import RehearsalContext
from handoff.rehearsal.customer_account import CustomerAccount
from handoff.rehearsal.customer_journey import CustomerJourney
from handoff.rehearsal.guest_journeys import GuestBagJourney, GuestQuoteJourney
from handoff.rehearsal.results import (
    STEP_ERRORS,
    RehearsalResult,
    Step,
    StepResult,
    StepVerdict,
    build_step_failure,
    get_advice,
)
from handoff.undo_stack import UndoStack

ShowProgress = Callable[[Sequence[StepResult], str], None]
"""Shows the results so far, and the name of the current step."""


def plan_steps(
    context: RehearsalContext,
    *,
    skus: tuple[str, ...],
    account: CustomerAccount | None,
    place_order: bool,
) -> list[Step]:
    """Return all steps in one store view. Without an account the customer's steps are skipped.

    A guest's quote comes first: a service for another shop refuses it and does no harm. If the
    shop's own pages make the sessions, only a bag can be transferred.
    """
    store = context.shop.store.code
    choice = Step(store, "shop", "products for the bag", lambda: context.choose_products(skus))
    guest_bag = GuestBagJourney(context, place_order=place_order).build_steps()
    if context.transfers.settings.session_store_url.is_storefront:
        parts = (GuestQuoteJourney.part, CustomerJourney.part)
        quote, customer = (_build_skipped_part(store, part, "bags_only") for part in parts)
        return [choice, quote, *guest_bag, customer]
    steps = [choice, *GuestQuoteJourney(context).build_steps(), *guest_bag]
    if account is not None:
        return steps + CustomerJourney(context, account).build_steps()
    return [*steps, _build_skipped_part(store, CustomerJourney.part, "no_account")]


def _build_skipped_part(store: str, part: str, advice: str) -> Step:
    return Step(store, part, "all steps", str, get_advice(advice))


def build_undo_stack() -> UndoStack:
    """Return an empty UndoStack whose leftovers explain why they could not be undone."""

    def describe_failure(description: str, error: Exception) -> str:
        failure = build_step_failure(error)
        return f"{description}: {failure.actual}. {failure.advice}"

    return UndoStack(failures=STEP_ERRORS, describe_failure=describe_failure)


def run_steps(
    steps: Sequence[Step], undo_stack: UndoStack, cancel: CancelToken, show_progress: ShowProgress
) -> RehearsalResult:
    """Run the steps up to the first failure, always clean up, and return the results."""
    results: list[StepResult] = []
    is_cancelled = False
    try:
        for step in steps:
            show_progress(results, f"{step.part}: {step.title}")
            results.append(_run_step(step))
            if results[-1].verdict is StepVerdict.FAILED:
                break
    except Cancelled:
        is_cancelled = True
    finally:
        show_progress(results, "cleaning up")
        cancel.ignore_requests()
        leftovers = undo_stack.undo_all()
    results += [StepResult(step, StepVerdict.NOT_TRIED) for step in steps[len(results) :]]
    return RehearsalResult(tuple(results), leftovers, undo_stack.is_complete, is_cancelled)


def _run_step(step: Step) -> StepResult:
    if step.skip_reason:
        return StepResult(step, StepVerdict.SKIPPED, observation=step.skip_reason)
    started = time.perf_counter()
    try:
        observation = step.action()
    except STEP_ERRORS as error:
        failure = build_step_failure(error)
        return StepResult(step, StepVerdict.FAILED, _measure_milliseconds(started), failure=failure)
    return StepResult(step, StepVerdict.PASSED, _measure_milliseconds(started), observation)


def _measure_milliseconds(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
