"""`/openapi.json` describes what the service accepts and answers."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import given
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from handoff import problems
from handoff.operations.openapi_document import build_openapi_document
from handoff.settings import Settings
from tests.conftest import KEY, STORE, MakeApp, Poq
from tests.test_documentation import list_problems

CHECKS = (
    not_a_server_error,
    checks.content_type_conformance,
    checks.ignored_auth,
    checks.negative_data_rejection,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
    checks.unsupported_method,
)

CONFIG = schemathesis.Config.from_dict(
    # By default 413 is not among them, the answer to a generated body of more than 64 KiB.
    {"checks": {"negative_data_rejection": {"expected-statuses": ["4xx"]}}}
)


@pytest.fixture
def document(client: FlaskClient) -> Any:
    return client.get("/openapi.json").get_json()


def test_the_document_is_openapi_3_1_with_the_public_url(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": "http://127.0.0.1:8000"}]
    schemathesis.openapi.from_dict(document).validate()


def test_every_address_is_described_except_files_and_metrics(make_app: MakeApp) -> None:
    app = make_app(direct_entry=True, key_in_path=True, metrics=True)
    routes: set[tuple[str, str]] = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        routes |= {(path, method) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    paths = app.test_client().get("/openapi.json").get_json()["paths"]
    described = {(path, name.upper()) for path in paths for name in paths[path]}
    others = {"/static/{filename}", "/theme.css", "/metrics", "/openapi.json"}
    assert described == {route for route in routes if route[0] not in others}


def test_addresses_that_are_switched_off_are_not_described(document: Any) -> None:
    assert not {"/enter", "/api/cart-transfer/{key}"} & set(document["paths"])


def test_the_document_needs_no_installed_package(
    monkeypatch: pytest.MonkeyPatch, client: FlaskClient
) -> None:
    def unknown(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.Distribution.from_name", unknown)
    assert client.get("/openapi.json").status_code == 200


def test_the_document_lists_the_hosts_of_stores(settings: Settings) -> None:
    public_url = "https://shop.example.de/handoff"
    [store] = settings.stores
    german = store.model_copy(update={"code": "de", "public_url": public_url})
    document = build_openapi_document(settings.model_copy(update={"stores": (store, german)}))
    assert document["servers"] == [{"url": "http://127.0.0.1:8000"}, {"url": public_url}]


def test_every_problem_is_described_with_its_status(document: Any) -> None:
    answers = document["paths"]["/api/cart-transfer"]["post"]["responses"]
    for problem in list_problems():
        content = answers[str(problem.status)]["content"]["application/problem+json"]
        assert problem.code in content["schema"]["allOf"][1]["properties"]["code"]["enum"]
    assert set(answers) == {"200", *(str(problem.status) for problem in list_problems())}
    assert problems.InternalError in list_problems()


def test_the_path_with_a_key_is_described_if_it_is_on(make_app: MakeApp) -> None:
    paths = make_app(key_in_path=True).test_client().get("/openapi.json").get_json()["paths"]
    assert "/api/cart-transfer/{key}" in paths


def test_the_document_lists_the_stores_of_the_settings(document: Any) -> None:
    fields = document["components"]["schemas"]["TransferBody"]["properties"]
    assert fields["currency"] == {"enum": [STORE["currency"], None]}
    assert fields["store"] == {"enum": [STORE["code"], None]}


def test_the_document_has_the_longest_texts_of_a_transfer(document: Any, poq: Poq) -> None:
    schema = {**document["components"]["schemas"]["TransferBody"], **document}
    is_described = jsonschema_rs.validator_for(schema).is_valid
    bag = {"items": [{"sku": "s", "quantity": 1}], "currency": STORE["currency"]}
    uuid = "9f1c2a5e-7d34-4c1b-8f0e-2f6d9f0c1a77"
    accepted = [bag | {"reference": text} for text in ("r" * 32, uuid, uuid.upper())]
    accepted += [{"quote_id": "q" * 255}, {"quote_id": 7}]
    refused = [bag | {"reference": text} for text in ("r" * 33, f"{uuid}0", f"g{uuid[1:]}")]
    refused += [{"quote_id": "q" * 256}]
    for body in (*accepted, *refused):
        is_accepted = poq.transfer(body).get_json().get("code") != "request_invalid"
        assert (is_described(body), is_accepted) == (body in accepted,) * 2, body


def test_the_document_holds_no_secret(client: FlaskClient) -> None:
    text = client.get("/openapi.json").text
    assert KEY not in text
    assert "file:" not in text


OPERATIONS = [
    ("/api/cart-transfer", "POST", GenerationMode.POSITIVE),
    ("/api/cart-transfer", "POST", GenerationMode.NEGATIVE),
    ("/api/cart-transfer/{key}", "POST", GenerationMode.POSITIVE),
    ("/api/handoffs/{reference}", "GET", GenerationMode.POSITIVE),
    ("/h/{token}", "GET", GenerationMode.POSITIVE),
    ("/h/{token}", "POST", GenerationMode.POSITIVE),
    ("/h", "POST", GenerationMode.POSITIVE),
    ("/h", "POST", GenerationMode.NEGATIVE),
    ("/enter", "POST", GenerationMode.POSITIVE),
    ("/enter", "POST", GenerationMode.NEGATIVE),
    ("/healthz", "GET", GenerationMode.POSITIVE),
    ("/readyz", "GET", GenerationMode.POSITIVE),
]


@pytest.mark.fuzzing
@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_requests_and_responses_are_as_described(
    path: str, method: str, mode: GenerationMode, make_app: MakeApp, settings: Settings
) -> None:
    [store] = settings.stores
    euro = store.model_copy(update={"code": "euro", "currency": "EUR", "store_id": 2})
    app = make_app(
        stores=(store, euro),
        key_in_path=True,
        direct_entry=True,
        transfers_per_minute=0,
        refusals_per_minute=0,
    )
    operation = schemathesis.openapi.from_wsgi("/openapi.json", app, config=CONFIG)[path][method]

    @given(operation.as_strategy(generation_mode=mode))
    def check_case(case: Any) -> None:
        if "{key}" in path:
            case.path_parameters = {"key": KEY}
        case.call_and_validate(headers={"Authorization": KEY}, checks=CHECKS)

    check_case()
