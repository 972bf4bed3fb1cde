"""Wrong answers, as a whole, of the shop and of the servers in front of it.

`handoff doctor` and `handoff rehearse` end with a report after any answer to any of their calls.
Calls that their own service makes are among them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import requests
from flask import Flask, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests_mock import ANY, Mocker

from handoff.rehearsal.cancel_token import CancelToken
from handoff.rehearsal.results import RehearsalNotPossible, StepFailure
from handoff.rehearsal.transfer_client import TransferClient
from handoff.rehearsal.web_view import WebView
from handoff.settings import Settings, load_settings
from tests.command_in_process import run_command
from tests.doctor.modified_shop import answer_path, run_modified_shop
from tests.rehearsal.staging_shop import ADMIN, StagingShop, running_staging_shop
from tests.running_servers import RunningShop
from tests.service_calls import create_doctor_environment

WRONG_BODIES = {
    "null": b"null",
    "a list": b"[]",
    "a list of null": b"[null, 5]",
    "an object": b"{}",
    "a text": b'"x"',
    "a number": b"5",
    "a number as a text": b'"5"',
    "not a number": b"NaN",
    "a number without an end": b"1e999999",
    "a number with too many digits": b"9" * 5000,
    "a lone surrogate and markup": b'"\\ud800[/bold]\\u0000\\u001b[31m"',
    "bytes that are not UTF-8": b'{"message": "\xff\xfe"}',
    "nothing": b"",
    "a page": b"<!doctype html><title>Sign in</title><![if><form method=post></form>",
    "nested too deep": b"[" * 100_000,
    "nested deep": b'{"items": ' * 900 + b"[]" + b"}" * 900,
    "huge": b'{"items": "' + b"x" * 12_000_000 + b'"}',
    "items of wrong types": json.dumps(
        {
            "items": [{"id": "x", "sku": None, "qty": [], "price": "free", "code": []}, None],
            "total_count": "many",
            "data": {
                "products": {"items": [None, {"sku": 5}]},
                "storeConfig": [1],
                "cart": "x",
                "availableStores": 5,
            },
        }
    ).encode(),
}


@dataclass(slots=True)
class ReplacedAnswer:
    """Replaces the answer to one call; with `body` None, the second half of it is cut off."""

    call: int = -1
    body: bytes | None = None
    count: int = field(default=0)

    def draw(self, data: st.DataObject, *, calls: int) -> None:
        """Choose the call and its answer."""
        kind = data.draw(st.sampled_from(["cut", *WRONG_BODIES]), label="kind")
        self.call = data.draw(st.integers(0, calls - 1), label="call")
        self.body, self.count = WRONG_BODIES.get(kind), 0

    def modify(self, app: Flask) -> None:
        """Change an app so that it gives this answer."""

        @app.after_request
        def _replace(response: Response) -> Response:
            if self.count == self.call:
                response.direct_passthrough = False  # a picture is an open file
                whole = response.get_data()
                response.close()
                response.set_data(whole[: len(whole) // 2] if self.body is None else self.body)
                response.status_code = 200
            self.count += 1
            return response


@pytest.fixture(scope="module")
def replaced() -> ReplacedAnswer:
    return ReplacedAnswer()


@pytest.fixture(scope="module")
def doctor(
    replaced: ReplacedAnswer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Run a shop for the doctor, and return the settings for it."""
    folder = tmp_path_factory.mktemp("doctor")
    healthz = answer_path("/healthz", {"status": "ok"})
    with run_modified_shop(folder / "sessions", healthz, replaced.modify) as (url, _):
        yield {**create_doctor_environment(url, folder), **ADMIN}


@pytest.mark.fuzzing
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_the_doctor_ends_with_a_report(
    doctor: dict[str, str], replaced: ReplacedAnswer, data: st.DataObject
) -> None:
    replaced.draw(data, calls=95)
    ended = run_command("doctor", "--json", **doctor)
    assert ended.returncode in (0, 1, 2)
    assert json.loads(ended.stdout)["parts"]


@pytest.fixture(scope="module")
def staging(
    replaced: ReplacedAnswer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StagingShop]:
    folder = tmp_path_factory.mktemp("staging")
    sessions = folder / "sessions"
    with (
        run_modified_shop(sessions, replaced.modify) as (url, sandbox),
        running_staging_shop(RunningShop(url, sessions, sandbox), folder) as staging,
    ):
        yield staging


@pytest.mark.processes
@pytest.mark.fuzzing
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_the_rehearsal_ends_with_a_report(
    staging: StagingShop, replaced: ReplacedAnswer, data: st.DataObject
) -> None:
    replaced.draw(data, calls=65)
    ended = staging.rehearse("--json")
    assert ended.code in (0, 1)
    assert ended.report["steps"]


@pytest.fixture
def settings_of_service(doctor: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in doctor.items():
        monkeypatch.setenv(name, value)
    return load_settings()


@pytest.mark.parametrize("body", WRONG_BODIES.values(), ids=WRONG_BODIES)
def test_what_stands_in_the_place_of_the_service_is_told(
    body: bytes, requests_mock: Mocker, settings_of_service: Settings
) -> None:
    requests_mock.register_uri(ANY, ANY, content=body)
    cancel = CancelToken()
    transfers = TransferClient(settings_of_service, cancel)
    with pytest.raises(RehearsalNotPossible):
        transfers.require_healthy_service()
    with pytest.raises(StepFailure):
        transfers.send_transfer({})
    web_view, url = WebView(cancel, requests.Session()), "https://shop.example/handoff/h/secret"
    with pytest.raises(StepFailure):
        web_view.ask_for_orders(url, shop_origin="https://shop.example", page="a")
    with pytest.raises(StepFailure):
        web_view.submit_form(web_view.load_without_redirects(url))
