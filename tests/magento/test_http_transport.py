"""The one way of sending HTTP requests: what comes back, and why nothing does."""

from __future__ import annotations

from importlib.metadata import version

import pytest
import requests
import requests_mock

from handoff.deadline import Deadline
from handoff.magento.http_transport import HttpResponse, HttpTransport
from handoff.magento.no_response import NoResponse
from handoff.operations.json_logs import configure_logging
from tests.certificates import Authority
from tests.magento import shop_behaviours as shop_that
from tests.magento.faulty_shop import Behaviour, faulty_shop
from tests.magento.shop_behaviours import answers
from tests.magento.test_internal_address import run_inner_shop

URL = "http://www.shop.test/rest/V1/guest-carts/secret"


def send(url: str, *, seconds: float = 5, max_bytes: int = 1000) -> HttpResponse:
    return HttpTransport().send(
        "GET", url, headers={}, deadline=Deadline.after(seconds), max_bytes=max_bytes
    )


def test_an_answer_has_all_its_cookies_and_the_target_of_its_redirect() -> None:
    cookies = [("Set-Cookie", "a=1; path=/"), ("Set-Cookie", "b=2; path=/")]
    location = ("Location", "/there")
    with faulty_shop(answers(302, "x", *cookies, location)) as shop:
        response = send(shop.url)
        assert len(shop.calls) == 1
    assert response.set_cookies == ("a=1; path=/", "b=2; path=/")
    assert (response.status, response.location) == (302, "/there")
    assert (response.body, response.is_truncated) == (b'"x"', False)
    assert 0 < response.seconds < 5


def test_a_location_is_no_redirect_without_its_status(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(URL, status_code=201, headers={"Location": "/there"})
    assert send(URL).location == ""


def test_a_body_is_cut_at_the_limit(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(URL, content=b"x" * 1001)
    response = send(URL, max_bytes=1000)
    assert (response.body, response.is_truncated) == (b"x" * 1000, True)


FAILURES: dict[str, tuple[Behaviour, str]] = {
    "thinks too long": (shop_that.answers_late, "timeout"),
    "sends the body a byte at a time": (shop_that.drips_body, "timeout"),
    "resets the connection": (shop_that.resets, "dropped"),
    "cuts the body": (shop_that.cuts_body, "dropped"),
    "speaks no HTTP": (shop_that.sends_raw(b"220 ESMTP\r\n"), "dropped"),
    "sends a chunk of a negative size": (shop_that.sends_negative_chunk, "dropped"),
    "answers packed wrongly": (shop_that.answers_wrongly_packed, "dropped"),
}


@pytest.mark.parametrize("line", ["no header", "no header: either", " a line that continues none"])
def test_headers_that_cannot_be_parsed_are_not_logged(
    capsys: pytest.CaptureFixture[str], line: str
) -> None:
    configure_logging()
    headers = f"{line}\r\nSet-Cookie: PHPSESSID=the-session\r\n"
    answer = f"HTTP/1.1 200 OK\r\n{headers}\r\n".encode()
    with faulty_shop(shop_that.sends_raw(answer)) as shop:
        assert send(shop.url).status == 200
    assert capsys.readouterr().err == ""


@pytest.mark.waiting
@pytest.mark.parametrize(("behaviour", "kind"), FAILURES.values(), ids=FAILURES)
def test_a_failure_has_a_kind_and_names_no_url(behaviour: Behaviour, kind: str) -> None:
    with faulty_shop(behaviour) as shop, pytest.raises(NoResponse) as raised:
        send(f"{shop.url}/secret", seconds=0.5)
    assert raised.value.kind == kind
    assert "secret" not in f"{raised.value!r}{raised.value.reason}"
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.0.0.1:9/secret", "refused"),
        ("http://secret.invalid/", "unknown_host"),
        ("http://[secret/", "invalid_url"),
    ],
)
def test_an_address_that_cannot_be_reached_has_a_kind(url: str, kind: str) -> None:
    with pytest.raises(NoResponse) as raised:
        send(url)
    assert raised.value.kind == kind
    assert "secret" not in raised.value.reason


@pytest.mark.processes
def test_a_certificate_for_another_host_is_named_as_the_reason(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with run_inner_shop(authority, "other.test") as (port, _):
        transport = HttpTransport(tls_name="www.shop.test", ca_file=str(authority.file))
        with pytest.raises(NoResponse) as raised:
            transport.send(
                "GET",
                f"https://127.0.0.1:{port}/secret",
                headers={},
                deadline=Deadline.after(5),
                max_bytes=1000,
            )
    assert raised.value.kind == "certificate"
    assert raised.value.reason.startswith("Its certificate is not accepted: ")
    assert "www.shop.test" in raised.value.reason


def test_a_server_that_speaks_no_tls_is_a_kind_of_its_own() -> None:
    with (
        faulty_shop(answers(200, "x")) as shop,
        pytest.raises(NoResponse) as raised,
    ):
        send(shop.url.replace("http:", "https:"))
    assert raised.value.kind == "tls"


def test_no_time_left_sends_nothing(requests_mock: requests_mock.Mocker) -> None:
    with pytest.raises(NoResponse) as raised:
        send(URL, seconds=0)
    assert raised.value.kind == "timeout"
    assert not requests_mock.called


def test_an_answer_of_any_status_comes_back(requests_mock: requests_mock.Mocker) -> None:
    for status in (200, 204, 302, 404, 500, 503):
        requests_mock.get(URL, status_code=status)
        assert send(URL).status == status


def test_only_the_headers_that_are_given_and_two_of_its_own_are_sent(
    requests_mock: requests_mock.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests.utils, "default_user_agent", lambda *_: "somebody else")
    requests_mock.get(URL)
    HttpTransport().send(
        "GET", URL, headers={"X-Own": "1"}, deadline=Deadline.after(5), max_bytes=10
    )
    [request] = requests_mock.request_history
    assert dict(request.headers) == {
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": f"Handoff/{version('handoff')} (monitor)",
        "X-Own": "1",
    }
