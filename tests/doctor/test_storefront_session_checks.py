"""The checks of a shop whose own pages make the sessions."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from tests.doctor.conftest import RunDoctor
from tests.doctor.modified_shop import answer_path, set_rules

STOREFRONT = {
    "session_store": "storefront",
    "stored_session_keys": Fernet.generate_key().decode(),
}
CHALLENGE = "<!doctype html><title>Just a moment...</title>"


def test_a_shop_whose_pages_make_sessions_is_fine(run_doctor: RunDoctor) -> None:
    run = run_doctor(**STOREFRONT)
    for name in ("Session store", "Bag into checkout", "Ties of sessions", "Customer's session"):
        assert run.find(name).severity == "ok", run.find(name)
    assert "own pages" in run.find("Session store").seen


def test_the_checkout_of_a_session_that_the_pages_made_is_examined(run_doctor: RunDoctor) -> None:
    run = run_doctor(parts=("way-in", "access"), **STOREFRONT)
    names = ("Script in checkout", "Policy of checkout", "Redirects of checkout", "Minimum amount")
    for name in names:
        assert run.find(name).severity == "ok", run.find(name)


@pytest.mark.parametrize(
    ("tie", "setting"),
    [
        ("http_user_agent", "use_http_user_agent"),
        ("http_via", "use_http_via"),
        ("http_x_forwarded_for", "use_http_x_forwarded_for"),
        ("remote_addr", "use_remote_addr"),
    ],
)
def test_a_shop_that_ties_sessions_is_named_with_its_setting(
    run_doctor: RunDoctor, tie: str, setting: str
) -> None:
    found = run_doctor(set_rules(session_tie=tie), **STOREFRONT).find("Ties of sessions")
    assert found.severity == "fault"
    assert f"web/session/{setting}" in found.seen
    assert found.seen.count("web/session/") == 1


def test_a_protection_against_robots_is_named(run_doctor: RunDoctor) -> None:
    challenge = answer_path("/checkout/cart/add/", CHALLENGE, 403)
    found = run_doctor(challenge, **STOREFRONT).find("Bag into checkout")
    assert found.severity == "fault"
    assert "403" in found.seen
    assert "robots" in found.seen


def test_without_stored_sessions_nothing_is_said_about_ties(run_doctor: RunDoctor) -> None:
    names = [result.name for result in run_doctor().report.results]
    assert "Ties of sessions" not in names
