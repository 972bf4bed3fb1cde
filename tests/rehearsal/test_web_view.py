"""The web view behaves as an app's does, and says in words what is in its way."""

from __future__ import annotations

import pytest
import requests
from requests_mock import Mocker

from handoff.rehearsal.outcome import Interrupted, Unexpected
from handoff.rehearsal.stop import Stop
from handoff.rehearsal.web_view import WebView

PAGE = "https://shop.example/handoff/h/secret"


def test_it_posts_the_form_of_the_page_with_its_cookies(requests_mock: Mocker, stop: Stop) -> None:
    form = '<form method="post" action="/handoff/h/secret"><button></button></form>'
    requests_mock.get(PAGE, text=form)
    requests_mock.post(
        PAGE, status_code=303, headers={"Location": "https://shop.example/checkout/"}
    )
    view = WebView(stop, requests.Session())
    view.set_cookie("opener", "1", domain="shop.example", path="/handoff/h")
    answer = view.submit(view.open(PAGE, method="GET", body="", headers={}))
    assert (answer.status, answer.location) == (303, "https://shop.example/checkout/")
    sent = requests_mock.request_history[-1].headers
    assert sent["Cookie"] == "opener=1"
    assert sent["Origin"] == "https://shop.example"
    assert view.cookie("opener", "https://shop.example/checkout/") is None


def test_a_page_without_a_form_is_explained(requests_mock: Mocker, stop: Stop) -> None:
    requests_mock.get(PAGE, text="<h1>Are you a <b>robot</b>?</h1>")
    view = WebView(stop, requests.Session())
    page = view.open(PAGE, method="GET", body="", headers={})
    with pytest.raises(Unexpected) as failure:
        view.submit(page)
    assert failure.value.came == "200 “Are you a robot ?”"


def test_redirects_in_a_circle_are_explained_without_the_query(
    requests_mock: Mocker, stop: Stop
) -> None:
    url = "https://shop.example/checkout/"
    requests_mock.get(url, status_code=302, headers={"Location": f"{url}?SID=secret"})
    with pytest.raises(Unexpected) as failure:
        WebView(stop, requests.Session()).visit(url)
    assert "shop.example/checkout/" in failure.value.came
    assert "secret" not in str(vars(failure.value))


def test_no_answer_is_explained_without_the_address(requests_mock: Mocker, stop: Stop) -> None:
    requests_mock.get(PAGE, exc=requests.ConnectionError(f"cannot reach {PAGE}"))
    with pytest.raises(Unexpected) as failure:
        WebView(stop, requests.Session()).open(PAGE, method="GET", body="", headers={})
    assert failure.value.came == "none (ConnectionError)"
    assert "secret" not in failure.value.expected


def test_a_form_of_the_shop_has_the_form_key_of_the_cookie(
    requests_mock: Mocker, stop: Stop
) -> None:
    requests_mock.post("https://shop.example/checkout/cart/add", text="")
    view = WebView(stop, requests.Session())
    for _ in range(2):
        view.post_form("https://shop.example/checkout/cart/add", {"product": "5"})
        sent = requests_mock.request_history[-1]
        key = sent.headers["Cookie"].removeprefix("form_key=")
        assert len(key) == 16
        assert sent.text == f"product=5&form_key={key}"


def test_nothing_is_called_once_an_end_is_asked_for(requests_mock: Mocker, stop: Stop) -> None:
    stop.ask()
    with pytest.raises(Interrupted):
        WebView(stop, requests.Session()).visit("https://shop.example/")
    assert requests_mock.call_count == 0
