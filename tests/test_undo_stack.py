"""The undo stack that doctor and rehearsal share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handoff.undo_stack import UndoStack


def fail_with(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_the_newest_is_undone_first() -> None:
    undone: list[str] = []
    undo_stack = UndoStack()
    undo_stack.defer("a cart", lambda: undone.append("cart"))
    undo_stack.defer("an account", lambda: undone.append("account"))
    assert undo_stack.undo_all() == ()
    assert undone == ["account", "cart"]
    assert undo_stack.is_complete


def test_a_failed_undo_stops_no_other_and_is_a_leftover() -> None:
    undone: list[str] = []
    undo_stack = UndoStack()
    undo_stack.defer("a cart", lambda: undone.append("cart"))
    undo_stack.defer("an account", fail_with(OSError("a-password")))
    assert undo_stack.undo_all() == ("an account: could not be removed (OSError)",)
    assert undone == ["cart"]
    assert not undo_stack.is_complete


def test_a_failure_is_described_by_the_given_function() -> None:
    undo_stack = UndoStack(describe_failure=lambda description, error: f"{description}! {error}")
    undo_stack.defer("a cart", fail_with(OSError("no shop")))
    assert undo_stack.undo_all() == ("a cart! no shop",)


def test_an_unexpected_error_is_raised() -> None:
    undo_stack = UndoStack(failures=(OSError,))
    undo_stack.defer("a cart", fail_with(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        undo_stack.undo_all()


def test_equal_leftovers_are_counted_and_do_not_make_the_cleanup_incomplete() -> None:
    undo_stack = UndoStack()
    for text in ("empty guest cart", "order 7", "empty guest cart"):
        undo_stack.record_leftover(text)
    for _ in range(2):
        undo_stack.record_leftover(", left to PHP's own cleanup", thing="web session")
    expected = ("2 x empty guest cart", "order 7", "2 web sessions, left to PHP's own cleanup")
    assert undo_stack.undo_all() == expected
    assert undo_stack.is_complete


def test_an_interrupted_run_is_completed_by_the_next() -> None:
    undone: list[str] = []
    interruptions = [KeyboardInterrupt()]

    def remove_account() -> None:
        if interruptions:
            raise interruptions.pop()
        undone.append("account")

    undo_stack = UndoStack()
    undo_stack.defer("a cart", lambda: undone.append("cart"))
    undo_stack.defer("an account", remove_account)
    with pytest.raises(KeyboardInterrupt):
        undo_stack.undo_all()
    assert undo_stack.undo_all() == ()
    assert undone == ["account", "cart"]
